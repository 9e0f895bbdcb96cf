import { canonicalAddress } from '../device/network.ts'
import { printDuration } from './duration.ts'
import { isOwn, type Weighed } from '../request/role-request.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { AddressRanges, Approval, ReasonRule, Requirement } from './requirement.ts'
import { roleIdOf } from './role-id.ts'
import type { RoleTarget } from './rule.ts'
import { isOpen, printTimeWindow, shownIn, type TimeWindow } from './time-window.ts'

export type Condition = 'approval' | 'mfa_within' | 'ip' | 'time' | 'reason'

/** What a decision sees beside the person. What is not known is not so (threats.md R4). */
export type Circumstances = {
  readonly now: Date
  /** As the door saw it; empty: nobody knows (threats.md R12). */
  readonly address: string
  /** When their IdP last saw a second factor, by its own word (threats.md I6). */
  readonly mfaAt?: Date
  /** That IdP never tells of one. */
  readonly mfaUntold?: boolean
  readonly reason?: string
  /**
   * Their requests for approval, each with what it is worth now. They count only after `seenFor` has picked those about
   * one role.
   */
  readonly requests?: readonly Weighed[]
  /** Of an imagined person: conditions that count as met. */
  readonly assumed?: ReadonlySet<Condition>
}

/**
 * What somebody imagined is said to meet. A condition left out counts as met, except approvals: an imagined person has
 * none.
 */
export type ImaginedCircumstances = {
  readonly at?: Date | undefined
  readonly ip?: string | undefined
  /** Seconds since their second factor; false: they used none. */
  readonly mfa?: number | false | undefined
  readonly reason?: string | false | undefined
}

export function imaginedCircumstances({ at, ip, mfa, reason }: ImaginedCircumstances, otherwise: Date): Circumstances {
  const now = at ?? otherwise
  const said: readonly (readonly [Condition, unknown])[] = [
    ['time', at],
    ['ip', ip],
    ['mfa_within', mfa],
    ['reason', reason],
  ]
  return {
    now,
    address: ip ?? '',
    ...(typeof mfa === 'number' && { mfaAt: new Date(now.getTime() - mfa * 1000) }),
    ...(typeof reason === 'string' && { reason }),
    assumed: new Set(said.flatMap(([condition, value]) => (value === undefined ? [condition] : []))),
  }
}

/**
 * The circumstances for one role: of the requests, only those this person made for this very role and that are approved
 * (threats.md R1).
 */
type Seen = Circumstances & { readonly approved?: readonly Weighed[] }

export function seenFor(seen: Circumstances, principal: Principal, target: Pick<RoleTarget, 'arn' | 'kind'>): Seen {
  const { requests = [] } = seen
  if (requests.length === 0) return seen
  const roleId = roleIdOf(target)
  const approved = requests.filter(
    ({ request, standing }) => standing === 'approved' && request.roleId === roleId && isOwn(request, principal),
  )
  return { ...seen, approved }
}

/** For a refusal: what this very person has asked for of this role, and since when it waits. */
export function pendingIn(
  { requests = [], now }: Circumstances,
  principal: Principal,
  target: Pick<RoleTarget, 'arn' | 'kind'>,
): { readonly pending?: string; readonly pendingSeconds?: number } {
  const roleId = roleIdOf(target)
  const waiting = requests.find(
    ({ request, standing }) => standing === 'asked' && request.roleId === roleId && isOwn(request, principal),
  )
  if (waiting === undefined) return {}
  const { id, askedAt } = waiting.request
  return { pending: id, pendingSeconds: Math.max(0, Math.floor((now.getTime() - askedAt.getTime()) / 1000)) }
}

/** What meets an approval now, and when it ends. */
export type StandingApproval = { readonly id: string; readonly until: Date; readonly by: string }

/** Of several the one that lasts longest. */
export function standingApproval(approval: Approval, { approved = [], now }: Seen): StandingApproval | undefined {
  const standing = approved.flatMap(({ request, until }) =>
    until !== undefined && now < until && 'answeredBy' in request && request.wanted.includes(approval.of)
      ? { id: request.id, until, by: request.answeredBy.username }
      : [],
  )
  return standing.toSorted((a, b) => b.until.getTime() - a.until.getTime())[0]
}

