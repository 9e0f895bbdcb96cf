import { shellWord } from '../domain/plain.ts'
import { asRolegateError, type ErrorCode, RolegateError } from '../domain/errors.ts'
import { oneLine } from './server-text.ts'

/** What a person is told of a failure. `code` when the gateway used one that this client does not know. */
export type Said = {
  readonly title: string
  readonly detail?: string
  readonly next?: string
  readonly code?: string
  readonly requestId?: string
  /** Their request that waits for an answer, by its id. */
  readonly pending?: string
  /** What a person can confirm in their browser, by its id, for how long, and how often to ask: see confirm.ts. */
  readonly confirm?: string
  readonly confirmExpiresIn?: number
  readonly confirmInterval?: number
}

type Details = { readonly reason?: string; readonly cause?: unknown }

/** A failure in this client's own words, or in the gateway's. `reason` is for this program alone. */
export const failure = (code: ErrorCode, said: Partial<Said> = {}, details: Details = {}): RolegateError =>
  new RolegateError(code, { ...said }, details)

export const usageFailure = (detail: string, usage: string): RolegateError =>
  failure('invalid_request', { title: 'That is not how this command is used', detail, next: `Usage: ${usage}` })

const STRANGE: Said = { title: 'Something went wrong inside rolegate itself', next: 'Please report this.' }
const UNSAID: Partial<Record<ErrorCode, Said>> = {
  sign_in_required: { title: 'You are not signed in', next: 'Sign in: rolegate login' },
  invalid_grant: { title: 'Your sign-in has ended', next: 'Sign in again: rolegate login' },
  device_code_expired: { title: 'The code expired before anybody approved it', next: 'Try again: rolegate login' },
  device_denied: { title: 'The sign-in was denied in the browser', next: 'Try again: rolegate login' },
}

/** The sentences of one failure: the gateway's, else ours. */
export function saidOf(thrown: unknown): Said & { readonly code: string } {
  const { code, values } = asRolegateError(thrown)
  const { title, ...said }: Partial<Said> = { ...UNSAID[code], ...values }
  return title === undefined ? { ...STRANGE, code } : { code, ...said, title }
}

/**
 * `error: title. detail`, the next step, the code and the request id: for people, on stderr. If the command line named
 * a gateway, the advice to sign in names it too: plain `rolegate login` would go to another.
 */
export function failureLines(thrown: unknown, server?: string): readonly string[] {
  const { title, detail, next, code, requestId } = saidOf(thrown)
  const login = server === undefined ? '$&' : `$& --server ${shellWord(oneLine(server)).replaceAll('$', '$$$$')}`
  return [
    `error: ${sentence(title)}${detail ? ` ${detail}` : ''}`,
    ...(next ? [next.replaceAll(/rolegate login(?! --server)/g, login)] : []),
    `code ${oneLine(code)}${requestId ? `, request ${oneLine(requestId)}` : ''}`,
  ]
}

const sentence = (title: string): string => `${oneLine(title).replace(/[.!]$/, '')}.`
