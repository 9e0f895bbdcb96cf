import type { Fenced } from '../entitlement/pattern-index.ts'
import type { ErrorCode } from '../errors.ts'
import type { GroupsChange } from '../sign-in/groups-again.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { GatewaySession } from '../sign-in/session.ts'
import type { RequestFacts, HandOverFacts, StepUpFacts, ApprovalFacts, GrantFacts } from './facts.ts'

/** Whom a record is about. */
export type Subject = { readonly principal: Principal; readonly session?: GatewaySession }

/** Everything the audit log can say. Secrets, tokens, codes and assertions have no field here (security.md A-4). */
export type AuditEvent = OwnEvent | HostEvent | RequestEvent

/** What the gateway did by itself: no request stands behind it. */
type OwnEvent =
  | {
      readonly event: 'config_loaded'
      /** What made us look at the file. */
      readonly reason: string
      readonly configHash: string
      readonly formerHash: string
      /** `rule payments-team changed`: the first of them, by the names of the file. */
      readonly changes: readonly string[]
      readonly changesCount: number
      /** Settings on disk that are not in force: a running process cannot change them. */
      readonly needsRestart: readonly string[]
      /** What it takes from people who signed in lately, if some of them lose everything. */
      readonly lockout: readonly string[]
      /** The account on the host that said that no operator is to be left. */
      readonly lockoutAcceptedBy?: string
    }
  /**
   * The file on disk could not be used at the start, so the configuration that was in force last is used instead
   * (threats.md R10).
   */
  | {
      readonly event: 'config_last_good'
      readonly configHash: string
      /** When that had come into force. */
      readonly since: string
      readonly faults: readonly string[]
      readonly faultsCount: number
    }
  /** Somebody on the host asked the gateways on the store to take up this file. */
  | {
      readonly event: 'config_asked'
      readonly by: string
      readonly configHash: string
      readonly acceptsLockout: boolean
    }
  | {
      readonly event: 'config_refused'
      readonly reason: string
      /** Of the file that stays in force. */
      readonly configHash: string
      /** The first of them. */
      readonly faults: readonly string[]
      readonly faultsCount: number
    }
  /** The store's records of some days are about to be deleted: they are older than the file says (`audit.sinks[].retain`). */
  | {
      readonly event: 'records_deleted'
      /** When the first of them was written, and that they all were before. */
      readonly from: string
      readonly before: string
      readonly retainDays: number
    }

/** What was done from the host, beside any file and any door (threats.md R8). */
type HostEvent = {
  readonly event: 'emergency_deny' | 'emergency_allow' | 'emergency_revoke'
  /** `person:` and the subject, `idp:entra`, `role:payments-prod/admin`. */
  readonly aim: string
  /** Of a person: who that is, whatever they are called. */
  readonly issuer?: string
  readonly subject?: string
  readonly username?: string
  /** The account on the host. */
  readonly by: string
  readonly reason: string
}

