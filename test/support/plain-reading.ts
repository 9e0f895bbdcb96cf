import type { Circumstances, Verdict } from '../../src/domain/entitlement/conditions.ts'
import type { Decision, Entitlement } from '../../src/domain/entitlement/decide.ts'
import type { Fenced } from '../../src/domain/entitlement/pattern-index.ts'
import type { Requirement } from '../../src/domain/entitlement/requirement.ts'
import type { Mapping, RoleTarget, Rule } from '../../src/domain/entitlement/rule.ts'
import type { Via } from '../../src/domain/entitlement/standing.ts'
import type { Principal } from '../../src/domain/sign-in/principal.ts'

/** A second, slow and obvious reading of the rules. It shares nothing with the index but what the rules are made of. */

const engines = new Map<string, RegExp>()
function languagesOwn(source: string): RegExp {
  const engine = engines.get(source) ?? new RegExp(source.replaceAll('?P<', '?<'))
  engines.set(source, engine)
  return engine
}

/** A decision, of whose verdicts only the conditions that are not met are told. */
type Told = Decision | { readonly allowed: boolean; readonly code?: string; readonly entitlement: ToldEntitlement }
type ToldEntitlement = Omit<Entitlement, 'unmet'> & { readonly unmet: readonly Verdict['condition'][] }

export const told = (decision: Decision): Told =>
  'entitlement' in decision
    ? {
        ...decision,
        entitlement: {
          ...decision.entitlement,
          unmet: decision.entitlement.unmet.flatMap(({ condition, met }) => (met ? [] : [condition])),
        },
      }
    : decision

type Said = { readonly account?: string | undefined; readonly role?: string | undefined }

/** What a group names by a rule's pattern, read with the engine of the language; undefined where it does not fit. */
function saidBy(name: string, { match }: Rule): Said | undefined {
  if (!('pattern' in match)) return undefined
  const found = languagesOwn(match.pattern.source).exec(name)
  if (found?.[0] !== name) return undefined
  return {
    account: match.account === undefined ? undefined : found.groups?.['account'],
    role: match.role === undefined ? undefined : found.groups?.['role'],
  }
}

const isOutside = ({ account, role }: Said, { accounts, roles }: Rule): boolean =>
  (account !== undefined && !accounts.has(account)) || (role !== undefined && !roles.has(role))

/** Their groups that a fence kept out, rule by rule. */
export const fencedPlainly = ({ rules }: Mapping, { idp, groups }: Principal): readonly Fenced[] =>
  rules
    .filter(({ match }) => 'idp' in match && match.idp === idp)
    .flatMap((rule) =>
      groups.names.flatMap((group) => {
        const said = saidBy(group, rule)
        return said !== undefined && isOutside(said, rule)
          ? [{ rule: rule.id, group, named: `${said.account ?? '*'}/${said.role ?? '*'}` }]
          : []
      }),
    )

/** The rules of contract.md, read as slowly and plainly as they are written there. */
export function plainly(
  { rules, withoutMfa }: Mapping,
  principal: Principal,
  target: RoleTarget,
  seen: Circumstances,
): Told {
  const namesTarget = (name: string, rule: Rule): boolean => {
    const said = saidBy(name, rule)
    if (said === undefined || isOutside(said, rule)) return false
    const { account = target.account.alias, role = target.kind.key } = said
    return account === target.account.alias && role === target.kind.key
  }
  const groupOf = (rule: Rule) =>
    principal.groups.names.filter((name) =>
      'groups' in rule.match ? rule.match.groups.includes(name) : namesTarget(name, rule),
    )
  const meets = (rule: Rule) => {
    const idpFits = !('idp' in rule.match) || rule.match.idp === principal.idp
    const covers = rule.accounts.has(target.account.alias) && rule.roles.has(target.kind.key)
    return idpFits && covers && ('everyone' in rule.match || groupOf(rule).length > 0)
  }
  const met = rules.filter(meets)
  const denied = met.find(({ effect }) => effect === 'deny')
  if (denied !== undefined) return { allowed: false, code: 'denied_by_rule', rule: denied.id }
  if (met.length === 0) return { allowed: false, code: 'not_entitled' }

  const seconds = (rule: Rule) => Math.min(rule.maxSeconds ?? Infinity, target.kind.maxSeconds)
  // Usable now; then a word of theirs away; then a sign-in; then somebody else's word; then what nothing helps.
  const isUntold = withoutMfa?.has(principal.idp) === true
  // Nothing is bound to an address that is no part of the internet.
  const isUnbound = !seen.address.startsWith('52.94.')
  const far = (rule: Rule) =>
    rule.bindIp === true && isUnbound ? 4 : farthest(lacksPlainly(rule.require, seen), isUntold)
  const lengths = [...new Set(met.map(seconds))].toSorted((a, b) => b - a)
  const ordered = [0, 1, 2, 3, 4].flatMap((step) =>
    lengths.flatMap((length) => met.filter((rule) => far(rule) === step && seconds(rule) === length)),
  )
  const [best] = ordered
  const longest = best === undefined ? 0 : seconds(best)
  const lacks = [
    ...(target.kind.requires ?? []).flatMap((one) => lacksPlainly(one, seen)),
    ...lacksPlainly(best?.require, seen),
  ]
  const entitlement = {
    target,
    maxSeconds: longest,
    limitedBy: longest === target.kind.maxSeconds ? 'role' : 'rule',
    via: ordered
      .flatMap((rule): Via[] => {
        if ('everyone' in rule.match) return [{ rule: rule.id, group: null }]
        return groupOf(rule).map((group) => ({ rule: rule.id, group }))
      })
      .slice(0, 20),
    ...(best?.bindIp === true && { bindIp: true as const }),
    requires: [...(target.kind.requires ?? []), ...(best?.require === undefined ? [] : [best.require])],
    unmet: lacks,
  } as const
  if (lacks.length === 0) return { allowed: true, entitlement }
  const step = farthest(lacks, isUntold)
  const code = step === 2 ? 'step_up_required' : step === 3 ? 'approval_required' : 'condition_unmet'
  return { allowed: false, code, entitlement }
}

/** One condition after the other, by the plainest arithmetic: 24 hours a day, the one office, a ticket's number. */
function lacksPlainly(asked: Requirement = {}, { now, address, mfaAt, reason }: Circumstances): Verdict['condition'][] {
  const hour = now.getUTCHours()
  return [
    ...(asked.approval ? (['approval'] as const) : []),
    ...(asked.mfaSeconds && !(mfaAt && now.getTime() <= mfaAt.getTime() + asked.mfaSeconds * 1000)
      ? (['mfa_within'] as const)
      : []),
    ...(asked.networks && !address.startsWith('52.94.76.') ? (['ip'] as const) : []),
    ...(asked.windows && !asked.windows.some(({ from, to }) => hour * 60 >= from && hour * 60 < to)
      ? (['time'] as const)
      : []),
    ...(asked.reason && !(asked.reason.pattern === undefined ? reason : reason?.startsWith('INC-'))
      ? (['reason'] as const)
      : []),
  ]
}

const STEPS: readonly Verdict['condition'][] = ['reason', 'mfa_within', 'approval']
/** A directory that tells of no second factor is not asked for one: nothing helps. */
const farthest = (lacks: readonly Verdict['condition'][], isUntold: boolean): number =>
  Math.max(
    0,
    ...lacks.map((condition) =>
      STEPS.includes(condition) && !(isUntold && condition === 'mfa_within') ? STEPS.indexOf(condition) + 1 : 4,
    ),
  )
