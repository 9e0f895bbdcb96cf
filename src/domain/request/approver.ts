import type { RuleIndex } from '../entitlement/compile.ts'
import type { Approval, Requirement } from '../entitlement/requirement.ts'
import { roleIdOf } from '../entitlement/role-id.ts'
import type { RoleTarget, Rule } from '../entitlement/rule.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { RoleRequest } from './role-request.ts'

/** The role that was asked for: a name may mean another by now (threats.md R1). */
export function targetOf(
  { role, roleId }: Pick<RoleRequest, 'role' | 'roleId'>,
  index: RuleIndex,
): RoleTarget | undefined {
  const [alias = '', key = ''] = role.split('/')
  const target = index.target(alias, key)
  return target !== undefined && roleIdOf(target) === roleId ? target : undefined
}

/**
 * What the rules in force want for a request; undefined where they do not ask for all of that any more, or for more: then a word for it would
 * open nothing.
 */
export function wantedNow(
  index: RuleIndex,
  target: RoleTarget,
  { wanted, via }: Pick<RoleRequest, 'wanted' | 'via'>,
): readonly Approval[] | undefined {
  const { kind, account } = target
  const isMet = (requirement: Requirement | undefined): boolean =>
    requirement?.approval === undefined || wanted.includes(requirement.approval.of)
  // What the role asks for binds every grant of it; what a grant asks for, that one.
  if (!(kind.requires ?? []).every(isMet)) return undefined
  const used = asksOf(index, target).find(({ id }) => id === via.rule)
  const opens = ({ effect, accounts, roles, require }: Rule): boolean =>
    effect === 'grant' && isMet(require) && roles.has(kind.key) && accounts.has(account.alias)
  if (!isMet(used?.require) && !index.mapping.rules.some(opens)) return undefined
  const asking = new Map(approvalsAbout(index, target).map((approval) => [approval.of, approval]))
  const found = wanted.flatMap((of) => asking.get(of) ?? [])
  return found.length === wanted.length && found.length > 0 ? found : undefined
}

/** The grants of this role that ask for a word of their own. */
const asksOf = (index: RuleIndex, { account, kind }: RoleTarget): readonly Rule[] =>
  (askingFor(index).get(kind.key) ?? []).filter(({ accounts }) => accounts.has(account.alias))

/** Every approval that somebody may need for this role. */
function approvalsAbout(index: RuleIndex, target: RoleTarget): readonly Approval[] {
  const requirements: readonly (Requirement | undefined)[] = [
    ...(target.kind.requires ?? []),
    ...asksOf(index, target).map(({ require }) => require),
  ]
  return requirements.flatMap((requirement) => requirement?.approval ?? [])
}

/** Worked out once of each file's rules: of thousands that ask for a word few are about one role. */
const askedBefore = new WeakMap<RuleIndex['asking'], ReadonlyMap<string, readonly Rule[]>>()

function askingFor({ asking }: RuleIndex): ReadonlyMap<string, readonly Rule[]> {
  const known = askedBefore.get(asking)
  if (known !== undefined) return known
  const byRole = new Map<string, Rule[]>()
  for (const rule of asking)
    for (const key of rule.roles) {
      const there = byRole.get(key)
      if (there === undefined) byRole.set(key, [rule])
      else there.push(rule)
    }
  askedBefore.set(asking, byRole)
  return byRole
}

/** Whether anybody at all may need an approval for it: else nobody has to look for one. */
export const takesApproval = (index: RuleIndex, target: RoleTarget): boolean => approvalsAbout(index, target).length > 0

/** The same of any role. */
export const takesApprovals = ({ asking, mapping }: RuleIndex): boolean =>
  asking.length > 0 || [...mapping.roles.values()].some(asksItself)

const asksItself = ({ requires = [] }: { readonly requires?: readonly Requirement[] }): boolean =>
  requires.some(({ approval }) => approval !== undefined)

/** Whether this person's word counts for anything at all: else nobody has to look at what waits. */
export function mayApproveAny({ asking, mapping }: RuleIndex, principal: Principal): boolean {
  const groupsFor = approverOf(principal)
  const counts = ({ approval }: Requirement): boolean => approval !== undefined && groupsFor([approval]) !== undefined
  return (
    asking.some(({ require }) => require !== undefined && counts(require)) ||
    [...mapping.roles.values()].some(({ requires = [] }) => requires.some(counts))
  )
}

/** The groups of theirs for which this person's word counts: one for each approval; undefined where one is missing. */
export function approverOf({
  idp,
  groups,
  workload,
}: Principal): (wanted: readonly Approval[]) => readonly string[] | undefined {
  const held = new Set(workload === true ? [] : groups.names)
  return (wanted) => {
    const each = wanted.map((approval) => (approval.idp === idp ? approval.groups.filter((one) => held.has(one)) : []))
    return each.some((found) => found.length === 0) ? undefined : [...new Set(each.flat())]
  }
}

export const approvingGroups = (principal: Principal, wanted: readonly Approval[]): readonly string[] | undefined =>
  approverOf(principal)(wanted)
