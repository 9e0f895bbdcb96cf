import type { HandOverFacts } from '../../domain/audit/facts.ts'
import type { AwaitedAssertion, Assertion } from '../../domain/aws/assertion.ts'
import type { PendingSignIn } from '../../domain/sign-in/attempt.ts'
import type { VerifiedClaims, StatedPerson, IdpSession } from '../../domain/sign-in/claims.ts'

/** Where the browser goes next, and how: by a redirect, or by a form that it posts. */
export type BrowserMove =
  | { readonly url: string }
  | { readonly post: { readonly url: string; readonly fields: Readonly<Record<string, string>> } }

/** The whole answer that came to our callback: its query or its form, single values only. */
export type CallbackAnswer = { readonly parameters: ReadonlyMap<string, string> }

/** `isFresh`: has them show anew who they are, whatever the IdP remembers of them. Whether it did, its answer says (threats.md I6). */
export type Asking = { readonly isFresh: boolean }

export type IdentityProvider = {
  readonly id: string
  readonly label: string
  /** What its assertions say who they are from; undefined while its metadata was never had. */
  issuer(): string | undefined
  /** Where to send the browser, and what we must remember until it comes back. Fails with `idp_unavailable`. */
  begin(attemptId: string, how?: Asking): Promise<{ readonly move: BrowserMove; readonly pending: PendingSignIn }>
  /** Fails with `sign_in_rejected` unless the answer is genuine, for us, in time, and the one we asked for. */
  complete(answer: CallbackAnswer, pending: PendingSignIn): Promise<VerifiedClaims>
  /** False while the IdP's metadata could not be had. Answers at once; asking also tries again, once in a few seconds. */
  isReady(): boolean
  /** Takes up what was known at the end of an earlier run, so that its people's sessions are known from the first request. */
  recall?(): Promise<void>
  /** Resolves when the first try to have the metadata is over, well or badly. */
  warmUp(): Promise<void>
  /** The IdP's own sign-out page, when it has one and we know it. */
  signOutUrl(): string | undefined
  /** Absent: what its claims say of groups is all there is. */
  readonly lookAgain?: LookAgain
  /** An answer that nobody here asked for starts a sign-in of ours: nothing of it is believed (security.md S-25). */
  readonly restartsUnasked?: true
  readonly saml?: SamlSide
}

/**
 * All groups of somebody who has just signed in, from their directory itself; undefined where their claims hold them, or where the
 * operator takes a cut list. A list that is not whole is a failure: `groups_truncated`, or `idp_unavailable` where asking again may
 * help (threats.md R5).
 */
export type LookUpGroups = (
  person: StatedPerson,
) => Promise<Required<Pick<VerifiedClaims, 'directoryGroups' | 'directoryId'>> | undefined>

/**
 * All groups, as they are now, of whom the directory knows by this id; undefined: nobody, or nobody who may still sign in. Fails as
 * LookUpGroups does, and never takes a list that is not whole.
 */
export type LookAgain = (directoryId: string) => Promise<readonly string[] | undefined>

/** A token of our own for a directory's API, fresh from its issuer. Nobody's sign-in gave it (security.md O-31). */
export type FetchDirectoryToken = () => Promise<{ readonly token: string; readonly seconds: number }>

/** What only a SAML IdP has: our metadata for it, and single logout both ways. */
type SamlSide = {
  metadata(): Promise<string>
  /** Asks the IdP to end this session of its own as well; undefined when it takes no such requests. */
  logoutMove(session: IdpSession): Promise<BrowserMove | undefined>
  /**
   * The IdP's request to sign somebody out, verified, and what to answer it. Undefined for an answer to a request of ours.
   * Fails with `sign_in_rejected` unless the request is signed and for us.
   */
  receiveLogout(message: LogoutMessage): Promise<LogoutRequest | undefined>
  /** Its assertions that are addressed to AWS and not to us. */
  readonly forAws: AssertionSource
}

/** An IdP's own assertions for AWS (threats.md F7): fetched by the person's browser, taken to AWS at once, never kept. */
export type AssertionSource = {
  /** Where to send the browser, and what we must remember until it comes back. Fails with `idp_unavailable`. */
  begin(
    attemptId: string,
    awaited: AwaitedAssertion,
  ): Promise<{ readonly move: BrowserMove; readonly pending: PendingSignIn }>
  /**
   * Fails with `sign_in_rejected` unless it is genuine, for AWS, in time, what this browser was sent for, and, where it says which
   * roles, for this one.
   */
  complete(answer: CallbackAnswer, pending: PendingSignIn, awaited: AwaitedAssertion): Promise<IdpAssertion>
}

/** A verified assertion of the IdP's own. */
export type IdpAssertion = {
  readonly assertion: Assertion
  readonly claims: VerifiedClaims
  readonly issuedAt: Date
  /** What it will have AWS write down, as far as it says. */
  readonly names: Partial<Pick<HandOverFacts, 'sessionName' | 'sourceIdentity'>>
}

/** A message to our single logout address: the raw query of a GET, or the fields of a POST, each name once. */
export type LogoutMessage =
  | { readonly binding: 'redirect'; readonly query: string }
  | { readonly binding: 'post'; readonly fields: ReadonlyMap<string, string> }

export type LogoutRequest = {
  readonly issuer: string
  readonly nameId: string
  /** These sessions of theirs; none named: all of them (saml-core-2.0 §3.7.1). */
  readonly indexes: readonly string[]
  /** When it was issued, and the clocks' difference: sessions begun later are not meant. */
  readonly before: Date
  readonly answer?: BrowserMove
}
