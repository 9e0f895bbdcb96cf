import type { DenyWatch } from '../domain/admin/deny-watch.ts'
import type { RoleArn } from '../domain/aws/arn.ts'
import type { Assertion, AssertionPlan, AwaitedAssertion } from '../domain/aws/assertion.ts'
import type { Credentials } from '../domain/aws/credentials.ts'
import type { Destination } from '../domain/aws/destination.ts'
import type { SentPolicy } from '../domain/aws/session-policy.ts'
import type { AuditEvent, HandOverFacts } from '../domain/audit/event.ts'
import type { AuthorizationCode } from '../domain/device/authorization.ts'
import type { DeviceLogin } from '../domain/device/device-login.ts'
import type { Emergency } from '../domain/emergency/emergency.ts'
import type { RuleIndex } from '../domain/entitlement/compile.ts'
import type { EpochRow } from '../domain/policy/epoch.ts'
import type { PendingSignIn } from '../domain/sign-in/attempt.ts'
import type { IdpSession, StatedPerson, VerifiedClaims } from '../domain/sign-in/claims.ts'
import type { Principal } from '../domain/sign-in/principal.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { OpenRequest } from '../domain/request/open-request.ts'
import type { RoleRequest } from '../domain/request/role-request.ts'
import type { StepUp } from '../domain/sign-in/step-up.ts'

export type Now = () => Date

// ── The store ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A row as it was read. `version` changes with every write, so that compareAndSet can tell. */
export type Row = { readonly value: Uint8Array; readonly version: number }

/** `expiresAt` is when the row is gone for everybody, whoever sweeps; `owner` is what deleteByOwner asks for. */
export type Keep = { readonly expiresAt?: Date; readonly owner?: string }

/**
 * What every store does, in memory, SQLite or beyond; one contract suite runs them all. Each call is atomic across
 * processes. Failures are `store_unavailable`.
 */
export type Store = {
  get(table: string, key: string): Promise<Row | undefined>
  put(table: string, key: string, value: Uint8Array, keep?: Keep): Promise<void>
  /** True for exactly one of those who race to create the key. */
  createIfAbsent(table: string, key: string, value: Uint8Array, keep?: Keep): Promise<boolean>
  /** True when the row still had this version and now has the value. */
  compareAndSet(table: string, key: string, version: number, value: Uint8Array, keep?: Keep): Promise<boolean>
  /** The row, for exactly one of those who race to take it. */
  take(table: string, key: string): Promise<Row | undefined>
  delete(table: string, key: string): Promise<void>
  /** Adds one and answers the count; the first call sets the expiry. */
  increment(table: string, key: string, expiresAt: Date): Promise<number>
  /** The live rows of an owner, with the names they are kept under. */
  listByOwner(table: string, owner: string): Promise<readonly (Row & { readonly key: string })[]>
  deleteByOwner(table: string, owner: string): Promise<number>
  /** Forgets what has expired, without holding anybody up for long. */
  sweep(): Promise<number>
  close(): Promise<void>
}

/** Rows in the order of their keys: what is kept by time, and forgotten by time. */
export type Journal = {
  /** The key that sorts first in this table. */
  firstKey(table: string): Promise<string | undefined>
  /** The rows whose keys sort after this one, at most so many of them. */
  rowsAfter(table: string, key: string, most: number): Promise<readonly (Row & { readonly key: string })[]>
  /** Deletes rows whose keys sort before this one, at most so many of them; answers how many. */
  deleteBefore(table: string, key: string, most: number): Promise<number>
}

/** A table of one kind of value over a store; dates come back as dates. */
export type Table<Value> = {
  get(key: string): Promise<Value | undefined>
  put(key: string, value: Value, keep?: Keep): Promise<void>
  createIfAbsent(key: string, value: Value, keep?: Keep): Promise<boolean>
  /**
   * Replaces the value by what `change` makes of it; `null` deletes. Runs again when somebody else was quicker. Answers
   * what `change` returned beside it, or undefined when there is no such row.
   */
  update<Answer>(
    key: string,
    change: (value: Value) => { next: Value | null; answer: Answer; keep?: Keep },
  ): Promise<Answer | undefined>
  take(key: string): Promise<Value | undefined>
  delete(key: string): Promise<void>
  listByOwner(owner: string): Promise<readonly Value[]>
  deleteByOwner(owner: string): Promise<number>
}

export type Sessions = Table<GatewaySession>
/** A bearer token's digest → the gateway session it speaks for. */
export type AccessTokens = Table<{ readonly sessionId: string; readonly expiresAt: Date }>
/**
 * A refresh token's digest → what it renews. Once used, it keeps its one successor, sealed under itself, so that neither
 * the store nor anybody but its holder can read it (threats.md D9).
 */
export type RefreshGrants = Table<RefreshGrant>
export type RefreshGrant = {
  readonly sessionId: string
  readonly clientId: string
  readonly successor: string | null
  readonly supersededAt: Date | null
  /** Where it was used. */
  readonly supersededFrom: string | null
}
export type DeviceLogins = Table<DeviceLogin>
/** An authorization code's digest → the approval it carries. */
export type AuthorizationCodes = Table<AuthorizationCode>
/** A user code's keyed digest → the digest of the device code. */
export type UserCodes = Table<{ readonly deviceCode: string }>
/** Steps up under way and shown, each until it is used once (threats.md H8). */
export type StepUps = Table<StepUp>
/** What people asked others for, by its id; of whoever asked. */
export type Requests = Table<RoleRequest>
/** One row for each person and role that waits for an answer. */
export type OpenRequests = Table<OpenRequest>
/** Ids of sign-in attempts that came back: each counts once (security.md O-12). */
export type UsedAttempts = Pick<Table<{ readonly at: Date }>, 'createIfAbsent'>

