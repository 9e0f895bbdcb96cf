import type { GatewaySession } from '../sign-in/session.ts'
import { unbindable } from './binding.ts'
import type { RuleIndex } from './compile.ts'
import { pendingIn, seenFor, verdictsOn, type Circumstances, type Verdict } from './conditions.ts'
import { decide, type Decision, type Entitlement } from './decide.ts'
import { durationOf, LEAST_SECONDS, secondsLeft, type Duration } from './duration.ts'
import { nearestTo, type KeptFrom } from './nearest.ts'
import { passThroughFault } from './pass-through.ts'
import type { Requirement } from './requirement.ts'
import type { RoleTarget } from './rule.ts'
import { covers, rulingsOf, type Ruling } from './rulings.ts'
import { unmetCode } from './standing.ts'
import { printClock } from './until.ts'

/** One condition, and what asks for it: the role itself, or a grant, which binds that grant alone (threats.md R11). */
type Weighed = Verdict & {
  readonly of: { readonly role: string } | { readonly rule: string }
  /** Whose word is wanted; only for roles whose way in is no secret (threats.md P3). */
  readonly approvers?: { readonly idp: string; readonly groups: readonly string[] }
}

/** One limit of the role session's length, in the order they are applied. */
type Limit = { readonly by: Duration['limitedBy'] | 'least'; readonly seconds: number; readonly binds?: true }

/** How long it lasts when nobody names a time, and the time of day that is meant by it, where one is. */
type Usual = Duration & { readonly until?: string; readonly timeZone?: string }

/** Why somebody may take a role, or may not: everything that was looked at, in the order it was (contract.md). */
export type Explanation = {
  readonly role: string
  readonly arn: string
  readonly available: boolean
  readonly because: 'granted' | Exclude<Decision, { allowed: true }>['code'] | 'sign_in_required'
  readonly idp: string
  readonly groups: { readonly count: number; readonly state: 'stated' | 'absent' | 'truncated' }
  readonly rules: readonly Ruling[]
  /** What the role asks for, and each grant that meets them. */
  readonly conditions: readonly Weighed[]
  /** What else was asked of the session, and is not so. */
  readonly unmet: readonly string[]
  /** Each hand-over takes a fresh sign-in of its own (threats.md H8). Absent if no grant opens it. */
  readonly elevated?: true
  /** Its credentials are good from the address alone that asks for them. */
  readonly bindIp?: true
  /** In the order they are applied, and which of them binds the longest there is; empty when no grant opens it. */
  readonly limits: readonly Limit[]
  /** How long it lasts if no time is asked for; absent if no grant opens it, or too little of the sign-in is left. */
  readonly usual?: Usual
  /** Roles they could take in its place, the nearest first. */
  readonly nearest: readonly string[]
  /** Their request that waits for an answer, by its id. */
  readonly pending?: string
  /** Whom to ask: owners of rules and of the account. */
  readonly ask: readonly string[]
}

/** Pure, and by the same index that decides: `available` is what a hand-over would find now. */
export function explain(
  index: RuleIndex,
  session: GatewaySession,
  target: RoleTarget,
  kept: KeptFrom,
  circumstances: Circumstances,
  /** Of whoever asks, where their terminal says it. */
  timeZone?: string,
): Explanation {
  const { principal } = session
  const decision = decide(index, principal, target, circumstances)
  const left = Math.floor((session.endsAt.getTime() - circumstances.now.getTime()) / 1000)
  const held = 'entitlement' in decision ? decision.entitlement : undefined
  const passed = held && passThroughFault(target, session, held)
  const bound = held?.bindIp === true ? unbindable(circumstances) : undefined
  const unmet = [
    ...new Set([...kept(target), ...(passed === undefined ? [] : [passed]), ...(bound === undefined ? [] : [bound])]),
  ]
  const because = reasonOf(decision, unmet, left, circumstances.now, principal)
  const rules = rulingsOf(index, session, target, held?.via[0]?.rule)
  const { pending } = because === 'approval_required' ? pendingIn(circumstances, principal, target) : {}
  return {
    role: target.name,
    arn: target.arn,
    available: because === 'granted',
    because,
    idp: principal.idp,
    groups: { count: principal.groups.names.length, state: principal.groups.state },
    rules,
    conditions: held === undefined ? [] : conditionsOf(index, session, target, circumstances),
    unmet,
    ...(held !== undefined && target.kind.elevated && { elevated: true as const }),
    ...(held?.bindIp === true && { bindIp: true as const }),
    limits: held === undefined ? [] : limitsOf(held, target, left, circumstances.now),
    ...(held !== undefined &&
      !isShort(held, left, circumstances.now) && { usual: usualOf(held, session, circumstances.now, timeZone) }),
    nearest: because === 'granted' ? [] : nearestTo(index, session, target, kept, circumstances),
    ...(pending !== undefined && { pending }),
    ask: [
      ...new Set([
        ...rules.flatMap(({ owner }) => owner ?? []),
        ...(target.account.owner ? [target.account.owner] : []),
      ]),
    ],
  }
}