type RequestEvent = { readonly request: RequestFacts } & (
  | ({ readonly event: 'sign_in' } & Subject)
  /** What the rules make of somebody who has just signed in: how many roles, and which rules met them. */
  | ({
      readonly event: 'decision'
      /** By which it was decided, the first of them; `groupsCount` says how many there were. */
      readonly groups: readonly string[]
      readonly roles: number
      readonly rules: readonly string[]
      /** Groups that fitted a pattern and were kept out by its fence: somebody may be naming groups to get in. */
      readonly fenced?: readonly Fenced[]
    } & Subject)
  | {
      readonly event: 'sign_in_refused'
      readonly idp: string
      readonly code: ErrorCode
      readonly reason?: string
      /** Of the hand-over it was for, where an assertion for AWS was to come back. */
      readonly jti?: string
    }
  /** Refused before any story read it; how many more of this code were, unrecorded, since the record before. */
  | ({
      readonly event: 'turned_away'
      readonly code: ErrorCode
      readonly reason?: string
      readonly unrecorded: number
    } & Partial<Subject>)
  | ({ readonly event: 'sign_out' } & Subject)
  /** An operator tested an IdP with their own sign-in. Nothing of what the IdP said is in the record. */
  | ({
      readonly event: 'idp_tested'
      readonly testedIdp: string
      readonly code?: ErrorCode
      readonly reason?: string
    } & Subject)
  /** An operator or an auditor asked what somebody who is signed in may take; on record before they are told (threats.md P1). */
  | ({
      readonly event: 'person_looked_up'
      /** As they typed it. */
      readonly askedName: string
      /** The one role it was about; absent: all of theirs. */
      readonly role?: string
      readonly foundIdp?: string
      readonly foundSubject?: string
      /** Of who was not found, or not told apart. */
      readonly code?: ErrorCode
    } & Subject)
  /** An IdP's request to sign somebody out that was not signed by it, or not for us. */
  | { readonly event: 'sign_out_refused'; readonly idp: string; readonly code: ErrorCode; readonly reason?: string }
  /** Durable before the token is signed (threats.md A1). */
  | ({ readonly event: 'intent'; readonly facts: HandOverFacts } & Subject)
  /** Durable before the first byte of the credential: it may have been received (threats.md A2). */
  | ({
      readonly event: 'issued'
      readonly facts: HandOverFacts
      readonly accessKeyId: string
      readonly expiresAt: Date
      readonly awsRequestId?: string
      readonly packedPolicySize?: number
    } & Subject)
  /** Our assertion went to the browser, to be posted to AWS: what keys it opens there is not ours to know (threats.md F6). */
  | ({
      readonly event: 'bearer_released_to_browser'
      readonly facts: HandOverFacts
      readonly expiresAt: Date
    } & Subject)
  /** STS answered, but the decision no longer held, or the way out failed: nothing was handed over. */
  | ({
      readonly event: 'withheld'
      readonly facts: HandOverFacts
      /** Absent for an assertion that was not released. */
      readonly accessKeyId?: string
      readonly expiresAt: Date
      readonly awsRequestId?: string
      readonly code: ErrorCode
    } & Subject)
  /** Asked for, and refused: by rule, by limit, or by AWS. */
  | ({
      readonly event: 'refused'
      readonly handOver: 'credentials' | 'console'
      readonly role: string
      readonly code: ErrorCode
      readonly reason?: string
      readonly jti?: string
    } & Subject)
  /** They showed their IdP anew who they are, for one hand-over of one role or one approval of one request (threats.md H8). */
  | ({ readonly event: 'step_up' } & StepUpFacts & Subject)
  /** They did not, or the proof was not passed on. The principal is whoever the IdP answered for. */
  | ({ readonly event: 'step_up_refused'; readonly reason: string } & StepUpFacts & Subject)
  /** They let a terminal of theirs have what it asked for. */
  | ({ readonly event: 'step_up_released' } & StepUpFacts & Subject)
  /** They asked for a role that takes somebody's approval. */
  | ({ readonly event: 'role_requested' } & ApprovalFacts & Subject)
  /** The principal is whoever answered: durable before it opens anything. */
  | ({
      readonly event: 'request_approved' | 'request_denied'
      /** The fresh sign-in it used up, of whoever approved an elevated role (threats.md H8). */
      readonly stepUp?: string
    } & ApprovalFacts &
      GrantFacts &
      Subject)
  /**
   * Somebody who may see the request tried to answer it and may not; only the first try a minute of each session is
   * recorded.
   */
  | ({ readonly event: 'request_refused'; readonly reason: string } & ApprovalFacts & Subject)
  /** Somebody tried to answer a request that had expired unanswered; recorded once a week for each request. */
  | ({ readonly event: 'request_expired' } & ApprovalFacts & Subject)
  /** Whoever asked thought better of it; or an approval was given back, or taken back, before its time. */
  | ({ readonly event: 'request_cancelled' | 'approval_ended' } & ApprovalFacts & GrantFacts & Subject)
  /**
   * A terminal's tokens ended though nobody signed out, since a replaced refresh token came back (threats.md D9). Or a
   * whole sign-in ended, since its person is in other groups now: how many were gained and lost (threats.md I7).
   */
  | ({ readonly event: 'session_ended'; readonly reason: string } & Partial<GroupsChange> & Subject)
  /** A CI job traded its token for a session (threats.md D16). */
  | ({ readonly event: 'workload_signed_in' } & Subject)
  /** A token of a job or a container was not genuine, not for us, used before, or without the claims required. */
  | { readonly event: 'workload_refused'; readonly code: ErrorCode; readonly idp?: string; readonly reason?: string }
  /** A session got a token for a container: good for one role, at one address (threats.md D15). */
  | ({ readonly event: 'container_token_issued'; readonly role: string; readonly expiresAt: Date } & Subject)
  | { readonly event: 'device_started'; readonly clientId: string; readonly claims: Readonly<Record<string, string>> }
  | ({
      readonly event: 'device_approved' | 'device_denied'
      readonly clientId: string
      readonly requesterAddress: string
      readonly reason?: string
    } & Subject)
  | ({ readonly event: 'device_redeemed'; readonly clientId: string } & Subject)
  | ({ readonly event: 'terminal_approved' | 'terminal_denied'; readonly clientId: string } & Subject)
  /** The terminal's address stands in `client_ip`, the browser's beside it (threats.md D2). */
  | ({ readonly event: 'code_redeemed'; readonly clientId: string; readonly approverAddress: string } & Subject)
  | ({
      readonly event: 'code_refused'
      readonly clientId: string
      readonly approverAddress: string
      readonly reason: string
    } & Subject)
)
