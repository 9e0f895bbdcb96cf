import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules } from '../../../src/domain/entitlement/compile.ts'
import { decide, entitlementsOf, holdingsOf, rolesIn, type Decision } from '../../../src/domain/entitlement/decide.ts'
import type { Fenced } from '../../../src/domain/entitlement/pattern-index.ts'
import type { Mapping, Rule } from '../../../src/domain/entitlement/rule.ts'
import { weighingFor } from '../../../src/domain/entitlement/standing.ts'
import { aRule, aTarget } from '../../support/a-mapping.ts'
import { aMoment } from '../../support/a-session.ts'
import { aliases, keys, mappings, moments, principals, ruleParts } from '../../support/generated-rules.ts'
import { fencedPlainly, plainly, told } from '../../support/plain-reading.ts'

/** Of each mapping, at some moment: compiling it and thinking it up cost more than asking it. */
const VISITS = 8

/** What `expect` says of two things that differ, and a tenth of its price while they do not. */
function same(got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) expect(got).toEqual(wanted)
}

const byText = (fenced: readonly Fenced[]) => fenced.map((one) => JSON.stringify(one)).toSorted()

/** Of each answer and of each thing that made one, so many at least. */
const LEAST = {
  allowed: 25_000,
  denied_by_rule: 25_000,
  not_entitled: 25_000,
  condition_unmet: 1_000,
  step_up_required: 500,
  approval_required: 1_000,
  fenced: 1_000,
  'by groups': 10_000,
  'by everyone': 10_000,
  'by a pattern': 10_000,
  'denied by groups': 1_000,
  'denied by everyone': 1_000,
  'denied by a pattern': 1_000,
  'denied at every IdP': 1_000,
  'limited by role': 10_000,
  'limited by rule': 1_000,
  'bound to an address': 1_000,
  'lacks approval': 1_000,
  'lacks mfa_within': 1_000,
  'lacks mfa_within, of which nothing is told': 300,
  'lacks ip': 1_000,
  'lacks time': 1_000,
  'lacks reason': 1_000,
  'all conditions met': 1_000,
}

const wayOf = ({ match }: Rule): string =>
  'pattern' in match ? 'by a pattern' : 'everyone' in match ? 'by everyone' : 'by groups'

function whatIsIn({ rules }: Mapping, decision: Decision): readonly string[] {
  const named = (id: string | undefined) => rules.filter((rule) => rule.id === id)
  if (!('entitlement' in decision)) {
    if (decision.code === 'not_entitled') return [decision.code]
    const denying = named(decision.rule)
    return [
      decision.code,
      ...denying.map((rule) => `denied ${wayOf(rule)}`),
      ...denying.flatMap(({ match }) => ('idp' in match ? [] : ['denied at every IdP'])),
    ]
  }
  const { via, limitedBy, bindIp, unmet, requires } = decision.entitlement
  return [
    decision.allowed ? 'allowed' : decision.code,
    ...named(via[0]?.rule).map(wayOf),
    `limited by ${limitedBy}`,
    ...(bindIp === true ? ['bound to an address'] : []),
    ...unmet.map(({ condition }) => `lacks ${condition}`),
    ...unmet.flatMap(({ condition, untold }) => (untold ? [`lacks ${condition}, of which nothing is told`] : [])),
    ...(requires.length > 0 && unmet.length === 0 ? ['all conditions met'] : []),
  ]
}

describe('the index', () => {
  it('agrees with a plain reading of the rules, role by role and as a list (security.md M-21)', () => {
    const found: Record<string, number> = {}
    const count = (what: string) => void (found[what] = (found[what] ?? 0) + 1)
    const visits = fc.tuple(principals, moments)
    fc.assert(
      fc.property(mappings, fc.array(visits, { minLength: VISITS, maxLength: VISITS }), (mapping, visitors) => {
        const index = compileRules(mapping)
        const targets = aliases.flatMap((alias) => keys.map((key) => aTarget(index, `${alias}/${key}`)))
        for (const [principal, moment] of visitors) {
          const decisions = targets.map((target) => decide(index, principal, target, moment))
          same(
            decisions.map(told),
            targets.map((target) => plainly(mapping, principal, target, moment)),
          )
          same(byText(index.fenced(principal)), byText(fencedPlainly(mapping, principal)))
          if (index.fenced(principal).length > 0) count('fenced')
          const held = decisions.flatMap((decision) => ('entitlement' in decision ? [decision.entitlement] : []))
          same(entitlementsOf(index, principal, moment), held)
          const inEach = index.accounts.map((account) => ({
            account,
            roles: rolesIn(index, principal, account, weighingFor(principal, moment, mapping)),
          }))
          same(
            holdingsOf(index, principal, moment),
            inEach.filter(({ roles }) => roles.length > 0),
          )
          for (const decision of decisions) for (const one of whatIsIn(mapping, decision)) count(one)
        }
      }),
      { numRuns: 100_000 / VISITS },
    )
    // The worlds were worth looking at: plenty of each answer, and of whatever makes one.
    expect(Object.entries(LEAST).filter(([what, least]) => (found[what] ?? 0) < least)).toEqual([])
  }, 400_000)

  it('never opens more to somebody whom one more rule denies', () => {
    fc.assert(
      fc.property(mappings, principals, ruleParts, (mapping, principal, { match, accounts, roles }) => {
        const denial: Rule = { ...aRule({ id: 'denial', accounts, roles }), match, effect: 'deny' }
        const names = (rules: readonly Rule[]) =>
          entitlementsOf(compileRules({ ...mapping, rules }), principal, aMoment()).map(({ target }) => target.name)
        const before = names(mapping.rules)
        expect(names([...mapping.rules, denial]).every((name) => before.includes(name))).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  }, 60_000)
})