function reasonOf(
  decision: Decision,
  unmet: readonly string[],
  left: number,
  now: Date,
  principal: GatewaySession['principal'],
): Explanation['because'] {
  if (!('entitlement' in decision)) return decision.code
  // What the session is kept from cannot be helped by what a rule still asks for.
  if (unmet.length > 0) return 'condition_unmet'
  // A reason is given with the request: it closes nothing before.
  const lacking = decision.entitlement.unmet.filter(({ condition }) => condition !== 'reason')
  const code = unmetCode(lacking, principal)
  if (code !== undefined) return code
  if (left < LEAST_SECONDS) return 'sign_in_required'
  return secondsLeft(decision.entitlement, now) < LEAST_SECONDS ? 'approval_required' : 'granted'
}

/** Too little is left of the sign-in, or of the approval. */
const isShort = (held: Entitlement, left: number, now: Date): boolean =>
  Math.min(left, secondsLeft(held, now)) < LEAST_SECONDS

/** As a hand-over that names no time would work it out. */
function usualOf(held: Entitlement, session: GatewaySession, now: Date, timeZone: string | undefined): Usual {
  const { usual } = held.target.kind
  const named =
    usual !== undefined && 'until' in usual
      ? { until: printClock(usual.until), timeZone: timeZone ?? usual.timeZone }
      : {}
  return { ...durationOf(held, timeZone === undefined ? {} : { timeZone }, session, now), ...named }
}

function limitsOf(held: Entitlement, { kind }: RoleTarget, left: number, now: Date): readonly Limit[] {
  const { maxSeconds, limitedBy, approval } = held
  const limits: readonly Limit[] = [
    { by: 'role', seconds: kind.maxSeconds },
    ...(limitedBy === 'rule' ? [{ by: 'rule', seconds: maxSeconds } as const] : []),
    { by: 'sign-in', seconds: Math.max(0, left) },
    ...(approval === undefined ? [] : [{ by: 'approval', seconds: secondsLeft(held, now) } as const]),
  ]
  const least = Math.min(...limits.map(({ seconds }) => seconds))
  const binding = limits.find(({ seconds }) => seconds === least)
  return [
    ...limits.map((limit) => (limit === binding ? { ...limit, binds: true as const } : limit)),
    { by: 'least', seconds: LEAST_SECONDS },
  ]
}

/** The role's own first, then those of each grant that meets them, in the order of the file. */
export function conditionsOf(
  index: RuleIndex,
  { principal }: GatewaySession,
  target: RoleTarget,
  circumstances: Circumstances,
  /** Whether whoever asks may know whose word is wanted. */
  namesApprovers = target.kind.discoverable,
): readonly Weighed[] {
  const { kind } = target
  const seen = seenFor(circumstances, principal, target)
  const grants = new Set(index.met(principal).flatMap(({ rule }) => (covers(rule, target) ? [rule] : [])))
  const asking = [
    ...(kind.requires ?? []).map((require) => ({ of: { role: target.name }, require })),
    ...[...grants].map(({ id, require }) => ({ of: { rule: id }, require })),
  ]
  return asking.flatMap(({ of, require }) =>
    require === undefined
      ? []
      : verdictsOn(require, seen).map((verdict) => ({
          ...verdict,
          of,
          ...(verdict.condition === 'approval' && namesApprovers && approversOf(require)),
        })),
  )
}

function approversOf({ approval }: Requirement): Pick<Weighed, 'approvers'> {
  return approval === undefined ? {} : { approvers: { idp: approval.idp, groups: approval.groups } }
}
