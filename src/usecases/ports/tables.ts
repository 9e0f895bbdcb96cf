import type { DenyWatch } from '../../domain/admin/deny-watch.ts'
import type { AuthorizationCode } from '../../domain/device/authorization.ts'
import type { DeviceLogin } from '../../domain/device/device-login.ts'
import type { Emergency } from '../../domain/emergency/emergency.ts'
import type { EpochRow } from '../../domain/policy/epoch.ts'
import type { OpenRequest } from '../../domain/request/open-request.ts'
import type { AnsweredRequest, RoleRequest } from '../../domain/request/role-request.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { StepUp } from '../../domain/sign-in/step-up.ts'
import type { Table } from './store.ts'

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

/** Step-ups that are under way or proved, each until it is used once (threats.md H8). */
export type StepUps = Table<StepUp>

/** People's requests for approvals, by id. The owner is whoever asked. */
export type Requests = Table<RoleRequest>

/** One row for each person and role that waits for an answer. */
export type OpenRequests = Table<OpenRequest>

/** Which requests somebody answered, for a list of their own. The owner is whoever answered. */
export type AnsweredRequests = Pick<Table<AnsweredRequest>, 'put' | 'listByOwner'>

/** Ids of sign-in attempts that came back: each counts once (security.md O-12). */
export type UsedAttempts = Pick<Table<{ readonly at: Date }>, 'createIfAbsent'>

/** What operators closed from the host; one row holds it all. */
export type Emergencies = Table<Emergency>

/** Which of the configurations in force on this store is the newest; one row. */
export type ConfigEpochs = Table<EpochRow>

/** The files of the configuration that was in force last: their names, and their texts in pieces. */
export type LastGoodManifests = Pick<
  Table<{
    readonly hash: string
    readonly at: string
    readonly files: readonly { readonly name: string; readonly parts: number }[]
  }>,
  'get' | 'put'
>

export type LastGoodParts = Pick<Table<{ readonly text: string }>, 'get' | 'put' | 'delete'>

/** A reload that somebody on the host asked the gateways on this store for: one row, kept for an hour. */
export type AskedReloads = Pick<Table<AskedReload>, 'get' | 'put'>

export type AskedReload = {
  /** The hash of the file as it was read on the host: only that text is meant. */
  readonly hash: string
  readonly acceptsLockout: boolean
  /** The account on the host. */
  readonly by: string
  /** Tells two askings from each other. */
  readonly id: string
}

/**
 * People who signed in lately, as their IdP last stated them. For operators who name somebody from the host, and for a
 * reload that works out whom it affects.
 */
export type People = Table<KnownPerson>

export type KnownPerson = { readonly principal: Omit<Principal, 'personKey'>; readonly seenAt: Date }

/** When somebody was last seen in the groups of denies; one row. */
export type DenyWatches = Pick<Table<DenyWatch>, 'createIfAbsent' | 'update'>

/**
 * Which browser sign-in belongs to a name: a row for each name, kept until that sign-in is ended, or until everything
 * that came of it must be over.
 */
export type SessionNames = Table<SessionName>

export type SessionName = Pick<Principal, 'idp' | 'issuer' | 'subject'> & {
  readonly name: string
  readonly sessionId: string
  readonly signedInAt: Date
}

/** A container token's digest → the one role it is for (`roleIdOf`), and the session it was made from (threats.md D15). */
export type ContainerTokens = Table<{
  readonly sessionId: string
  readonly roleArn: string
  readonly expiresAt: Date
}>
