import type { Ask } from '../exchange.ts'
import { Refusal } from './refusal.ts'
import type { Claimed } from './signature.ts'

/** A header-signed request counts for fifteen minutes, a signed query for what it says, seven days at most. */
const HEADER_SECONDS = 900
const MOST_QUERY_SECONDS = 604_800

/** Where a request says who signed it: the Authorization header or the query. Fails with `MissingAuthenticationToken`. */
export function readClaimed(ask: Ask): Claimed {
  const authorization = ask.headers.authorization
  const inQuery = ask.url.searchParams.has('X-Amz-Signature')
  if (authorization !== undefined && inQuery) throw incomplete('Only one authentication mechanism may be used.')
  if (authorization === undefined && !inQuery)
    throw new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token')
  return authorization === undefined ? fromQuery(ask) : fromHeaders(ask, authorization)
}

function fromHeaders({ headers }: Ask, authorization: string): Claimed {
  const [, credential = '', signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^\s,]+),\s*SignedHeaders=([^\s,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? []
  const sessionToken = single(headers['x-amz-security-token'])
  return {
    ...readCredential(credential),
    signedHeaders: readSignedHeaders(signed, [
      'host',
      'x-amz-date',
      ...(sessionToken === undefined ? [] : ['x-amz-security-token']),
    ]),
    signature,
    time: single(headers['x-amz-date']) ?? '',
    validSeconds: HEADER_SECONDS,
    sessionToken,
  }
}

function fromQuery({ url: { searchParams } }: Ask): Claimed {
  const text = (name: string) => searchParams.get(name) ?? ''
  if (text('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') throw incomplete('X-Amz-Algorithm must be AWS4-HMAC-SHA256.')
  const seconds = Number(/^\d{1,7}$/.test(text('X-Amz-Expires')) ? text('X-Amz-Expires') : HEADER_SECONDS)
  return {
    ...readCredential(text('X-Amz-Credential')),
    signedHeaders: readSignedHeaders(text('X-Amz-SignedHeaders'), ['host']),
    signature: text('X-Amz-Signature'),
    time: text('X-Amz-Date'),
    validSeconds: Math.min(seconds, MOST_QUERY_SECONDS),
    sessionToken: searchParams.get('X-Amz-Security-Token') ?? undefined,
  }
}

function readCredential(text: string): Pick<Claimed, 'accessKeyId' | 'scope'> {
  const [accessKeyId, date, region, service, end, rest] = text.split('/')
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined ||
    end === undefined ||
    rest !== undefined
  ) {
    throw incomplete('Credential must have exactly 5 slash-delimited elements.')
  }
  return { accessKeyId, scope: [date, region, service, end] }
}

/** The headers that say where, when and with which session must be under the signature. */
function readSignedHeaders(text: string, needed: readonly string[]): readonly string[] {
  const names = text.split(';')
  const inOrder = names.every(
    (name, index) => name === name.toLowerCase() && (index === 0 || (names[index - 1] ?? '') < name),
  )
  if (!inOrder || !needed.every((name) => names.includes(name)))
    throw incomplete(`SignedHeaders must name ${needed.join(', ')}, in order.`)
  return names
}

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined
const incomplete = (message: string): Refusal => new Refusal('IncompleteSignature', message)
