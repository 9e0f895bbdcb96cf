import type { Message } from './bindings.ts'
import { SamlRefusal } from './refusal.ts'
import { loadSamlify } from './samlify.ts'
import type { ServiceProvider } from './service-provider.ts'
import { isEnveloped, requireDetached, requireEnveloped } from './signatures.ts'
import { PROTOCOL } from './xml.ts'

/** What every protocol message says of itself, read from its root. */
type Envelope = { readonly id: string; readonly issuer: string; readonly destination: string }

export type AuthnRequest = Envelope & {
  readonly acs: string | undefined
  readonly binding: string | undefined
  readonly forceAuthn: boolean
}
export type LogoutRequest = Envelope & {
  readonly nameId: string
  /** None: every session of that person. */
  readonly sessionIndexes: readonly string[]
  readonly notOnOrAfter: Date | undefined
}
export type LogoutResponse = Envelope & { readonly inResponseTo: string; readonly status: string }

export async function readAuthnRequest({ xml }: Message): Promise<AuthnRequest> {
  const read = await reader(xml, 'AuthnRequest')
  const forceAuthn = read('@ForceAuthn')[0]
  return {
    ...envelope(read),
    acs: read('@AssertionConsumerServiceURL')[0],
    binding: read('@ProtocolBinding')[0],
    forceAuthn: forceAuthn === 'true' || forceAuthn === '1',
  }
}

export async function readLogoutRequest({ xml }: Message): Promise<LogoutRequest> {
  const read = await reader(xml, 'LogoutRequest')
  const [nameId] = read('NameID')
  const [until] = read('@NotOnOrAfter')
  if (nameId === undefined) throw new SamlRefusal('The logout request names nobody.')
  return {
    ...envelope(read),
    nameId,
    sessionIndexes: read('SessionIndex'),
    notOnOrAfter: until === undefined ? undefined : new Date(until),
  }
}

export async function readLogoutResponse({ xml }: Message): Promise<LogoutResponse> {
  const read = await reader(xml, 'LogoutResponse')
  return {
    ...envelope(read),
    inResponseTo: read('@InResponseTo')[0] ?? '',
    status: read('Status/StatusCode/@Value')[0] ?? '',
  }
}

/** Fails unless the message is from the one service provider we know, and was meant for this address of ours. */
export function requireFor({ issuer, destination }: Envelope, sp: ServiceProvider, address: string): void {
  if (issuer !== sp.entityId) throw new SamlRefusal(`${issuer} is not a service provider of this directory.`)
  if (destination !== address) throw new SamlRefusal('The message was meant for another address.')
}

/** Fails unless the message is signed by the service provider, when it must be; a signature that is there must be right. */
export async function requireSigned(
  { xml, detached }: Message,
  { id }: Envelope,
  { signingCertificate }: ServiceProvider,
  isNeeded: boolean,
): Promise<void> {
  if (detached === undefined && !isEnveloped(xml)) {
    if (isNeeded) throw new SamlRefusal('This directory wants signed requests, and this one is not.')
    return
  }
  if (signingCertificate === undefined) {
    if (isNeeded) throw new SamlRefusal('The gateway has shown no certificate that it signs with.')
    return
  }
  if (detached !== undefined) requireDetached(detached, signingCertificate)
  if (isEnveloped(xml)) await requireEnveloped(xml, id, signingCertificate)
}

type Read = (path: string) => string[]

function envelope(read: Read): Envelope {
  const [id] = read('@ID')
  if (id === undefined || read('@Version')[0] !== '2.0') throw new SamlRefusal('The message is not of SAML 2.0.')
  return { id, issuer: read('Issuer')[0] ?? '', destination: read('@Destination')[0] ?? '' }
}

/** Reads below the root, by samlify: `@ID`, `Issuer`, `Status/StatusCode/@Value`. Fails when the text is not such XML. */
async function reader(xml: string, root: string): Promise<Read> {
  const { Extractor } = await loadSamlify()
  // No honest message has a DOCTYPE or a comment.
  if (xml.includes('<!')) throw new SamlRefusal('The message holds more than elements.')
  if (!isOfProtocol(xml, root)) throw new SamlRefusal(`The message is no ${root} of SAML 2.0.`)
  const read = (path: string): string[] => {
    const steps = path.split('/')
    const attribute = steps.at(-1)?.startsWith('@') ? steps.pop()?.slice(1) : undefined
    const field = { key: 'x', localPath: [root, ...steps], attributes: attribute === undefined ? [] : [attribute] }
    const found: unknown = Extractor.extract(xml, [field])['x']
    return [found].flat().filter((value) => typeof value === 'string')
  }
  try {
    read('@ID')
  } catch (cause) {
    throw new SamlRefusal('The message is not XML.', { cause })
  }
  return read
}

/** samlify reads by local names, so the root's namespace is looked at here. */
function isOfProtocol(xml: string, root: string): boolean {
  const [, prefix, name, attributes = ''] = /^(?:<\?xml[^>]*\?>)?\s*<(?:([\w.-]+):)?(\w+)([^>]*)>/.exec(xml) ?? []
  const declaration = prefix === undefined ? 'xmlns' : `xmlns:${prefix}`
  return name === root && [`"`, `'`].some((quote) => attributes.includes(` ${declaration}=${quote}${PROTOCOL}${quote}`))
}
