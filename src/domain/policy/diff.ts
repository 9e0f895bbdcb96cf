import { compileRules, type RuleIndex } from '../entitlement/compile.ts'
import type { Mapping, RoleTarget, Rule } from '../entitlement/rule.ts'
import type { AccessChange, Came, DenyChange, Named, PolicyDiff } from './changes.ts'
import { concernsOf } from './concerns.ts'
import { diffFacts, factsOf } from './facts.ts'
import { closedBy, isLooser, openingsBy, printTerms, type Opening } from './opening.ts'
import type { Facts, Policy } from './policy.ts'
import { isProduction } from './production.ts'
import { printRequirement, printSessionPolicy } from './words.ts'
import { printSelector, rulesMeeting, selectorsOf, type Selector } from './selector.ts'

/** Pure: what one policy opens and another does not. Decisions are compared on the ARN (threats.md R1). */
export function diffPolicies(before: Policy, after: Policy): PolicyDiff {
  const sides: Sides = { before: compileRules(before.mapping), after: compileRules(after.mapping) }
  const idps = [...new Set([after, before].flatMap(({ mapping, vouchers }) => idpsOf(mapping, vouchers)))]
  const said = {
    vouchers: diffFacts(before.vouchers, after.vouchers),
    accounts: diffFacts(accountsOf(before), accountsOf(after)),
    roles: diffFacts(rolesOf(before), rolesOf(after)),
    settings: diffFacts(before.settings, after.settings),
    access: accessChanges(sides, selectorsOf(idps, [after.mapping, before.mapping])),
    denies: denyChanges(sides),
    staff: came(staffOf(before), staffOf(after), ({ who, role }) => `${role} ${who}`),
    tests: came(before.tests, after.tests, ({ as, expects, role }) => `${expects} ${role} ${as}`),
  }
  return { ...said, concerns: concernsOf(said, [before.mapping, after.mapping]) }
}

export const isSame = (diff: PolicyDiff): boolean => Object.values(diff).every((part) => part.length === 0)

type Sides = { readonly before: RuleIndex; readonly after: RuleIndex }

const idpsOf = ({ rules }: Mapping, vouchers: Policy['vouchers']): readonly string[] => {
  const jobs = new Set(rules.flatMap(({ match }) => ('workload' in match ? [match.workload] : [])))
  const named = rules.flatMap(({ match }) => ('idp' in match ? [match.idp] : []))
  return [...Object.keys(vouchers).filter((id) => !jobs.has(id)), ...named]
}

// ── Who gains, who loses ─────────────────────────────────────────────────────────────────────────────────────────────

function accessChanges(sides: Sides, selectors: readonly Selector[]): readonly AccessChange[] {
  const known = new Map<string, AccessChange>()
  const isUnchanged = sameRules(sides)
  return selectors.flatMap((selector) => {
    const [earlier, later] = [rulesMeeting(sides.before, selector), rulesMeeting(sides.after, selector)]
    if (isUnchanged(earlier, later)) return []
    const change = changeOf(selector, openingsBy(earlier, sides.before), openingsBy(later, sides.after))
    if (selector.kind === 'everyone') known.set(selector.idp, change)
    const everyones = selector.kind === 'group' || selector.kind === 'pattern' ? known.get(selector.idp) : undefined
    const own = everyones === undefined ? change : less(change, everyones)
    return own.gains.length + own.loses.length + own.changes.length === 0 ? [] : [own]
  })
}

function changeOf(
  selector: Selector,
  before: ReadonlyMap<string, Opening>,
  after: ReadonlyMap<string, Opening>,
): AccessChange {
  const both = [...after].flatMap(([arn, later]) => {
    const earlier = before.get(arn)
    return earlier === undefined ? [] : termsChange(earlier, later)
  })
  return {
    who: printSelector(selector),
    selector,
    gains: [...after]
      .filter(([arn]) => !before.has(arn))
      .map(([, opening]) => ({ ...named(opening), terms: termsIn(opening) })),
    loses: [...before].filter(([arn]) => !after.has(arn)).map(([, opening]) => named(opening)),
    changes: both,
  }
}

function termsChange(earlier: Opening, later: Opening): AccessChange['changes'] {
  const [was, is] = [termsIn(earlier), termsIn(later)]
  // One role of AWS under another name of ours, which does not say what it is.
  const isHidden = isSensitive(earlier.target) && !isSensitive(later.target)
  if (was === is && !isHidden) return []
  const change = { ...named(later), before: was, after: is, looser: isHidden || isLooser(earlier.grants, later.grants) }
  return [isHidden ? { ...change, before: `${was}, as ${earlier.target.name}`, sensitive: true } : change]
}

const termsIn = ({ grants }: Opening): string => [...new Set(grants.map(printTerms))].toSorted().join(', or ')

