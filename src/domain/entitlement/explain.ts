import { sourceAddressOf } from '../aws/source-address.ts'
import { EMERGENCY_RULE } from '../emergency/emergency.ts'
import type { GatewaySession } from '../sign-in/session.ts'
import type { RuleIndex } from './compile.ts'
import { pendingIn, seenFor, verdictsOn, type Circumstances, type Verdict } from './conditions.ts'
import { decide, entitlementsOf, type Decision, type Entitlement } from './decide.ts'
import { durationOf, LEAST_SECONDS, secondsLeft, type Duration } from './duration.ts'
import { passThroughFault } from './pass-through.ts'
import type { Requirement } from './requirement.ts'
import type { RoleTarget, Rule } from './rule.ts'
import { unmetCode } from './standing.ts'

/** What one rule that covers the role says to this person. */
type Ruling = {
  readonly rule: string
  readonly effect: 'grant' | 'deny'
  readonly owner?: string
  /** By which of their groups; null: by everyone, or by a claim of a job. Absent: it does not meet them. */
  readonly met?: { readonly group: string | null }
  /** What would meet it; only for roles whose way in is no secret (threats.md P3). */
  readonly wants?: readonly string[]
  readonly maxSeconds?: number
  /** The grant that would be used. */
  readonly used?: true
}

/** One condition, and what asks for it: the role itself, or a grant, which binds that grant alone (threats.md R11). */
type Weighed = Verdict & {
  readonly of: { readonly role: string } | { readonly rule: string }
  /** Whose word is wanted; only for roles whose way in is no secret (threats.md P3). */
  readonly approvers?: { readonly idp: string; readonly groups: readonly string[] }
}

/** One limit of the role session's length, in the order they are applied. */
type Limit = { readonly by: Duration['limitedBy'] | 'least'; readonly seconds: number; readonly binds?: true }

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
  /** Its credentials are good from the address alone that asks for them. */
  readonly bindIp?: true
  /** In the order they are applied, and which of them binds the longest there is; empty when no grant opens it. */
  readonly limits: readonly Limit[]
  /** How long it lasts if no time is asked for; absent if no grant opens it, or too little of the sign-in is left. */
  readonly usual?: Duration
  /** Roles of theirs that come nearest: of the same account, then of the same kind. */
  readonly nearest: readonly string[]
  /** Their request that waits for an answer, by its id. */
  readonly pending?: string
  /** Whom to ask: owners of rules and of the account. */
  readonly ask: readonly string[]
}

const MOST_NEAREST = 5
const MOST_WANTED = 20

/** Pure, and by the same index that decides: `available` is what a hand-over would find now. */
export function explain(
  index: RuleIndex,
  session: GatewaySession,
  target: RoleTarget,
  /** What the session itself is kept from, by name. */
  kept: readonly string[],
  circumstances: Circumstances,
): Explanation {
  const { principal } = session
  const decision = decide(index, principal, target, circumstances)
  const left = Math.floor((session.endsAt.getTime() - circumstances.now.getTime()) / 1000)
  const held = 'entitlement' in decision ? decision.entitlement : undefined
  const passed = held && passThroughFault(target, session, held)
  const unmet = [
    ...new Set([
      ...kept,
      ...(passed === undefined ? [] : [passed]),
      ...(held?.bindIp === true ? unbindable(circumstances) : []),
    ]),
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
    ...(held?.bindIp === true && { bindIp: true as const }),
    limits: held === undefined ? [] : limitsOf(held, target, left, circumstances.now),
    ...(held !== undefined &&
      !isShort(held, left, circumstances.now) && { usual: durationOf(held, {}, session, circumstances.now) }),
    nearest: because === 'granted' ? [] : nearestTo(index, session, target, circumstances),
    ...(pending !== undefined && { pending }),
    ask: [
      ...new Set([
        ...rules.flatMap(({ owner }) => owner ?? []),
        ...(target.account.owner ? [target.account.owner] : []),
      ]),
    ],
  }
}

/** threats.md R12: an address that AWS never sees binds nothing. Of somebody imagined it may be left open. */
function unbindable({ address, assumed }: Circumstances): readonly string[] {
  const seen = sourceAddressOf(address)
  return 'fault' in seen && assumed?.has('ip') !== true ? [seen.fault] : []
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
function conditionsOf(
  index: RuleIndex,
  { principal }: GatewaySession,
  target: RoleTarget,
  circumstances: Circumstances,
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
          ...(verdict.condition === 'approval' && kind.discoverable && approversOf(require)),
        })),
  )
}

function approversOf({ approval }: Requirement): Pick<Weighed, 'approvers'> {
  return approval === undefined ? {} : { approvers: { idp: approval.idp, groups: approval.groups } }
}

/** In the order of the file. Rules about other IdPs or about jobs are left out: they do not concern this person. */
function rulingsOf(
  index: RuleIndex,
  { principal }: GatewaySession,
  target: RoleTarget,
  used: string | undefined,
): readonly Ruling[] {
  const met = index.met(principal).filter(({ rule }) => covers(rule, target))
  return index.mapping.rules.flatMap((rule) => {
    if (!covers(rule, target)) return []
    // Emergency denies share one name, and each is aimed at somebody.
    const meeting = met.find((one) => (rule.id === EMERGENCY_RULE ? one.rule === rule : one.rule.id === rule.id))
    if (meeting === undefined && !speaksTo(rule, principal.idp, principal.workload === true)) return []
    const wants = meeting === undefined && isOpenSecret(rule, target) ? wantsOf(rule) : []
    // A deny that does not meet them is nobody's business but the operator's.
    if (meeting === undefined && (rule.effect === 'deny' || wants.length === 0)) return []
    return [
      {
        rule: rule.id,
        effect: rule.effect,
        ...(rule.owner !== undefined && { owner: rule.owner }),
        ...(meeting !== undefined && { met: { group: meeting.group } }),
        ...(wants.length > 0 && { wants }),
        ...(rule.maxSeconds !== undefined && { maxSeconds: rule.maxSeconds }),
        ...(rule.id === used && { used: true as const }),
      },
    ]
  })
}

/** Whether a rule speaks of this role at all. */
export const covers = (rule: Rule, { account, kind }: RoleTarget): boolean =>
  rule.accounts.has(account.alias) && rule.roles.has(kind.key)

function speaksTo({ match }: Rule, idp: string, isJob: boolean): boolean {
  if ('workload' in match) return isJob && match.workload === idp
  return !isJob && (!('idp' in match) || match.idp === idp)
}

/** threats.md P3: which groups lead to a role is a map for whoever wants in. */
const isOpenSecret = ({ effect }: Rule, { kind }: RoleTarget): boolean => effect === 'grant' && kind.discoverable

function wantsOf({ match }: Rule): readonly string[] {
  if ('groups' in match) return match.groups.slice(0, MOST_WANTED)
  return 'pattern' in match ? [match.pattern.source] : []
}

function nearestTo(
  index: RuleIndex,
  { principal }: GatewaySession,
  { name, account, kind }: RoleTarget,
  circumstances: Circumstances,
): readonly string[] {
  const held = entitlementsOf(index, principal, circumstances).flatMap(({ target, unmet }) =>
    unmet.length === 0 ? [target] : [],
  )
  const others = held.filter((other) => other.name !== name)
  const near = [
    ...others.filter((other) => other.account.alias === account.alias),
    ...others.filter((other) => other.account.alias !== account.alias && other.kind.key === kind.key),
  ]
  return near.slice(0, MOST_NEAREST).map((other) => other.name)
}
