import { RolegateError, unmet } from '../errors.ts'
import type { Authentication } from './authentication.ts'
import type { IdpSession } from './claims.ts'
import type { Principal } from './principal.ts'

/**
 * How a gateway session came to be. It is inherited by what derives from it and only ever gets weaker (threats.md I8):
 * a browser's sign-in may beget terminals (`pkce`, `device`), and nothing begets a browser.
 */
type SessionClass = 'browser' | 'pkce' | 'device' | 'token-exchange'

/** Somebody's stay with the gateway, at one door. Not to be confused with the role sessions AWS keeps. */
export type GatewaySession = Authentication & {
  /** A handle that opens nothing: safe in logs, audit records and CSRF tokens. */
  readonly id: string
  readonly via: SessionClass
  readonly principal: Principal
  readonly signedInAt: Date
  /** The absolute end; for a derived session never later than its sign-in's (threats.md I7). */
  readonly endsAt: Date
  /** Of a browser; a terminal's is when it began. */
  readonly lastSeenAt: Date
  /** Of a browser: ids of its person's sessions that this one took the place of, the newest first. */
  readonly formerly?: readonly string[]
  /** What the IdP calls the session of its own that this one rests on. */
  readonly idpSession?: IdpSession
  /** What the directory that told their groups knows them by; absent: a claim told them. */
  readonly directoryId?: string
  /** Of a terminal: the id of the browser session it came from, which may be over. */
  readonly signIn?: string
  /** Absent for a browser. */
  readonly terminal?: Terminal
}

/** The id of the sign-in a session came from: the same for every session that did. */
export const signInOf = ({ signIn, id }: Pick<GatewaySession, 'signIn' | 'id'>): string => signIn ?? id

/** Somebody in a hurry is away for so many roles at once. */
const MOST_FORMERLY = 5

/** What a new session of the same person, in the same browser, keeps of the one before. */
export const formerlyOf = ({ id, formerly = [] }: Pick<GatewaySession, 'id' | 'formerly'>): readonly string[] =>
  [id, ...formerly].slice(0, MOST_FORMERLY)

/** Those of its members that are dates: a store keeps text. */
export const SESSION_DATES = ['signedInAt', 'authenticatedAt', 'mfaAt', 'endsAt', 'lastSeenAt'] as const

/** The terminal a derived session was made for, as its person sees it in the list of their sessions. */
export type Terminal = {
  /** What the client calls itself. */
  readonly client: string
  /** What the terminal calls its machine. */
  readonly host?: string
  /** Where its tokens were asked for, as we saw it. */
  readonly address: string
}

/** Everything a session may be asked to do. One function answers, at every door (security.md D-2, threats.md D17). */
export type Act =
  | { readonly kind: 'look' }
  /** To see what operators and auditors see: their pages, or the same by the API (threats.md P1). */
  | { readonly kind: 'administer'; readonly door: 'page' | 'api' }
  /** To let a further terminal in. */
  | { readonly kind: 'approve-terminal' }
  /** To let somebody else take a role, by groups of one's own that are no older than this. */
  | { readonly kind: 'approve-role'; readonly oldestGroupsSeconds?: number | undefined }
  | {
      readonly kind: 'take-role'
      readonly elevated: boolean
      readonly handOver: 'credentials' | 'console'
      /** The operator keeps this account, or the console, from terminals that signed in with a code (threats.md D4). */
      readonly closedToDevices: boolean
      /** How old the groups behind the decision may be (threats.md I7). */
      readonly oldestGroupsSeconds?: number
      /** The gateway itself must not give it now: its configuration is too old, or its clock is wrong (threats.md R8, R9, F10). */
      readonly stopped?: string | undefined
    }

/** Why the session may not do this now; undefined when it may. */
export function sessionFault(session: GatewaySession, act: Act, now: Date): RolegateError | undefined {
  if (now >= session.endsAt) return new RolegateError('sign_in_required')
  if (act.kind === 'administer') return administeringFault(session, act.door, now)
  if (act.kind === 'take-role' && act.stopped !== undefined) return unfitFault(act.stopped) ?? unmet(act.stopped)
  if (act.kind === 'take-role' && areOld(session, act.oldestGroupsSeconds, now)) return oldGroups()
  if (act.kind === 'approve-role' && areOld(session, act.oldestGroupsSeconds, now)) return oldGroups()
  if (session.via === 'browser' || act.kind === 'look') return undefined
  // A terminal must not sign in further terminals, nor speak for its person: threats.md I8.
  if (act.kind === 'approve-terminal' || act.kind === 'approve-role') return unmet('browser_session')
  // threats.md D4, D16: only beside its browser can a terminal's person be asked again (threats.md H8).
  if (act.elevated && session.via !== 'pkce') return unmet('browser_session_for_elevated')
  // threats.md D16: a job has no browser to open a console in.
  if (session.via === 'token-exchange' && act.handOver === 'console') return unmet('console_for_people')
  if (session.via === 'device' && act.closedToDevices) return unmet('closed_to_devices')
  return undefined
}