function less(change: AccessChange, everyones: AccessChange): AccessChange {
  const without = <Role extends Named>(own: readonly Role[], others: readonly Role[]): readonly Role[] => {
    const known = new Set(others.map(saidOf))
    return own.filter((role) => !known.has(saidOf(role)))
  }
  return {
    ...change,
    gains: without(change.gains, everyones.gains),
    loses: without(change.loses, everyones.loses),
    changes: without(change.changes, everyones.changes),
  }
}

/** Everything that is said of a role but by which rules: on other terms than everyone's it is another change (threats.md R14). */
const saidOf = (role: Named): string => JSON.stringify(factsOf(role, ['rules']))

const named = ({ target, grants }: Opening): Named => ({
  ...namedTarget(target),
  rules: [...new Set(grants.map(({ rule }) => rule))],
})

const namedTarget = (target: RoleTarget): Named => ({
  role: target.name,
  arn: target.arn,
  rules: [],
  sensitive: isSensitive(target),
})

const isSensitive = ({ kind, account }: RoleTarget): boolean => kind.elevated || isProduction(account.environment)

/** Two lists of rules that open and close the same, where accounts and roles are the same too: nothing to work out. */
function sameRules({ before, after }: Sides): (earlier: readonly Rule[], later: readonly Rule[]) => boolean {
  const catalog = ({ mapping }: RuleIndex) => JSON.stringify([[...mapping.accounts], [...mapping.roles]])
  const isSameCatalog = catalog(before) === catalog(after)
  const texts = new WeakMap<Rule, string>()
  const textOf = (rule: Rule): string => {
    const text = texts.get(rule) ?? JSON.stringify(factsOf(rule, ['match', 'owner']))
    texts.set(rule, text)
    return text
  }
  return (earlier, later) =>
    isSameCatalog &&
    earlier.length === later.length &&
    earlier.every((rule, at) => textOf(rule) === textOf(later[at] ?? rule))
}

// ── Denies ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function denyChanges({ before, after }: Sides): readonly DenyChange[] {
  const [earlier, later] = [deniesBy(before), deniesBy(after)]
  return [...new Set([...later.keys(), ...earlier.keys()])].flatMap((who) => {
    const [was, is] = [closedBy(earlier.get(who) ?? [], before), closedBy(later.get(who) ?? [], after)]
    const closes = [...is].filter(([arn]) => !was.has(arn)).map(([, target]) => namedTarget(target))
    const reopens = [...was].filter(([arn]) => !is.has(arn)).map(([, target]) => namedTarget(target))
    return closes.length + reopens.length === 0 ? [] : [{ who, closes, reopens }]
  })
}

const ANY_IDP = 'any IdP'

function deniesBy({ mapping }: RuleIndex): ReadonlyMap<string, readonly Rule[]> {
  const denies = new Map<string, Rule[]>()
  for (const rule of mapping.rules) {
    if (rule.effect !== 'deny') continue
    for (const who of metBy(rule)) {
      const known = denies.get(who)
      if (known === undefined) denies.set(who, [rule])
      else known.push(rule)
    }
  }
  return denies
}

function metBy(rule: Rule): readonly string[] {
  const { match } = rule
  const idp = 'idp' in match ? match.idp : ANY_IDP
  if ('everyone' in match) return [printSelector({ kind: 'everyone', idp })]
  return selectorsOf([ANY_IDP], [{ accounts: new Map(), roles: new Map(), rules: [rule] }])
    .filter(({ kind }) => kind !== 'everyone')
    .map(printSelector)
}

// ── What else ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** By id: an account under another alias is the same account (threats.md R1). What people read of one opens nothing. */
const accountsOf = ({ mapping }: Policy): Readonly<Record<string, Facts>> =>
  Object.fromEntries(
    [...mapping.accounts.values()].map((account) => [account.id, factsOf(account, ['id', 'name', 'color', 'owner'])]),
  )

const rolesOf = ({ mapping }: Policy): Readonly<Record<string, Facts>> =>
  Object.fromEntries(
    [...mapping.roles].map(([key, kind]) => [
      key,
      factsOf({
        ...kind,
        key: undefined,
        summary: undefined,
        requires: kind.requires?.map(printRequirement).join('; '),
        sessionPolicy: kind.sessionPolicy && printSessionPolicy(kind.sessionPolicy),
      }),
    ]),
  )

const staffOf = ({ staff }: Policy) =>
  (['operator', 'auditor'] as const).flatMap((role) =>
    staff[`${role}s`].flatMap(({ idp, groups }) => groups.map((group) => ({ who: `${idp}: ${group}`, role }))),
  )

function came<Thing>(before: readonly Thing[], after: readonly Thing[], nameOf: (thing: Thing) => string) {
  const [earlier, later] = [before, after].map((things) => new Map(things.map((thing) => [nameOf(thing), thing])))
  const only = (these = new Map<string, Thing>(), others = new Map<string, Thing>(), change: Came) =>
    [...these].filter(([name]) => !others.has(name)).map(([, thing]) => ({ ...thing, change }))
  return [...only(later, earlier, 'added'), ...only(earlier, later, 'removed')]
}
