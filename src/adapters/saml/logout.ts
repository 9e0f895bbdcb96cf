import { verify } from 'node:crypto'
import { promisify } from 'node:util'
import { inflateRawSync } from 'node:zlib'
import type { LogoutMessage } from '../../usecases/ports/identity-provider.ts'
import { instantOf } from './instant.ts'
import { decodeBytes, decodeField, MOST_XML_BYTES, readMessage, signatureOf, textOf } from './message.ts'
import { attributeOf, childrenNamed, isNamed, SAML, SAMLP } from './names.ts'
import { refused, require } from './refusal.ts'
import { issuerOf } from './response.ts'
import { decodeStrictBase64, signedTextOf, type Trust } from './signature.ts'
import { readStrictXml, type XmlElement } from './strict-xml.ts'

/** Who is to be signed out, as the IdP signed it. */
type LogoutRequest = {
  readonly id: string
  readonly nameId: string
  readonly indexes: readonly string[]
  readonly before: Date
  readonly relayState?: string
}

type LogoutRules = {
  readonly issuer: string
  readonly destination: string
  readonly now: Date
  readonly skewSeconds: number
}

const MOST_AGE_SECONDS = 600

/**
 * The IdP's request to end somebody's session: signed, or refused (security.md S-44). Undefined for an answer to a request of
 * ours: nothing is believed of that, since it ends nothing.
 */
export async function readLogout(
  message: LogoutMessage,
  trust: Trust,
  rules: LogoutRules,
): Promise<LogoutRequest | undefined> {
  const fields = message.binding === 'post' ? message.fields : singleFields(message.query)
  require(fields !== undefined, 'logout_form')
  if (fields.has('SAMLResponse')) return undefined
  const field = fields.get('SAMLRequest')
  require(field !== undefined, 'logout_form')
  const request =
    message.binding === 'post' ? await signedPost(field, trust) : await signedRedirect(message.query, field, trust)
  const relayState = fields.get('RelayState')
  return { ...accepted(request, rules), ...(relayState !== undefined && { relayState }) }
}

async function signedPost(field: string, trust: Trust): Promise<XmlElement> {
  const received = readMessage(decodeField(field))
  const signature = signatureOf(received.element)
  require(signature !== undefined, 'unsigned')
  return readStrictXml(await signedTextOf(received, signature, trust))
}

const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'sha512'],
])
const verifyAsync = promisify(verify)

/** saml-bindings-2.0 §3.4.4.1: over the very octets of the query that are used, in their order (CVE-2025-27773). */
async function signedRedirect(query: string, field: string, trust: Trust): Promise<XmlElement> {
  const raw = (name: string) => query.split('&').find((pair) => pair.startsWith(`${name}=`))
  const fields = singleFields(query)
  const hash = ALGORITHMS.get(fields?.get('SigAlg') ?? '')
  require(hash !== undefined && fields?.has('Signature') === true, 'unsigned')
  const names = ['SAMLRequest', 'RelayState', 'SigAlg']
  // A name that is itself encoded would be read and not be signed.
  require(names.every((name) => (raw(name) !== undefined) === fields.has(name)), 'signature')
  const octets = names.flatMap((name) => raw(name) ?? []).join('&')
  const signature = decodeStrictBase64(fields.get('Signature') ?? '')
  const data = Buffer.from(octets)
  const results = await Promise.all(trust.keys.map((key) => verifyAsync(hash, data, key, signature)))
  require(results.includes(true), 'signature')
  return readMessage(inflated(field)).element
}

/** A bomb is cut off at the bound (security.md V-2). */
function inflated(field: string): string {
  require(field.length <= 2 * MOST_XML_BYTES, 'too_large')
  const deflated = decodeStrictBase64(field)
  let bytes
  try {
    bytes = inflateRawSync(deflated, { maxOutputLength: MOST_XML_BYTES })
  } catch (cause) {
    throw refused('encoding', cause)
  }
  return decodeBytes(bytes)
}

function accepted(request: XmlElement, { issuer, destination, now, skewSeconds }: LogoutRules): LogoutRequest {
  const skew = skewSeconds * 1000
  require(isNamed(request, SAMLP, 'LogoutRequest') && attributeOf(request, 'Version') === '2.0', 'logout_form')
  const from = issuerOf(request)
  require(from !== undefined && textOf(from) === issuer, 'issuer')
  require(attributeOf(request, 'Destination') === destination, 'destination')
  const issued = instantOf(attributeOf(request, 'IssueInstant'))
  const age = now.getTime() - issued.getTime()
  require(age >= -skew && age <= MOST_AGE_SECONDS * 1000 + skew, 'issue_instant')
  const end = attributeOf(request, 'NotOnOrAfter')
  if (end !== undefined) require(instantOf(end).getTime() > now.getTime() - skew, 'expired')

  const id = attributeOf(request, 'ID')
  const [nameId] = childrenNamed(request, SAML, 'NameID')
  require(id !== undefined && nameId !== undefined, 'logout_form')
  return {
    id,
    nameId: textOf(nameId),
    indexes: childrenNamed(request, SAMLP, 'SessionIndex').map(textOf),
    before: new Date(issued.getTime() + skew),
  }
}

/** Each name once, or undefined. */
function singleFields(query: string): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (fields.has(name)) return undefined
    fields.set(name, value)
  }
  return fields
}
