import type { BegunHandOver } from '../audit/facts.ts'
import type { Destination } from '../aws/destination.ts'
import type { LocalPath } from './return-to.ts'
import type { StepUpTrip } from './step-up.ts'

/** What the gateway remembers, sealed in a cookie, while somebody is away at their IdP. */
export type Attempt = {
  /** Eight hex digits: names the cookie and stands inside `state`, so that several tabs can be away at once. */
  readonly id: string
  readonly idp: string
  readonly expiresAt: Date
  readonly pending: PendingSignIn
}

/** Away in order to sign in. */
export type SignInAttempt = Attempt & {
  readonly returnTo: LocalPath
  /** The session this browser had then, by its id: the answer may come without that cookie (contract.md, Cookies). */
  readonly formerId?: string
  /** They are signed in already, and show anew who they are for one purpose (threats.md H8). */
  readonly stepUp?: StepUpTrip
}

/** Away for an operator's test of an IdP, by whose session: it signs nobody in. */
export type TestAttempt = Attempt & { readonly testerId: string }

/** Away in order to fetch the IdP's own assertion for AWS (threats.md F7). */
export type PassThroughAttempt = Attempt & {
  readonly sessionId: string
  readonly begun: BegunHandOver
  /** Where the console opens. */
  readonly destination?: Destination
}

/** What each protocol must find again; `state` names the attempt in the IdP's answer, and counts once. */
export type PendingSignIn = PendingOidc | PendingSaml

/** The three memories of an OIDC attempt (RFC 6749 §10.12, OIDC Core §3.1.2.1, RFC 7636). */
export type PendingOidc = {
  readonly kind: 'oidc'
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** Of a SAML attempt: `state` goes as RelayState, `requestId` must come back as InResponseTo (saml-profiles-2.0 §4.1.4.3). */
export type PendingSaml = {
  readonly kind: 'saml'
  readonly state: string
  readonly requestId: string
  readonly startedAt: Date
}

export const ATTEMPT_SECONDS = 600
export const MOST_ATTEMPTS = 8

/** The attempt a `state` or RelayState belongs to, or undefined when it is not one of ours. */
export function attemptIdIn(state: unknown): string | undefined {
  return typeof state === 'string' ? /^([0-9a-f]{8})\.[\w-]{22,}$/.exec(state)?.[1] : undefined
}
