import type { LocalPath } from './return-to.ts'

/** What the gateway remembers, sealed in a cookie, while somebody is away at their IdP. */
export type SignInAttempt = {
  /** Eight hex digits: names the cookie and stands inside `state`, so that several tabs can be away at once. */
  readonly id: string
  readonly idp: string
  readonly returnTo: LocalPath
  readonly expiresAt: Date
  readonly pending: PendingSignIn
}

/** The three memories of an OIDC attempt (RFC 6749 §10.12, OIDC Core §3.1.2.1, RFC 7636). */
export type PendingSignIn = {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

export const ATTEMPT_SECONDS = 600
export const MOST_ATTEMPTS = 8

/** The attempt a `state` belongs to, or undefined when it is not one of ours. */
export function attemptIdIn(state: unknown): string | undefined {
  return typeof state === 'string' ? /^([0-9a-f]{8})\.[\w-]{22,}$/.exec(state)?.[1] : undefined
}
