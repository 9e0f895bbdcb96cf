import type { GatewaySession } from '../sign-in/session.ts'
import type { RuleIndex } from './compile.ts'
import { decide, entitlementsOf, type Decision } from './decide.ts'
import { LEAST_SECONDS, type Duration } from './duration.ts'
import type { RoleTarget, Rule } from './rule.ts'

/** What one rule that covers the role says to this person. */
type Verdict = {
  readonly rule: string
  readonly effect: 'grant' | 'deny'
  readonly owner?: string
  /** By which of their groups; null: by everyone, or by a claim of a job. Absent: it does not meet them. */
  readonly met?: { readonly group: string | null }
  /** What would meet it; only for roles whose way in is no secret (threats.md P3). */
  readonly wants?: readonly string[]
  readonly maxSeconds?: number
}

/** One limit of the role session's length, in the order they are applied. */
type Limit = { readonly by: Duration['limitedBy'] | 'least'; readonly seconds: number }

/** Why somebody may take a role, or may not: everything that was looked at, in the order it was (contract.md). */
export type Explanation = {
  readonly role: string
  readonly arn: string
  readonly available: boolean
  readonly because: 'granted' | 'denied_by_rule' | 'not_entitled' | 'condition_unmet' | 'sign_in_required'
  readonly idp: string
  readonly groups: { readonly count: number; readonly state: 'stated' | 'absent' | 'truncated' }
  readonly rules: readonly Verdict[]
  /** What else was asked of the session, and is not so. */
  readonly unmet: readonly string[]
  /** The longest there is, and what binds; empty when no grant opens it. */
  readonly limits: readonly Limit[]
  /** Roles of theirs that come nearest: of the same account, then of the same kind. */
  readonly nearest: readonly string[]
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
  unmet: readonly string[],
  now: Date,
): Explanation {
  const { principal } = session
  const decision = decide(index, principal, target)
  const left = Math.floor((session.endsAt.getTime() - now.getTime()) / 1000)
  const because = reasonOf(decision, unmet, left)
  const rules = verdictsOf(index, session, target)
  return {
    role: target.name,
    arn: target.arn,
    available: because === 'granted',
    because,
    idp: principal.idp,
    groups: { count: principal.groups.names.length, state: principal.groups.state },
    rules,
    unmet,
    limits: decision.allowed ? limitsOf(decision, target, left) : [],
    nearest: because === 'granted' ? [] : nearestTo(index, session, target),
    ask: [
      ...new Set([
        ...rules.flatMap(({ owner }) => owner ?? []),
        ...(target.account.owner ? [target.account.owner] : []),
      ]),
    ],
  }
}

function reasonOf(decision: Decision, unmet: readonly string[], left: number): Explanation['because'] {
  if (!decision.allowed) return decision.code
  if (unmet.length > 0) return 'condition_unmet'
  return left < LEAST_SECONDS ? 'sign_in_required' : 'granted'
}

function limitsOf(
  { entitlement }: Extract<Decision, { allowed: true }>,
  { kind }: RoleTarget,
  left: number,
): readonly Limit[] {
  return [
    { by: 'role', seconds: kind.maxSeconds },
    ...(entitlement.limitedBy === 'rule' ? [{ by: 'rule', seconds: entitlement.maxSeconds } as const] : []),
    { by: 'sign-in', seconds: Math.max(0, left) },
    { by: 'least', seconds: LEAST_SECONDS },
  ]
}

/** In the order of the file; a rule about other IdPs, or about jobs, says nothing to this person and is left out. */
function verdictsOf(index: RuleIndex, { principal }: GatewaySession, target: RoleTarget): readonly Verdict[] {
  const met = index.met(principal).filter(({ rule }) => covers(rule, target))
  return index.mapping.rules.flatMap((rule) => {
    if (!covers(rule, target)) return []
    const meeting = met.find((one) => one.rule.id === rule.id)
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
): readonly string[] {
  const held = entitlementsOf(index, principal).map(({ target }) => target)
  const others = held.filter((other) => other.name !== name)
  const near = [
    ...others.filter((other) => other.account.alias === account.alias),
    ...others.filter((other) => other.account.alias !== account.alias && other.kind.key === kind.key),
  ]
  return near.slice(0, MOST_NEAREST).map((other) => other.name)
}
