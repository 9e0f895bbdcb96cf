import { Refusal } from './refusal.ts'
import { METADATA, SIGNATURE } from './saml-names.ts'
import { allOf, childrenOf, parseXml } from './xml-tree.ts'

/** An IAM SAML provider. Its metadata was uploaded at AWS; here it is asked for anew each time. */
export type SamlProvider = {
  readonly name: string
  readonly metadata: () => Promise<string>
  /** For assertions that are encrypted to this provider (aws.md §4, Encryption). */
  readonly privateKeyPem?: string
}

/** Who a provider is, and what its signatures are verified with. */
export type IdentityProviderMetadata = { readonly issuer: string; readonly certificates: readonly string[] }

/**
 * Fails with `InvalidIdentityToken` unless it is the metadata of one identity provider with a certificate to sign with.
 * Certificates of another role of the same entity, or of the metadata's own signature, are none of its.
 */
export async function readMetadata(provider: SamlProvider): Promise<IdentityProviderMetadata> {
  try {
    const text = await provider.metadata()
    // IAM API, CreateSAMLProvider, SAMLMetadataDocument.
    if (text.length < 1000 || text.length > 10_000_000) throw new Error('1000 to 10000000 characters')
    const root = await parseXml(text)
    const descriptors = childrenOf(root, METADATA, 'IDPSSODescriptor')
    const keys = descriptors.flatMap((descriptor) => childrenOf(descriptor, METADATA, 'KeyDescriptor'))
    const certificates = keys
      .filter(({ attributes }) => (attributes.get('use') ?? 'signing') === 'signing')
      .flatMap(allOf)
      .filter(({ namespace, name }) => namespace === SIGNATURE && name === 'X509Certificate')
      .map((certificate) => certificate.text.replace(/\s+/g, ''))
    const issuer = root.name === 'EntityDescriptor' ? root.attributes.get('entityID') : undefined
    if (issuer === undefined || certificates.length === 0)
      throw new Error('no entityID, or no certificate to sign with')
    return { issuer, certificates }
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : 'unreadable'
    throw new Refusal('InvalidIdentityToken', 'Could not parse metadata.', `${provider.name}: ${because}`)
  }
}
