import { RolegateError, type ErrorValues } from '../errors.ts'
import type { Authentication } from './authentication.ts'
import type { Principal } from './principal.ts'
import type { LocalPath } from './return-to.ts'
import type { GatewaySession } from './session.ts'

/**
 * What a fresh sign-in at the IdP is made for: one hand-over of one role, or one approval of one request for it, and nothing else
 * (threats.md H8).
 */
export type Purpose = HandOverPurpose | ApprovalPurpose

type About = {
  /** `alias/role`, and what that meant when it was asked for: `roleIdOf`. */
  readonly role: string
  readonly roleArn: string
}

export type HandOverPurpose = About & {
  readonly handOver: 'credentials' | 'console'
  readonly approval?: never
  readonly seconds?: number
  /** In their own words, where the role asks for it. */
  readonly reason?: string
  /** Of the machine that asked, where it named no length. */
  readonly timeZone?: string
  /** The console page to open. */
  readonly destination?: string
  /** Where a page opens that names no region itself. */
  readonly region?: string
}

/** For a yes to somebody else's request, by its id. */
type ApprovalPurpose = About & { readonly approval: string; readonly handOver?: never }

/** What a record says it was for, beside the role. */
export const forRecord = ({ handOver, approval }: Purpose) => ({
  ...(handOver !== undefined && { handOver }),
  ...(approval !== undefined && { approval }),
})

/** Such a trip under way: sealed in the cookie of the browser that is away (threats.md H8). */
export type StepUpTrip = {
  /** Names the step-up in records and addresses. It grants nothing by itself. */
  readonly id: string
  readonly purpose: Purpose
  /** The browser's session that it was started from. */
  readonly sessionId: string
  readonly startedAt: Date
  /**
   * What the trip is for: a hand-over or an approval by this browser, a release to the terminal that asked, or only a
   * fresher session.
   */
  readonly gives: 'hand-over' | 'approval' | 'release' | 'freshness'
}

/** A step-up as it is kept, for five minutes at most, and used once. */
export type StepUp = {
  readonly id: string
  readonly purpose: Purpose
  /** Whose it is: `identityOf` their principal. */
  readonly person: string
  readonly askedAt: Date
  readonly expiresAt: Date
  /** The terminal it is for; absent: it is for the browser that made the trip. */
  readonly terminal?: AskingTerminal
  /** `releasing`: somebody's word is given, and not on record yet. */
  readonly status: 'asked' | 'proved' | 'releasing' | 'released' | 'denied'
  /** The browser's session that the trip ended in. */
  readonly provedBy?: string
  /** Once released to a terminal: the person as the trip has shown them, whose own groups are older (threats.md I7). */
  readonly principal?: Principal
} & Authentication

/**
 * Whether the trip ended in this session, or in one that this took the place of: in each tab a trip of its own, and
 * each makes the browser's session anew (DECISIONS.md 240).
 */
export const isProvedBy = (
  { provedBy }: Pick<StepUp, 'provedBy'>,
  { id, formerly = [] }: Pick<GatewaySession, 'id' | 'formerly'>,
): boolean => provedBy !== undefined && [id, ...formerly].includes(provedBy)

export type HandOverStepUp = StepUp & { readonly purpose: HandOverPurpose }

export const isForHandOver = (stepUp: StepUp): stepUp is HandOverStepUp => stepUp.purpose.approval === undefined

type AskingTerminal = {
  readonly sessionId: string
  readonly client: string
  readonly host?: string
  /** Where it asked from, as we saw it. */
  readonly address: string
}

export const STEP_UP_DATES = ['askedAt', 'expiresAt', 'authenticatedAt', 'mfaAt'] as const
/** From the terminal's question, or the trip's end, to the hand-over. */
export const STEP_UP_SECONDS = 300
/** How often a terminal asks whether it was confirmed. */
export const STEP_UP_INTERVAL_SECONDS = 2

/**
 * How far an IdP's clock may be behind ours. As little as clocks that are set by the network need: somebody who steals a browser in
 * which its owner has just signed in has that long (DECISIONS.md 106).
 */
const BEHIND_SECONDS = 10

/** Why the IdP's answer is no fresh proof of who they are; undefined when it is one. */
export function freshnessFault(
  { authenticatedAt, mfaAt }: Authentication,
  { startedAt }: Pick<StepUpTrip, 'startedAt'>,
  needsMfa: boolean,
): 'auth_time_missing' | 'auth_time_stale' | 'no_second_factor' | undefined {
  if (authenticatedAt === undefined) return 'auth_time_missing'
  if (authenticatedAt.getTime() < startedAt.getTime() - BEHIND_SECONDS * 1000) return 'auth_time_stale'
  return needsMfa && mfaAt === undefined ? 'no_second_factor' : undefined
}

/** A step-up taken out of the store, as it stood there, for the one hand-over that uses it up. */
export type UsedStepUp = HandOverStepUp & {
  /** Who may use it. */
  readonly sessionId: string
}

/** Whether a hand-over is the one this was made for: the session, the role by its id, and the kind (threats.md H8). */
export const isFor = (
  { sessionId, purpose }: UsedStepUp,
  session: GatewaySession,
  { roleArn, handOver }: Pick<HandOverPurpose, 'roleArn' | 'handOver'>,
): boolean => sessionId === session.id && purpose.roleArn === roleArn && purpose.handOver === handOver

/** Whether it was made for a yes to this request, which is for one role as it was asked for. No terminal's is. */
export const isToApprove = ({ purpose }: StepUp, { id }: { readonly id: string }): boolean => purpose.approval === id

/**
 * The session with the sign-in time, second factor and groups that the step-up has shown, if it `isFor` this hand-over:
 * a terminal's own are as old as its sign-in (threats.md I7).
 */
export const freshenedBy = (
  session: GatewaySession,
  { authenticatedAt, mfaAt, principal }: UsedStepUp,
): GatewaySession => ({
  ...session,
  ...(authenticatedAt !== undefined && { authenticatedAt }),
  ...(mfaAt !== undefined && { mfaAt }),
  ...(principal !== undefined && { principal }),
})

/** The reason of a refusal that only a step-up of its own lifts. */
export const ELEVATED = 'elevated'

/** `why` tells the door which sentence; the role leads back to its page. */
export const stepUpRequired = (values: ErrorValues = {}, reason?: string): RolegateError =>
  new RolegateError('step_up_required', values, reason === undefined ? {} : { reason })

/** Where the browser is led when the trip has ended well. */
export function afterTrip({ id, gives, purpose }: StepUpTrip): LocalPath {
  if (purpose.approval !== undefined) return `/approvals/${purpose.approval}?step_up=${id}` as LocalPath
  const { role, destination } = purpose
  return (
    gives === 'freshness'
      ? `/roles/${role}${destination === undefined ? '' : `?destination=${encodeURIComponent(destination)}`}`
      : `/step-up/${id}`
  ) as LocalPath
}
