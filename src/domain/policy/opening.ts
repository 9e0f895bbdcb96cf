import type { RuleIndex } from '../entitlement/compile.ts'
import { printDuration } from '../entitlement/duration.ts'
import type { Requirement } from '../entitlement/requirement.ts'
import { roleIdOf } from '../entitlement/role-id.ts'
import type { RoleTarget, Rule } from '../entitlement/rule.ts'
import { factsOf } from './facts.ts'
import { printRequirement, printSessionPolicy } from './words.ts'

/** A role that stands open to somebody, and by which grants. */
export type Opening = { readonly target: RoleTarget; readonly grants: readonly GrantTerms[] }

/** On what terms one rule opens a role, beside the role's own. */
export type GrantTerms = {
  readonly rule: string
  /** No longer than this; absent: as long as the role itself. */
  readonly maxSeconds?: number
  /** What it asks for beside groups. */
  readonly require?: Requirement
  /** Whatever else it asks for, in one spelling; empty: nothing. */
  readonly asks: string
}

/**
 * By ARN: aliases and keys may have swapped names and still be the same roles (threats.md R1). Deny beats every grant.
 */
export function openingsBy(rules: readonly Rule[], index: RuleIndex): ReadonlyMap<string, Opening> {
  const closed = new Set(rules.flatMap((rule) => (rule.effect === 'deny' ? targetsOf(rule, index) : [])))
  const openings = new Map<string, { target: RoleTarget; grants: GrantTerms[] }>()
  for (const rule of rules) {
    if (rule.effect === 'deny') continue
    for (const target of targetsOf(rule, index)) {
      if (closed.has(target)) continue
      const id = roleIdOf(target)
      const known = openings.get(id)
      if (known === undefined) openings.set(id, { target, grants: [termsOf(rule)] })
      else known.grants.push(termsOf(rule))
    }
  }
  return openings
}

/** Every role that these denies close. */
export const closedBy = (rules: readonly Rule[], index: RuleIndex): ReadonlyMap<string, RoleTarget> =>
  new Map(
    rules
      .filter(({ effect }) => effect === 'deny')
      .flatMap((rule) => targetsOf(rule, index).map((target) => [roleIdOf(target), target] as const)),
  )

const targetsOf = ({ accounts, roles }: Rule, index: RuleIndex): readonly RoleTarget[] =>
  [...accounts].flatMap((alias) => [...roles].flatMap((key) => index.target(alias, key) ?? []))

/** Whom it meets and what it covers are looked at elsewhere. */
const NO_TERMS = ['id', 'match', 'effect', 'owner', 'accounts', 'roles', 'maxSeconds', 'require', 'sessionPolicy']

export function termsOf(rule: Rule): GrantTerms {
  const others = Object.entries(factsOf(rule, NO_TERMS)).map(([key, text]) => `${key} ${text}`)
  const { sessionPolicy: policy } = rule
  const asks = [...others, ...(policy === undefined ? [] : [`session policy ${printSessionPolicy(policy)}`])]
  return {
    rule: rule.id,
    ...(rule.maxSeconds !== undefined && { maxSeconds: rule.maxSeconds }),
    ...(rule.require !== undefined && { require: rule.require }),
    asks: asks.toSorted().join(', '),
  }
}

/** Of a grant that limits and asks nothing beside the role's own. */
export const OWN_TERMS = 'on the role’s own terms'

/** `at most 4h`, `as the role`: how a grant's terms read. */
export function printTerms({ maxSeconds, require, asks }: GrantTerms): string {
  const parts = [
    ...(maxSeconds === undefined ? [] : [`at most ${printDuration(maxSeconds)}`]),
    ...(require === undefined ? [] : [printRequirement(require)]),
    ...(asks ? [asks] : []),
  ]
  return parts.length === 0 ? OWN_TERMS : parts.join(', ')
}

/** Whether the later grants allow something that no earlier one did. A grant with more requirements allows less. */
export const isLooser = (before: readonly GrantTerms[], after: readonly GrantTerms[]): boolean =>
  after.some((later) => !before.some((earlier) => covers(earlier, later)))

const covers = (one: GrantTerms, other: GrantTerms): boolean =>
  (one.asks === '' || one.asks === other.asks) &&
  asksNoMore(one.require, other.require) &&
  secondsOf(one) >= secondsOf(other)

/** Whether whoever meets the one requirement meets the other, as far as that is plain. */
function asksNoMore({ mfaSeconds, ...one }: Requirement = {}, other: Requirement = {}): boolean {
  const asked = factsOf(other)
  return (
    (mfaSeconds === undefined || mfaSeconds >= (other.mfaSeconds ?? Number.POSITIVE_INFINITY)) &&
    Object.entries(factsOf(one)).every(([key, text]) => asked[key] === text)
  )
}

const secondsOf = ({ maxSeconds }: GrantTerms): number => maxSeconds ?? Number.POSITIVE_INFINITY
