import { describe, expect, it } from 'vitest'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import { makeExplainNothing } from '../../../src/usecases/entitlement/explain-nothing.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aSession } from '../../support/a-session.ts'

const explained = (rules: readonly Rule[], groups: readonly string[] = ['payments', 'contractors']) =>
  makeExplainNothing({ rules: () => anIndex({ rules }) })(aSession({ principal: aPrincipal({ groups }) }))

const frozen = aRule({ id: 'frozen', effect: 'deny', match: { everyone: true } })
const contractors = aRule({
  id: 'no-contractors',
  effect: 'deny',
  match: { idp: 'entra', groups: ['contractors', 'payments'] },
})

describe('explainNothing', () => {
  it.each([
    { because: 'no rule at all', rules: [], is: [] },
    { because: 'no grant met them, though a deny did: it took nothing from them', rules: [frozen], is: [] },
    { because: 'a grant met them and a deny took it', rules: [aRule(), frozen], is: ['frozen'] },
    {
      because: 'two denies, in the order of the file',
      rules: [contractors, aRule(), frozen],
      is: ['no-contractors', 'frozen'],
    },
    {
      because: 'a deny that met them by two groups is named once',
      rules: [aRule(), contractors],
      is: ['no-contractors'],
    },
    {
      because: 'a deny of others is not named (security.md M-22)',
      rules: [aRule(), aRule({ id: 'other', effect: 'deny', match: { idp: 'okta', everyone: true } })],
      is: [],
    },
  ])('$because', ({ rules, is }) => {
    expect(explained(rules)).toEqual(is)
  })
})
