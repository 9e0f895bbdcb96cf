import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Ask } from '../exchange.ts'
import { Refusal } from './refusal.ts'
import type { RoleSession, RoleSessions } from './role-session.ts'

/** What a signed request says of its own signature, from its headers or its query. */
export type Claimed = {
  readonly accessKeyId: string
  /** `20300101/eu-central-1/sts/aws4_request` */
  readonly scope: readonly [date: string, region: string, service: string, end: string]
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `20300101T090000Z` */
  readonly time: string
  readonly validSeconds: number
  readonly sessionToken: string | undefined
}

/**
 * Whose request this is, by its Signature Version 4. Fails with `InvalidClientTokenId`, `ExpiredToken` or
 * `SignatureDoesNotMatch`. Source: IAM User Guide, "Create a signed AWS API request".
 */
export function requireSigner(ask: Ask, claimed: Claimed, sessions: RoleSessions, now: Date): RoleSession {
  const session = sessions.find(claimed.accessKeyId)
  if (
    session === undefined ||
    claimed.sessionToken === undefined ||
    !isSame(claimed.sessionToken, session.sessionToken)
  ) {
    throw new Refusal('InvalidClientTokenId', 'The security token included in the request is invalid.')
  }
  requireOnTime(claimed, now)
  const [date, region, service, end] = claimed.scope
  if (
    service !== 'sts' ||
    end !== 'aws4_request' ||
    !/^[a-z0-9-]{1,32}$/.test(region) ||
    date !== claimed.time.slice(0, 8)
  ) {
    throw new Refusal('SignatureDoesNotMatch', "Credential should be scoped to correct service: 'sts'.")
  }
  if (!isSame(signatureOf(ask, claimed, session.secretAccessKey), claimed.signature)) {
    throw new Refusal(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  if (now >= session.expiresAt)
    throw new Refusal('ExpiredToken', 'The security token included in the request is expired')
  return session
}

/** Fifteen minutes either way, or as long as a signed query says. */
function requireOnTime({ time, validSeconds }: Claimed, now: Date): void {
  const signedAt = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(signedAt)) throw new Refusal('IncompleteSignature', 'Date must be in ISO-8601 "basic format".')
  const age = (now.getTime() - signedAt) / 1000
  if (age > validSeconds) throw new Refusal('SignatureDoesNotMatch', `Signature expired: ${time} is too long ago.`)
  if (age < -900)
    throw new Refusal('SignatureDoesNotMatch', `Signature not yet current: ${time} is still later than now.`)
}

function signatureOf(ask: Ask, { scope, signedHeaders, time }: Claimed, secret: string): string {
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonicalRequest(ask, signedHeaders))].join('\n')
  const key = scope.reduce<string | Buffer>((derived, part) => hmac(derived, part), `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}

function canonicalRequest({ method, target, headers, body }: Ask, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = splitOnce(target, '?')
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${[headers[name] ?? ''].flat().join(',').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n')
}

/** Every service but S3 encodes the path, as it was sent, once more. */
const canonicalPath = (path: string): string => path.split('/').map(encoded).join('/')

function canonicalQuery(query: string): string {
  const pairs =
    query === '' ? [] : query.split('&').map((pair) => splitOnce(pair, '=').map((text) => encoded(decoded(text))))
  return pairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name = '', value = '']) => [name, value] as const)
    .toSorted(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** RFC 3986 §2.3: all but the unreserved characters. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Refusal('MalformedQueryString', 'The query string contains a syntax error.')
  }
}

function splitOnce(text: string, seam: string): string[] {
  const at = text.indexOf(seam)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Compares secrets without telling by time how much of them was right. */
export const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(one)), Buffer.from(sha256(other)))
