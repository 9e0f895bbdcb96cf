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

/**
 * `isFresh`: the IdP has to authenticate the person anew, whatever it remembers of them. Its answer says whether it did
 * (threats.md I6).
 */
export type Asking = { readonly isFresh: boolean }

export type IdentityProvider = {
  readonly id: string
  readonly label: string
  /** The issuer that its assertions name; undefined if its metadata was never read. */
  issuer(): string | undefined
  /** Where to send the browser, and what we must remember until it comes back. Fails with `idp_unavailable`. */
  begin(attemptId: string, how?: Asking): Promise<{ readonly move: BrowserMove; readonly pending: PendingSignIn }>
  /** Fails with `sign_in_rejected` unless the answer is genuine, for us, in time, and the one we asked for. */
  complete(answer: CallbackAnswer, pending: PendingSignIn): Promise<VerifiedClaims>
  /**
   * False while the IdP's metadata could not be read. Answers at once; a call also starts another try, at most every
   * few seconds.
   */
  isReady(): boolean
  /** Restores what an earlier run knew of the IdP, so that its people's sessions are valid from the first request. */
  recall?(): Promise<void>
  /** Resolves when the first try to read the metadata has ended, well or badly. */
  warmUp(): Promise<void>
  /** The IdP's own sign-out page, when it has one and we know it. */
  signOutUrl(): string | undefined
  /** Absent: its claims are the only source of groups. */
  readonly lookAgain?: LookAgain
  /** An answer that we did not ask for starts a new sign-in; nothing in it is believed (security.md S-25). */
  readonly restartsUnasked?: true
  readonly saml?: SamlSide
}

/**
 * All groups of somebody who has just signed in, asked from their directory. Undefined if their claims already hold all
 * groups, or if the operator accepts a cut list. Fails if the directory's list is not complete: with
 * `groups_truncated`, or with `idp_unavailable` if trying again may help (threats.md R5).
 */
export type LookUpGroups = (
  person: StatedPerson,
) => Promise<Required<Pick<VerifiedClaims, 'directoryGroups' | 'directoryId'>> | undefined>

/**
 * The groups, as of now, of the person with this id in the directory. Undefined if there is no such person, or one who
 * may no longer sign in. Fails as `LookUpGroups` does; never answers a list that is not complete.
 */
export type LookAgain = (directoryId: string) => Promise<readonly string[] | undefined>

/** A fresh token for a directory's API. It was issued to us, not to somebody who signed in (security.md O-31). */
export type FetchDirectoryToken = () => Promise<{ readonly token: string; readonly seconds: number }>

/** What only a SAML IdP has: our metadata for it, single logout in both directions, and assertions for AWS. */
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
  /** The names that AWS will record because of it, if it states them. */
  readonly names: Partial<Pick<HandOverFacts, 'sessionName' | 'sourceIdentity'>>
}

/** A message to our single logout address: the raw query of a GET, or the fields of a POST, each name once. */
export type LogoutMessage =
  | { readonly binding: 'redirect'; readonly query: string }
  | { readonly binding: 'post'; readonly fields: ReadonlyMap<string, string> }

export type LogoutRequest = {
  readonly issuer: string
  readonly nameId: string
  /** The sessions to end; empty: all of theirs (saml-core-2.0 §3.7.1). */
  readonly indexes: readonly string[]
  /** When the request was issued, plus the allowed clock skew. Sessions that began later are not meant. */
  readonly before: Date
  readonly answer?: BrowserMove
}