/** What operators closed from the host: one row holds all of it. */
export type Emergencies = Table<Emergency>

/** Which configuration is the newest of those in force on this store: one row. */
export type ConfigEpochs = Table<EpochRow>

/** The files of what was in force last: which they are, and their text in pieces. */
export type LastGoodManifests = Pick<
  Table<{
    readonly hash: string
    readonly at: string
    readonly files: readonly { readonly name: string; readonly parts: number }[]
  }>,
  'get' | 'put'
>
export type LastGoodParts = Pick<Table<{ readonly text: string }>, 'get' | 'put' | 'delete'>

/** What somebody on the host asked of the gateways on this store: one row, for an hour. */
export type AskedReloads = Pick<Table<AskedReload>, 'get' | 'put'>
export type AskedReload = {
  /** Of the file as it was read on the host: no other is meant. */
  readonly hash: string
  readonly acceptsLockout: boolean
  /** The account on the host. */
  readonly by: string
  /** Tells two askings from each other. */
  readonly id: string
}

/** Who signed in lately, as their IdP stated them the last time: so that a host may name them, and a reload ask what becomes of them. */
export type People = Table<KnownPerson>
export type KnownPerson = { readonly principal: Omit<Principal, 'personKey'>; readonly seenAt: Date }

/** Where denies were last seen to mean somebody: one row. */
export type DenyWatches = Pick<Table<DenyWatch>, 'createIfAbsent' | 'update'>

/** Under which name which browser signed in, and as whom: a row a name, kept until the sign-in is ended, or what came of it must be over. */
export type SessionNames = Table<SessionName>
export type SessionName = Pick<Principal, 'idp' | 'issuer' | 'subject'> & {
  readonly name: string
  readonly sessionId: string
  readonly signedInAt: Date
}

/** Counts one more try under `key`; fails with `rate_limited` above `limit` per window. */
export type LimitRate = (key: string, limit: number, windowSeconds: number) => Promise<void>

// ── Identity providers ───────────────────────────────────────────────────────────────────────────────────────────────

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

// ── Workloads ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A token of a CI job or a container, verified: signed by its issuer, for this door of ours, in time, with the claims required. */
export type VerifiedWorkload = {
  readonly principal: Principal
  /** Longest session of its entry. */
  readonly maxSeconds: number
  readonly expiresAt: Date
  /** Names the token among its issuer's; counts once until then, where it counts (threats.md D16). */
  readonly tokenId: string
  readonly countsUntil: Date
}

/** Fails with `sign_in_rejected` or `idp_unavailable`. The two doors take different audiences and ages (threats.md D15, D16). */
export type VerifyWorkloadToken = (token: string, door: 'exchange' | 'container') => Promise<VerifiedWorkload>

/** A container token's digest → the one role it is for (`roleIdOf`), and the session it was made from (threats.md D15). */
export type ContainerTokens = Table<{
  readonly sessionId: string
  readonly roleArn: string
  readonly expiresAt: Date
}>

// ── Toward AWS ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Signs our assertion toward AWS, as the key of the `sts` entry asks (threats.md F2). */
export type MintAssertion = (sts: string, plan: AssertionPlan) => Promise<Assertion>

/**
 * Trades an assertion for credentials, narrowed by the policy if there is one: then never without it. Fails with `aws_refused`, `aws_unavailable`
 * or `sign_in_required`.
 */
export type AssumeRole = (request: {
  /** Key of the `sts` entry. */
  readonly sts: string
  readonly region: string
  readonly roleArn: RoleArn
  readonly assertion: Assertion
  readonly sessionName: string
  readonly seconds: number
  readonly policy?: SentPolicy
}) => Promise<Credentials>

/** Trades credentials for a console sign-in URL: a reusable secret for fifteen minutes. Fails as AssumeRole does. */
export type OpenFederation = (request: {
  readonly sts: string
  readonly region: string
  /** Who opens which: for places at AWS's sign-in service, and not sent. */
  readonly roleArn: RoleArn
  readonly sessionName: string
  readonly credentials: Credentials
  readonly seconds: number
  readonly destination: Destination
}) => Promise<string>

// ── Audit, rules, chance ─────────────────────────────────────────────────────────────────────────────────────────────

/** Resolves when the record is durable; fails with `audit_unavailable` when it cannot be, and then nothing is handed over. */
export type Audit = (event: AuditEvent) => Promise<void>

/** The rules in force now. Asked anew at each decision, so that a reload is seen. */
export type CurrentRules = () => RuleIndex

/** `bits` of chance as base64url text. */
export type RandomText = (bits: number) => string

/** Seals a text so that only whoever holds `secret` opens it. */
export type SealUnder = {
  seal(secret: string, text: string): string
  /** Undefined when the secret is another, or the text was touched. */
  open(secret: string, sealed: string): string | undefined
}

/** Lets others have their turn, in the middle of something long. */
export type GiveWay = () => Promise<void>

/** Texts under a key of ours. `about` must be the same on both sides; undefined for what is not ours, or was touched. */
export type Sealer = {
  seal(text: string, about: string): string
  open(sealed: string, about: string): string | undefined
}

/** A keyed digest of a user code: 34 bits would fall to guessing from a copy of the store (threats.md K9). */
export type CodeDigest = (code: string) => string
/** What a name is found by, under the newest master key first: what was noted under a former one is found for as long as it lasts. */
export type NameDigests = (name: string) => readonly [string, ...string[]]

/** SHA-256 of a text as base64url: how bearer tokens and device codes are kept (security.md D-11). */
export type Digest = (text: string) => string
