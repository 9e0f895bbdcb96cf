import { sign } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Ask } from '../../exchange.ts'
import { SamlRefusal } from './refusal.ts'
import { RSA_SHA256, type DetachedSignature } from './signatures.ts'
import type { SigningKey } from './signing-key.ts'

/** A protocol message as the browser brought it. */
export type Message = {
  readonly kind: 'SAMLRequest' | 'SAMLResponse'
  readonly xml: string
  readonly relayState: string | undefined
  /** The Redirect binding's signature stands beside the message; the POST binding's is inside it. */
  readonly detached: DetachedSignature | undefined
}

const MOST_INFLATED_BYTES = 64 * 1024

/** Reads either binding; fails unless there is exactly one message in it. */
export const readMessage = (ask: Ask): Message => (ask.method === 'POST' ? fromForm(ask.body) : fromQuery(ask.target))

function fromForm(body: string): Message {
  const sent = new URLSearchParams(body)
  const fields = new Map(sent)
  if (sent.size !== fields.size) throw new SamlRefusal('A form field was sent twice.')
  const { kind, text } = messageIn(fields)
  return { kind, xml: decoded(text).toString('utf8'), relayState: fields.get('RelayState'), detached: undefined }
}

/** Source: SAML 2.0 Bindings, §3.4.4.1: the signature is over the query as it was sent, not as one would encode it again. */
function fromQuery(target: string): Message {
  const raw = new Map<string, string>()
  for (const pair of (target.split('?')[1] ?? '').split('&').filter(Boolean)) {
    const [name = '', ...rest] = pair.split('=')
    if (raw.has(name)) throw new SamlRefusal(`The parameter ${name.slice(0, 40)} was sent twice.`)
    raw.set(name, rest.join('='))
  }
  const read = (name: string) => mapped(raw.get(name), unescaped)
  const { kind, text } = messageIn(raw)
  const signature = read('Signature')
  return {
    kind,
    xml: inflated(decoded(unescaped(text))),
    relayState: read('RelayState'),
    detached: mapped(signature, (given) => ({
      octets: [kind, 'RelayState', 'SigAlg']
        .filter((name) => raw.has(name))
        .map((name) => `${name}=${raw.get(name) ?? ''}`)
        .join('&'),
      algorithm: read('SigAlg') ?? '',
      value: decoded(given),
    })),
  }
}

const mapped = <From, To>(from: From | undefined, to: (value: From) => To): To | undefined =>
  from === undefined ? undefined : to(from)

function messageIn(fields: ReadonlyMap<string, string>): { kind: Message['kind']; text: string } {
  const request = fields.get('SAMLRequest')
  const response = fields.get('SAMLResponse')
  if (request !== undefined && response === undefined) return { kind: 'SAMLRequest', text: request }
  if (response !== undefined && request === undefined) return { kind: 'SAMLResponse', text: response }
  throw new SamlRefusal('There must be one SAML message, and only one.')
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new SamlRefusal('A parameter is not URL-encoded.', { cause })
  }
}

function decoded(text: string): Buffer {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) throw new SamlRefusal('The SAML message is not base64.')
  return Buffer.from(text, 'base64')
}

/** A small text can inflate to gigabytes: no further than a message has any need of. */
function inflated(bytes: Buffer): string {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MOST_INFLATED_BYTES }).toString('utf8')
  } catch (cause) {
    throw new SamlRefusal('The SAML message is not deflated, or too large.', { cause })
  }
}

export type Outgoing = {
  readonly to: string
  readonly kind: Message['kind']
  readonly xml: string
  readonly relayState?: string | undefined
}

/** A message as a URL of the Redirect binding, signed when a key is given. */
export function redirectUrl({ to, kind, xml, relayState }: Outgoing, key?: SigningKey): string {
  const unsigned = [
    `${kind}=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`,
    ...(relayState === undefined ? [] : [`RelayState=${encodeURIComponent(relayState)}`]),
    ...(key === undefined ? [] : [`SigAlg=${encodeURIComponent(RSA_SHA256)}`]),
  ].join('&')
  const query =
    key === undefined
      ? unsigned
      : `${unsigned}&Signature=${encodeURIComponent(sign('sha256', Buffer.from(unsigned), key.privateKeyPem).toString('base64'))}`
  return `${to}${to.includes('?') ? '&' : '?'}${query}`
}
