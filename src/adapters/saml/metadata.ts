import { X509Certificate, type KeyObject } from 'node:crypto'
import { withoutComments, type loadLibxml2 } from './comments.ts'
import { instantOf } from './instant.ts'
import { attributeOf, childrenNamed, DSIG, everyElement, isNamed, METADATA, SAMLP } from './names.ts'
import { signatureOf } from './message.ts'
import { signedTextOf } from './signature.ts'
import { NotStrictXml, readStrictXml, type XmlElement, type XmlLimits } from './strict-xml.ts'

/** An endpoint by binding; `answer` is where responses go, when that is somewhere else (saml-metadata-2.0 §2.2.2). */
export type Endpoints = {
  readonly redirect?: string
  readonly post?: string
  readonly answer?: string
}

/** What we take from an IdP's metadata. */
export type IdpMetadata = {
  readonly entityId: string
  /** At least one: an IdP without a certificate is no IdP (security.md S-40, K-6). */
  readonly certificates: readonly X509Certificate[]
  readonly keys: readonly KeyObject[]
  readonly signOn: Endpoints
  readonly signOut: Endpoints
  readonly wantsSignedRequests: boolean
  readonly validUntil?: Date
}

export type MetadataRules = {
  /** Which entity, when the document holds several. */
  readonly entityId?: string
  /** Whether an entity id is another IdP's name, or our own (threats.md I2, F4). */
  readonly isTaken: (entityId: string) => boolean
  /** Signs the document; without one, the file or TLS is what we trust. */
  readonly signedBy?: KeyObject
  readonly allowHttp: boolean
  readonly now: Date
}

/** `message` is for operators and holds nothing secret. */
export class BadMetadata extends Error {}

export const MOST_METADATA_BYTES = 4 * 1024 * 1024
const LIMITS: XmlLimits = { elements: 60_000, depth: 60, attributes: 100, namespaces: 200, names: 1 << 24 }
const LEAST_RSA_BITS = 2048

/**
 * Reads an IdP's metadata: the certificates, endpoints and wishes of its IDPSSODescriptor, and of no other role
 * (security.md S-15, S-39; saml-metadata-2.0 §2.4.3). Fails with `BadMetadata`, in words for an operator.
 */
export async function readIdpMetadata(
  libxml2: Awaited<ReturnType<typeof loadLibxml2>>,
  document: string,
  rules: MetadataRules,
): Promise<IdpMetadata> {
  if (Buffer.byteLength(document) > MOST_METADATA_BYTES) throw new BadMetadata('it is larger than 4 MB')
  const text = await trustedText(withoutCommentsIn(libxml2, document), rules)
  const root = read(text)
  const entity = entityIn(root, rules)
  const entityId = attributeOf(entity, 'entityID')
  if (entityId === undefined || entityId === '') throw new BadMetadata('its EntityDescriptor has no entityID')
  if (rules.entityId !== undefined && rules.entityId !== entityId) throw new BadMetadata(`it is about ${entityId}`)
  if (rules.isTaken(entityId))
    throw new BadMetadata(`it is about ${entityId}, which is another identity provider of the file`)

  const [role] = childrenNamed(entity, METADATA, 'IDPSSODescriptor').filter((descriptor) =>
    (attributeOf(descriptor, 'protocolSupportEnumeration') ?? '').split(' ').includes(SAMLP),
  )
  if (role === undefined) throw new BadMetadata('it describes no SAML 2.0 identity provider (IDPSSODescriptor)')
  // saml-metadata-2.0 §2.3.1: an end counts for all that is inside.
  const around = everyElement(root).filter(({ start, end }) => start <= entity.start && entity.end <= end)
  const ends = [...around, role].flatMap((element) => attributeOf(element, 'validUntil') ?? []).map(validUntilOf)
  if (ends.some((end) => end <= rules.now)) throw new BadMetadata('its validUntil has passed')
  const certificates = signingCertificatesOf(role)
  const signOn = endpointsOf(role, 'SingleSignOnService', rules)
  if (signOn.redirect === undefined && signOn.post === undefined)
    throw new BadMetadata('it names no SingleSignOnService with the Redirect or POST binding')
  const validUntil = ends.toSorted((one, other) => one.getTime() - other.getTime())[0]
  return {
    entityId,
    certificates,
    keys: certificates.map(({ publicKey }) => publicKey),
    signOn,
    signOut: endpointsOf(role, 'SingleLogoutService', rules),
    wantsSignedRequests: ['true', '1'].includes(attributeOf(role, 'WantAuthnRequestsSigned') ?? ''),
    ...(validUntil !== undefined && { validUntil }),
  }
}