/** Returns when the session may do this now; throws `sign_in_required`, `condition_unmet` or, of what is wrong here, `store_unavailable`. */
export function requireSessionMay(session: GatewaySession, act: Act, now: Date): void {
  const fault = sessionFault(session, act, now)
  if (fault !== undefined) throw fault
}

const areOld = ({ signedInAt }: GatewaySession, seconds = Number.POSITIVE_INFINITY, now: Date): boolean =>
  now.getTime() - signedInAt.getTime() > seconds * 1000

/** Only a new sign-in reads groups anew. */
export const oldGroups = () => new RolegateError('sign_in_required', { why: OLD_GROUPS }, { reason: OLD_GROUPS })

export const OLD_GROUPS = 'old_groups'

/**
 * Says nothing about the person: another gateway can do what this one cannot, or this one soon can, so clients may try
 * again (threats.md R9, F10).
 */
export const unfitFault = (why: string | undefined): RolegateError | undefined =>
  why !== undefined && GATEWAY_UNFIT.has(why)
    ? new RolegateError('store_unavailable', { why }, { reason: why })
    : undefined

export const CONFIG_BEHIND = 'config_behind'
export const CLOCK_SKEW = 'clock_skew'

/** Why a gateway gives nothing to anybody just now. */
export const GATEWAY_UNFIT: ReadonlySet<string> = new Set([CONFIG_BEHIND, CLOCK_SKEW])

/** The groups that make an operator are an hour old at most; a code typed somewhere and a job are never one (threats.md P1). */
function administeringFault({ via, signedInAt }: GatewaySession, door: 'page' | 'api', now: Date) {
  if (via !== 'browser' && door === 'page') return unmet('browser_session')
  if (via !== 'browser' && via !== 'pkce') return unmet('not_by_code')
  const seconds = (now.getTime() - signedInAt.getTime()) / 1000
  return seconds > OLDEST_STAFF_CLAIMS ? new RolegateError('sign_in_required', { why: 'old_claims' }) : undefined
}

const OLDEST_STAFF_CLAIMS = 3_600

/** How long sessions may last, by the configuration in force. */
export type SessionLimits = {
  /** From the sign-in: a browser's session, and all that descends from it. */
  readonly absoluteSeconds: number
  /** From the start of a terminal's own. */
  readonly mostSeconds: Readonly<Record<'pkce' | 'device', number>>
  /** Of everybody: past that, what they stated decides nothing. */
  readonly oldestGroupsSeconds: number
}

/**
 * The session, ending no later than one that began now would: lowering a limit shortens sessions that are alive
 * (threats.md I7).
 */
export function shortened<Session extends GatewaySession>(session: Session, limits: SessionLimits): Session {
  const { via, signedInAt, lastSeenAt: startedAt } = session
  const ends = [session.endsAt.getTime(), endOf(signedInAt, limits.oldestGroupsSeconds)]
  if (via !== 'token-exchange') ends.push(endOf(signedInAt, limits.absoluteSeconds))
  // A terminal's row is written once: it was last seen when it began.
  if (via === 'pkce' || via === 'device') ends.push(endOf(startedAt, limits.mostSeconds[via]))
  const end = Math.min(...ends)
  return end === session.endsAt.getTime() ? session : { ...session, endsAt: new Date(end) }
}

const endOf = (start: Date, seconds: number): number => start.getTime() + seconds * 1000

/** The end of a session that starts now and may last `maxSeconds`, inside whatever it descends from. */
export function endWithin(now: Date, maxSeconds: number, parentEndsAt?: Date): Date {
  const own = endOf(now, maxSeconds)
  return new Date(parentEndsAt === undefined ? own : Math.min(own, parentEndsAt.getTime()))
}
