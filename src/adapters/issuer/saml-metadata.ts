import { DSIG_NAMESPACE, xmlAttribute } from '../../domain/aws/saml-assertion.ts'
import { requirePurpose, type SamlKey } from './saml-keys.ts'

const SAML = 'urn:oasis:names:tc:SAML:2.0'

/**
 * The metadata document for an IAM SAML provider (SAML metadata §2.4.3), as bytes made once: no byte order mark, and
 * over the 1,000 characters that IAM asks for (aws.md §4). IAM reads the entity id and the certificates. The sign-in
 * addresses are there because the schema demands them; AWS sends nobody to them.
 */
export function samlMetadata(about: {
  entityId: string
  /** The gateway's public address. */
  location: string
  /** The one that signs first; others may be there while they are on their way in or out. */
  keys: readonly SamlKey[]
}): Buffer {
  const location = xmlAttribute(about.location)
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<md:EntityDescriptor xmlns:md="${SAML}:metadata" entityID="${xmlAttribute(about.entityId)}">` +
      `<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${SAML}:protocol">` +
      about.keys.map((key) => keyDescriptor(requirePurpose(key, 'aws-saml'))).join('') +
      `<md:NameIDFormat>${SAML}:nameid-format:persistent</md:NameIDFormat>` +
      ['HTTP-Redirect', 'HTTP-POST']
        .map((binding) => `<md:SingleSignOnService Binding="${SAML}:bindings:${binding}" Location="${location}"/>`)
        .join('') +
      `</md:IDPSSODescriptor></md:EntityDescriptor>\n`,
  )
}

const keyDescriptor = ({ certificate }: SamlKey): string =>
  `<md:KeyDescriptor use="signing"><ds:KeyInfo ${DSIG_NAMESPACE}><ds:X509Data>` +
  `<ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
