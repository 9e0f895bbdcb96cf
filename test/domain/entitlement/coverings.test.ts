import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metBy } from '../../../src/domain/entitlement/compile.ts'
import { coveringsOf, ruleByRule } from '../../../src/domain/entitlement/coverings.ts'
import { anAccount, anIndex, aRule } from '../../support/a-mapping.ts'

const aliases = ['a', 'b', 'c', 'd', 'e', 'f']
const accounts = aliases.map((alias, n) => anAccount({ alias, id: `00000000000${n}` }))
const index = anIndex({ accounts, rules: [] })

/** Rules that select accounts by one of these sets; some name what the file does not hold. */
const selections = fc.array(fc.subarray([...aliases, 'gone']), { minLength: 1, maxLength: 5 })
const choices = fc.array(fc.nat({ max: 4 }), { maxLength: 9 })

describe('coverings', () => {
  it('are what a plain look at each account says, in the order of the file', () => {
    fc.assert(
      fc.property(selections, choices, (listed, chosen) => {
        const sets = listed.map((names) => new Set(names))
        const rules = chosen.map((at, n) => ({
          ...aRule({ id: `rule-${n}` }),
          accounts: sets[at % sets.length] ?? new Set<string>(),
        }))
        const spoken = ruleByRule(rules.map((rule) => metBy(rule, null)))
        const { numbers, rulesOf } = coveringsOf(index, spoken)
        const plainly = accounts.map(({ alias }) => rules.filter(({ accounts: open }) => open.has(alias)))
        expect([...numbers].map((number) => rulesOf(number).map(({ rule }) => rule))).toEqual(plainly)
        const texts = plainly.map((each) => each.map(({ id }) => id).join())
        // One number for each way of being covered: what is worked out for one account is worked out for all like it.
        expect(new Set(numbers).size).toBe(new Set(texts).size)
        expect([...numbers].map((number) => number === 0)).toEqual(plainly.map((each) => each.length === 0))
      }),
      { numRuns: 2_000 },
    )
  })

  it('cost what different selections hold: a thousand rules for all accounts look at each once (security.md M-17)', () => {
    const all = new Set(aliases)
    const rules = Array.from({ length: 1_000 }, (_, n) => ({ ...aRule({ id: `rule-${n}` }), accounts: all }))
    let looks = 0
    const counting = {
      ...index,
      placesOf: (selection: ReadonlySet<string>) => {
        const places = index.placesOf(selection)
        looks += places.length
        return places
      },
    }
    const { numbers, rulesOf } = coveringsOf(counting, ruleByRule(rules.map((rule) => metBy(rule, null))))
    expect(looks).toBe(aliases.length)
    expect(rulesOf(numbers[0] ?? 0).map(({ rule }) => rule)).toEqual(rules)
  })
})
