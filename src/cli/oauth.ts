import type { ErrorCode, RolegateError } from '../domain/errors.ts'
import {
  readContainerToken,
  readDeviceStart,
  readTokens,
  type ContainerTokenAnswer,
  type DeviceStart,
  type TokenAnswer,
} from './answers.ts'
import { failure } from './failure.ts'
import { recordOf } from './record.ts'
import { failureOf, type Answer, type Send } from './send.ts'

const CLIENT = { client_id: 'rolegate-cli' }
const LONGEST_CLAIM = 64

/** What this terminal says of itself; the gateway shows it as such to whoever approves. */
export type TerminalClaims = { readonly host: string; readonly user: string; readonly tool: string }

/** The claims as parameters, each in 64 characters at most; what is not known is left out. */
export function withClaims(claims: TerminalClaims): Readonly<Record<string, string>> {
  const said = Object.entries(claims).map(([name, value]) => [name, value.slice(0, LONGEST_CLAIM)])
  return Object.fromEntries(said.filter(([, value]) => value !== ''))
}

/** RFC 8628 §3.1-3.2. */
export async function startDeviceLogin(send: Send, claims: TerminalClaims): Promise<DeviceStart> {
  const form = { ...CLIENT, ...withClaims(claims) }
  return readDeviceStart(okOrThrow(await send({ method: 'POST', path: '/oauth/device_authorization', form })))
}

/** RFC 8628 §3.4-3.5: fails with `authorization_pending` and `slow_down` while nobody has decided. */
export async function redeemDeviceCode(send: Send, deviceCode: string): Promise<TokenAnswer> {
  const form = { ...CLIENT, grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode }
  return readTokens(okOrThrow(await send({ method: 'POST', path: '/oauth/token', form })))
}

/** RFC 6749 §4.1.3, RFC 7636 §4.5: fails with `invalid_grant` when the code is used up, or was not for us. */
export async function redeemCode(
  send: Send,
  { code, verifier, redirectUri }: { code: string; verifier: string; redirectUri: string },
): Promise<TokenAnswer> {
  const said = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return readTokens(okOrThrow(await send({ method: 'POST', path: '/oauth/token', form: { ...CLIENT, ...said } })))
}

/** RFC 6749 §6: fails with `invalid_grant` when the sign-in is over, whatever the gateway calls that. */
export async function refreshTokens(send: Send, refreshToken: string): Promise<TokenAnswer> {
  const form = { ...CLIENT, grant_type: 'refresh_token', refresh_token: refreshToken }
  const answer = await send({ method: 'POST', path: '/oauth/token', form })
  if (isFinal(answer)) throw failure('invalid_grant')
  return readTokens(okOrThrow(answer))
}

/** A refusal in OAuth's own form that asking again later would not change. */
function isFinal({ status, body }: Answer): boolean {
  const { error } = recordOf(body)
  return typeof error === 'string' && status >= 400 && status < 500 && status !== 429 && !LATER.has(error)
}

const LATER: ReadonlySet<string> = new Set(['slow_down', 'temporarily_unavailable'])

/** RFC 8693: one's own access token for one that a container may hold. */
export async function exchangeForContainerToken(
  send: Send,
  accessToken: string,
  role: string,
): Promise<ContainerTokenAnswer> {
  const form = {
    ...CLIENT,
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: accessToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: `container:${role}`,
  }
  const answer = await send({ method: 'POST', path: '/oauth/token', form })
  if (answer.status === 200) return readContainerToken(answer.body, role)
  const { error, error_description: detail } = recordOf(answer.body)
  const title = 'The gateway gives no container token'
  // Asked for rightly, so what is wrong is the sign-in (RFC 8693 §2.2.2).
  if (error === 'invalid_request') throw failure('sign_in_required', { title })
  if (error === 'access_denied') throw failureOf({ ...answer, body: { title, detail, code: 'not_entitled' } })
  throw oauthFailureOf(answer)
}

/** RFC 7009: ends the sign-in and all its tokens. */
export async function revokeToken(send: Send, token: string): Promise<void> {
  okOrThrow(await send({ method: 'POST', path: '/oauth/revoke', form: { ...CLIENT, token } }))
}

function okOrThrow(answer: Answer): unknown {
  if (answer.status === 200) return answer.body
  throw oauthFailureOf(answer)
}

/** The OAuth words in ours; RFC 6749 §5.2, RFC 8628 §3.5. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ['authorization_pending', 'authorization_pending'],
  ['slow_down', 'slow_down'],
  ['expired_token', 'device_code_expired'],
  ['access_denied', 'device_denied'],
  ['invalid_grant', 'invalid_grant'],
  ['invalid_client', 'invalid_client'],
  ['invalid_request', 'invalid_request'],
  ['invalid_scope', 'invalid_scope'],
  ['unsupported_grant_type', 'unsupported_grant'],
  ['temporarily_unavailable', 'store_unavailable'],
])
/** For these the client has sentences of its own. */
const SAID_BY_US: ReadonlySet<string> = new Set(['expired_token', 'access_denied', 'invalid_grant'])

function oauthFailureOf(answer: Answer): RolegateError {
  const { error, error_description: detail } = recordOf(answer.body)
  if (typeof error !== 'string') return failureOf(answer)
  if (SAID_BY_US.has(error)) return failure(CODES.get(error) ?? 'internal')
  return failureOf({ ...answer, body: { title: 'The gateway refused', detail, code: CODES.get(error) ?? error } })
}
