import { ERROR_CODES, type ErrorCode, RolegateError } from '../domain/errors.ts'
import { failure, type Said } from './failure.ts'
import { recordOf } from './record.ts'
import { cleanJson, oneLine } from './server-text.ts'
import type { CliWorld } from './world.ts'

/** Ten thousand roles in full, and as much again. */
const LARGEST_BYTES = 4_194_304
const TIMEOUT_MS = 30_000

export type Ask = {
  readonly method: 'GET' | 'POST'
  readonly path: `/${string}`
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly bearer?: string
}
export type Answer = {
  readonly status: number
  readonly body: unknown
  readonly requestId?: string
  /** By the gateway's clock. */
  readonly date?: Date
}
/** One request to the one gateway. Fails with `gateway_unreachable` unless an answer in JSON came back in time. */
export type Send = (ask: Ask) => Promise<Answer>

/** `trace` hears method, path, status and request id, and nothing else (security.md D-25). */
export function makeSend(
  world: Pick<CliWorld, 'fetch' | 'timeout' | 'interrupted' | 'version'>,
  origin: string,
  trace: (line: string) => void,
): Send {
  return async function send(ask) {
    const late = world.timeout(TIMEOUT_MS)
    const signal = AbortSignal.any([world.interrupted, late])
    try {
      const response = await world.fetch(new URL(ask.path, origin), { ...requestOf(ask, world.version), signal })
      const { status } = response
      const requestId = oneLine(response.headers.get('x-request-id') ?? '')
      trace(`${ask.method} ${ask.path} ${status} request ${requestId || '-'}`)
      const text = await readCapped(response, origin)
      if (status >= 300 && status < 400) throw redirected(origin)
      return { status, body: parseBody(text, status, origin), requestId, ...dateOf(response) }
    } catch (thrown) {
      throw thrown instanceof RolegateError || world.interrupted.aborted
        ? thrown
        : unreachable(origin, thrown, late.aborted)
    }
  }
}

const requestOf = ({ method, form, json, bearer }: Ask, version: string): RequestInit => ({
  method,
  // threats.md D14: a redirect would carry the bearer token, or a device code, to wherever it points.
  redirect: 'manual',
  headers: {
    accept: 'application/json, application/problem+json',
    'user-agent': `rolegate/${version}`,
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(json !== undefined && { 'content-type': 'application/json' }),
  },
  ...(form !== undefined && { body: new URLSearchParams(form) }),
  ...(json !== undefined && { body: JSON.stringify(json) }),
})

async function readCapped(response: Response, origin: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > LARGEST_BYTES) throw strange(origin, 'Its answer is larger than 4 MB.')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function dateOf({ headers }: Response): Pick<Answer, 'date'> {
  const date = new Date(headers.get('date') ?? '')
  return Number.isNaN(date.getTime()) ? {} : { date }
}

function parseBody(text: string, status: number, origin: string): unknown {
  if (text === '' && status < 400) return undefined
  try {
    return cleanJson(JSON.parse(text))
  } catch {
    throw strange(origin, `It answered ${status}, but not in JSON.`)
  }
}

const KNOWN: ReadonlySet<string> = new Set(ERROR_CODES)
const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && KNOWN.has(code)

/** RFC 9457: the gateway's own words. An unknown code is shown as it is, and the status decides the exit code. */
export function failureOf({ status, body, requestId: stamped }: Answer): RolegateError {
  const { title, detail, code, requestId = stamped, next, confirm, pending } = recordOf(body)
  return failure(isErrorCode(code) ? code : codeOfStatus(status), {
    title: typeof title === 'string' && title !== '' ? title : `The gateway answered ${status}`,
    ...(typeof detail === 'string' && { detail }),
    ...(typeof code === 'string' && { code }),
    ...(typeof requestId === 'string' && { requestId }),
    ...nextOf(next, code),
    ...confirmOf(confirm),
    ...(typeof pending === 'string' && { pending }),
  })
}

/** What a person can confirm in their browser, for confirm.ts. */
function confirmOf(confirm: unknown): Pick<Said, 'confirm' | 'confirmExpiresIn' | 'confirmInterval'> {
  const { id, expiresIn, interval } = recordOf(confirm)
  return {
    ...(typeof id === 'string' && { confirm: id }),
    ...(typeof expiresIn === 'number' && { confirmExpiresIn: expiresIn }),
    ...(typeof interval === 'number' && { confirmInterval: interval }),
  }
}

function nextOf(next: unknown, code: unknown): { next?: string } {
  if (typeof next === 'string') return { next }
  if (Array.isArray(next)) return { next: next.filter((step) => typeof step === 'string').join('\n') }
  return code === 'sign_in_required' ? { next: 'Sign in: rolegate login' } : {}
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  401: 'sign_in_required',
  403: 'not_entitled',
  404: 'not_found',
  429: 'rate_limited',
}
const codeOfStatus = (status: number): ErrorCode => BY_STATUS[status] ?? 'internal'

const redirected = (origin: string) =>
  strange(origin, 'It redirects elsewhere, and rolegate never follows a redirect with your sign-in.')

const strange = (origin: string, detail: string) =>
  failure('gateway_unreachable', {
    title: `${origin} does not answer as a Rolegate gateway does`,
    detail,
    next: 'Check the address: --server, ROLEGATE_URL.',
  })

function unreachable(origin: string, thrown: unknown, late: boolean): RolegateError {
  const because = late ? 'no answer within 30 seconds' : errnoOf(thrown)
  const isTls = /CERT|SSL|TLS|SELF_SIGNED|ALTNAME/.test(because)
  const title = isTls ? `The TLS certificate of ${origin} was not accepted` : `${origin} could not be reached`
  const next = isTls
    ? 'If your organisation has its own authority, name its file in NODE_EXTRA_CA_CERTS.'
    : 'Is the address right, and the network that leads there up (a VPN, HTTPS_PROXY)?'
  const said = { title, detail: `Reason: ${because}.`, next }
  return failure('gateway_unreachable', said, { reason: 'no_connection', cause: thrown })
}

/** fetch() wraps the reason, and an attempt at several addresses wraps it twice. Only errno-like words are passed on. */
function errnoOf(thrown: unknown): string {
  for (let error = thrown, depth = 0; depth < 4; error = recordOf(error)['cause'], depth += 1) {
    const { code } = recordOf(error)
    if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) return code
  }
  return 'the connection failed'
}
