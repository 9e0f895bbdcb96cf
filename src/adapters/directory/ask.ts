import { RolegateError } from '../../domain/errors.ts'
import type { KeptToken } from './kept-token.ts'

/**
 * The directory did not tell everything, and why. `again`: in how many seconds it may. `said`: its own words, never
 * repeated to anybody. `ofEverybody`: it would fail for everybody, not only this person.
 */
export class DirectoryFailure extends Error {
  override readonly name = 'DirectoryFailure'
  readonly reason: string
  readonly again: number | undefined
  readonly said: Said | undefined
  readonly ofEverybody: boolean

  constructor(
    reason: string,
    details: { again?: number | undefined; said?: Said; ofEverybody?: boolean; cause?: unknown } = {},
  ) {
    super(reason, { cause: details.cause })
    this.reason = reason
    this.again = details.again
    this.said = details.said
    this.ofEverybody = details.ofEverybody ?? false
  }
}

/** Of an error, as far as it says so; `reason` is the first of Google's list. */
export type Said = { readonly code?: string; readonly message?: string; readonly reason?: string }

const AGAIN_SECONDS = 5
const LONGEST_AGAIN_SECONDS = 300

export type AskDirectory = (url: string, headers?: Readonly<Record<string, string>>) => Promise<JsonObject>
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads one JSON object from a directory's API with our own token; a token that is no longer taken is renewed once. `fetch` bounds
 * time and bytes and follows no redirect. Throws DirectoryFailure.
 */
export function makeAskDirectory({ fetch, token }: { fetch: typeof globalThis.fetch; token: KeptToken }): AskDirectory {
  const get = (): Promise<string> =>
    token.get().catch((cause: unknown) => {
      throw noToken(cause)
    })
  const send = (url: string, headers: Readonly<Record<string, string>>, bearer: string): Promise<Response> =>
    sendOrFail(fetch, url, { headers: { ...headers, accept: 'application/json', authorization: `Bearer ${bearer}` } })

  return async function askDirectory(url, headers = {}) {
    const first = await get()
    let answer = await send(url, headers, first)
    if (answer.status === 401) {
      token.forget(first)
      answer = await send(url, headers, await get())
    }
    if (answer.status !== 200) throw await failureIn(answer)
    return readJson(answer)
  }
}

/** Whatever may pass by itself is a failure that says when to ask again. */
export async function sendOrFail(send: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  let answer: Response
  try {
    answer = await send(url, init)
  } catch (cause) {
    throw new DirectoryFailure('did_not_answer', { again: AGAIN_SECONDS, cause })
  }
  if (answer.status === 429)
    throw new DirectoryFailure('answered_429', { again: secondsUntilAgain(answer), ofEverybody: true })
  return answer
}

/** Google says with a 403, too, that we ask too much. */
const QUOTAS = new Set(['userRateLimitExceeded', 'rateLimitExceeded', 'quotaExceeded'])

/**
 * Only the status is told, since its own words may hold anything. If even a fresh token is not accepted, the failure
 * concerns everybody.
 */
async function failureIn(answer: Response): Promise<DirectoryFailure> {
  const said = await errorIn(answer)
  if (answer.status === 403 && QUOTAS.has(said.reason ?? ''))
    return new DirectoryFailure('answered_403_quota', { again: secondsUntilAgain(answer), ofEverybody: true })
  return new DirectoryFailure(`answered_${answer.status}`, { said, ofEverybody: answer.status === 401 })
}

/** Without it nobody is told of. */
function noToken(cause: unknown): DirectoryFailure {
  if (cause instanceof DirectoryFailure)
    return new DirectoryFailure(cause.reason, { again: cause.again, ofEverybody: true, cause })
  return cause instanceof RolegateError && cause.code === 'idp_unavailable'
    ? new DirectoryFailure('did_not_answer', { again: AGAIN_SECONDS, ofEverybody: true, cause })
    : new DirectoryFailure((cause instanceof RolegateError ? cause.reason : undefined) ?? 'no_token', {
        ofEverybody: true,
        cause,
      })
}

function secondsUntilAgain({ headers }: Response): number {
  const said = headers.get('retry-after') ?? ''
  const seconds = /^\d{1,6}$/.test(said) ? Number(said) : AGAIN_SECONDS
  return Math.min(Math.max(seconds, 1), LONGEST_AGAIN_SECONDS)
}

/** `{"error":{"code":…,"message":…}}`, as Graph and Google both say it, and Google's `errors[].reason` in it. */
async function errorIn(answer: Response): Promise<Said> {
  const error = asObject(own(await readJson(answer).catch(() => ({})), 'error'))
  const errors = own(error, 'errors')
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : []
  return { ...text('code', error), ...text('message', error), ...text('reason', asObject(first)) }
}

function text(name: keyof Said, object: JsonObject): Said {
  const value = own(object, name)
  return typeof value === 'string' || typeof value === 'number' ? { [name]: String(value) } : {}
}

const asObject = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null ? (value as JsonObject) : {}

export async function readJson(answer: Response): Promise<JsonObject> {
  if (!/^application\/json(?:;|$)/i.test(answer.headers.get('content-type') ?? ''))
    throw new DirectoryFailure('answered_no_json')
  const value: unknown = await answer.json().catch(() => undefined)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DirectoryFailure('answered_no_json')
  return value as JsonObject
}

/** A member of its own, whatever objects inherit. */
export const own = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined
