import { EMERGENCY_RULE } from '../emergency/emergency.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { GatewaySession } from '../sign-in/session.ts'
import type { RuleIndex } from './compile.ts'
import type { RoleTarget, Rule } from './rule.ts'

/** What one rule that covers the role says to this person. */
export type Ruling = {
  readonly rule: string
  readonly effect: 'grant' | 'deny'
  readonly owner?: string
  /** By which of their groups; null: by everyone, or by a claim of a job. Absent: it does not meet them. */
  readonly met?: { readonly group: string | null }
  /** What would meet it; only for roles whose way in is no secret (threats.md P3). */
  readonly wants?: readonly string[]
  /** A group of theirs that fits the rule's pattern and names this very role, which lies outside the rule's fence. */
  readonly fenced?: string
  readonly maxSeconds?: number
  /** The grant that would be used. */
  readonly used?: true
}

const MOST_WANTED = 20

/** In the order of the file. Rules about other IdPs or about jobs are left out: they do not concern this person. */
export function rulingsOf(
  index: RuleIndex,
  { principal }: GatewaySession,
  target: RoleTarget,
  used: string | undefined,
): readonly Ruling[] {
  const met = index.met(principal).filter(({ rule }) => covers(rule, target))
  const fenced = fencedFrom(index, principal, target)
  return index.mapping.rules.flatMap((rule): readonly Ruling[] => {
    const kept = fenced.get(rule.id)
    if (kept !== undefined && !covers(rule, target) && isOpenSecret(rule, target))
      return [{ rule: rule.id, effect: rule.effect, ...ownerOf(rule), fenced: kept }]
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
        ...ownerOf(rule),
        ...(meeting !== undefined && { met: { group: meeting.group } }),
        ...(wants.length > 0 && { wants }),
        ...(rule.maxSeconds !== undefined && { maxSeconds: rule.maxSeconds }),
        ...(rule.id === used && { used: true as const }),
      },
    ]
  })
}

const ownerOf = ({ owner }: Rule): Pick<Ruling, 'owner'> => (owner === undefined ? {} : { owner })

/**
 * Groups of theirs that name this very role, and that a fence kept from it, by rule. What a group does not name is what
 * the rule itself says.
 */
export function fencedFrom(
  index: RuleIndex,
  principal: Principal,
  { account: { alias }, kind: { key } }: RoleTarget,
): ReadonlyMap<string, string> {
  const fenced = index.fenced(principal)
  if (fenced.length === 0) return new Map()
  const rules = new Map(index.mapping.rules.map((rule) => [rule.id, rule]))
  const names = (id: string, named: string): boolean =>
    named === `${alias}/${key}` ||
    (named === `*/${key}` && rules.get(id)?.accounts.has(alias) === true) ||
    (named === `${alias}/*` && rules.get(id)?.roles.has(key) === true)
  return new Map(fenced.flatMap(({ rule, group, named }) => (names(rule, named) ? [[rule, group]] : [])))
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