function withoutCommentsIn(libxml2: Awaited<ReturnType<typeof loadLibxml2>>, document: string): string {
  const text = document.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  if (/<!DOCTYPE/i.test(text)) throw new BadMetadata('it has a DOCTYPE')
  try {
    return withoutComments(libxml2, text)
  } catch (cause) {
    if (cause instanceof NotStrictXml) throw new BadMetadata('it is not well-formed XML')
    throw cause
  }
}

function read(text: string): XmlElement {
  try {
    return readStrictXml(text, LIMITS)
  } catch (cause) {
    if (cause instanceof NotStrictXml) throw new BadMetadata(`it cannot be read: ${cause.message}`)
    throw cause
  }
}

async function trustedText(text: string, { signedBy }: MetadataRules): Promise<string> {
  if (signedBy === undefined) return text
  const element = read(text)
  const signature = signatureOf(element)
  if (signature === undefined) throw new BadMetadata('it is not signed, and `metadata_cert_file` says it must be')
  try {
    return await signedTextOf({ text, element }, signature, { keys: [signedBy], allowSha1: false })
  } catch {
    throw new BadMetadata('its signature is not by the certificate in `metadata_cert_file`')
  }
}

function entityIn(root: XmlElement, { entityId }: MetadataRules): XmlElement {
  if (isNamed(root, METADATA, 'EntityDescriptor')) return root
  if (!isNamed(root, METADATA, 'EntitiesDescriptor')) throw new BadMetadata('it is not SAML metadata')
  if (entityId === undefined) throw new BadMetadata('it describes several entities: say which with `entity_id`')
  const [entity, ...others] = everyElement(root).filter(
    (element) => isNamed(element, METADATA, 'EntityDescriptor') && attributeOf(element, 'entityID') === entityId,
  )
  if (entity === undefined || others.length > 0) throw new BadMetadata(`it does not describe ${entityId} exactly once`)
  return entity
}

/** A key without `use` serves both ends (saml-metadata-2.0 §2.4.1.1); one too weak to trust is left out. */
function signingCertificatesOf(role: XmlElement): readonly X509Certificate[] {
  const texts = childrenNamed(role, METADATA, 'KeyDescriptor')
    .filter((descriptor) => (attributeOf(descriptor, 'use') ?? 'signing') === 'signing')
    .flatMap((descriptor) => everyElement(descriptor))
    .filter((element) => isNamed(element, DSIG, 'X509Certificate'))
    .map(({ text }) => text)
  const certificates = [...new Set(texts.map((text) => text.replace(/\s+/g, '')))].map(certificateOf)
  const strong = certificates.filter(
    ({ publicKey }) =>
      publicKey.asymmetricKeyType === 'rsa' && (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS,
  )
  if (strong.length === 0) throw new BadMetadata('it has no signing certificate with an RSA key of 2048 bits or more')
  return strong
}

function certificateOf(base64: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'))
  } catch {
    throw new BadMetadata('one of its certificates cannot be read')
  }
}

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:'

function endpointsOf(role: XmlElement, name: string, { allowHttp }: MetadataRules): Endpoints {
  const services = childrenNamed(role, METADATA, name)
  const at = (binding: string, attribute: string) =>
    services
      .filter((service) => attributeOf(service, 'Binding') === BINDING + binding)
      .map((service) => attributeOf(service, attribute))
      .find((location) => location !== undefined)
  const [redirect, post] = [at('HTTP-Redirect', 'Location'), at('HTTP-POST', 'Location')]
  // Our answers go by Redirect.
  const answer = at('HTTP-Redirect', 'ResponseLocation')
  for (const location of [redirect, post, answer]) if (location !== undefined) requireWebAddress(location, allowHttp)
  return {
    ...(redirect !== undefined && { redirect }),
    ...(post !== undefined && { post }),
    ...(answer !== undefined && { answer }),
  }
}

/** A `javascript:` endpoint is script on our own page (CVE-2023-45683); http is for loopback alone (security.md K-5). */
function requireWebAddress(location: string, allowHttp: boolean): void {
  const url = URL.canParse(location) ? new URL(location) : undefined
  const loopback = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url?.protocol !== 'https:' && !(allowHttp && url?.protocol === 'http:' && loopback))
    throw new BadMetadata('it names an endpoint that is not https')
}

function validUntilOf(text: string): Date {
  try {
    return instantOf(text)
  } catch {
    throw new BadMetadata('its validUntil is no time')
  }
}