/** One condition: what it wants, and what was seen instead, as texts for people. Nothing secret is in them. */
export type Verdict = {
  readonly condition: Condition
  readonly met: boolean
  readonly wants: string
  /** Empty: nothing was there to be seen. */
  readonly saw: string
  /** No fresh sign-in would meet it: nobody is asked for one. */
  readonly untold?: true
}

/** Every condition of a requirement, in one order. */
export function verdictsOn(requirement: Requirement, seen: Seen): readonly Verdict[] {
  const { approval, mfaSeconds, networks, windows, reason } = requirement
  return [
    ...(approval === undefined ? [] : [approvalVerdict(approval, seen)]),
    ...(mfaSeconds === undefined ? [] : [mfaVerdict(mfaSeconds, seen)]),
    ...(networks === undefined ? [] : [addressVerdict(networks, seen)]),
    ...(windows === undefined ? [] : [timeVerdict(windows, seen)]),
    ...(reason === undefined ? [] : [reasonVerdict(reason, seen)]),
  ].map((verdict) => (seen.assumed?.has(verdict.condition) === true ? { ...verdict, met: true } : verdict))
}

function approvalVerdict(approval: Approval, seen: Seen): Verdict {
  const standing = standingApproval(approval, seen)
  return {
    condition: 'approval',
    met: standing !== undefined,
    wants: printDuration(approval.validSeconds),
    saw: standing?.by ?? '',
  }
}

function mfaVerdict(within: number, { now, mfaAt, mfaUntold }: Circumstances): Verdict {
  const untold = mfaUntold === true && { untold: true as const }
  const verdict = { condition: 'mfa_within', wants: printDuration(within), ...untold } as const
  if (mfaAt === undefined) return { ...verdict, met: false, saw: '' }
  const ago = (now.getTime() - mfaAt.getTime()) / 1000
  // The IdP's clock may be a little ahead of ours; its word is not older for that.
  return { ...verdict, met: ago <= within, saw: printDuration(Math.max(0, Math.floor(ago))) }
}

function addressVerdict({ ranges, includes }: AddressRanges, { address }: Circumstances): Verdict {
  const plain = canonicalAddress(address)
  return { condition: 'ip', met: plain !== '' && includes(plain), wants: ranges.join(', '), saw: plain }
}

const timeVerdict = (windows: readonly TimeWindow[], { now }: Circumstances): Verdict => ({
  condition: 'time',
  met: windows.some((window) => isOpen(window, now)),
  wants: windows.map(printTimeWindow).join(', '),
  saw: windows
    .slice(0, 1)
    .map((window) => shownIn(window, now))
    .join(''),
})

const reasonVerdict = ({ hint = '', pattern = '', fits }: ReasonRule, { reason }: Circumstances): Verdict => ({
  condition: 'reason',
  met: reason !== undefined && fits(reason),
  wants: hint === '' ? pattern : hint,
  saw: reason ?? '',
})

const NOTHING: readonly Verdict[] = []

/**
 * The conditions of a requirement that are not met. Each requirement is checked once, in however many accounts it
 * applies.
 */
export function makeUnmet(seen: Seen): (requirement: Requirement | undefined) => readonly Verdict[] {
  const before = new Map<Requirement, readonly Verdict[]>()
  return (requirement) => {
    if (requirement === undefined) return NOTHING
    const known = before.get(requirement) ?? verdictsOn(requirement, seen).filter(({ met }) => !met)
    before.set(requirement, known)
    return known
  }
}

/** What no asking changes. */
export const FARTHEST = 4

/**
 * How hard it is to get what is missing: 0 nothing is, 1 state a reason, 2 sign in afresh, 3 get an approval, 4 nothing
 * they can do. A job cannot sign in afresh, and where the IdP never states a second factor (`untold`) doing so would
 * not help.
 */
export function distanceOf(unmet: readonly Verdict[], isJob: boolean): number {
  const steps: Readonly<Record<Condition, number>> = {
    reason: 1,
    mfa_within: isJob ? FARTHEST : 2,
    approval: 3,
    ip: FARTHEST,
    time: FARTHEST,
  }
  return Math.max(0, ...unmet.map(({ condition, untold }) => (untold === true ? FARTHEST : steps[condition])))
}

export const LONGEST_REASON = 200

/** A reason as it may be given: words in one line, which go on record as they are. */
export const isReason = (text: string): boolean =>
  text.length <= LONGEST_REASON && text.trim() !== '' && !/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text)
