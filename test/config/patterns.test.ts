import { describe, expect, it } from 'vitest'
import { entitlementsOf } from '../../src/domain/entitlement/decide.ts'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { aMoment } from '../support/a-session.ts'
import { A_FILE, faultsOf, load } from './a-file.ts'

const withRule = (rule: string): string => A_FILE.replace('store: {', () => `  - ${rule}\nstore: {`)

const CONVENTION = `{ id: by-convention,
      match: { idp: entra, pattern: '^aws\\.(?P<account>[a-z0-9-]+)\\.(?P<role>[a-z]+)$' },
      grant: { accounts: "\${account}", roles: "\${role}" },
      within: { accounts: "env:dev", roles: [readonly, admin] } }`

describe('rules with a pattern', () => {
  it('load, and open what a group names inside the fence', () => {
    const { config } = load(withRule(CONVENTION))
    const index = compileRules(config.mapping)
    const held = (...groups: string[]) =>
      entitlementsOf(index, aPrincipal({ groups }), aMoment()).map(({ target: { name } }) => name)
    expect(held('aws.pay-dev.readonly')).toEqual(['pay-dev/readonly'])
    expect(held('aws.pay-prod.readonly')).toEqual([])
  })

  it('take fixed selectors beside a capture, and the fence narrows those too', () => {
    const { config } = load(
      withRule(`{ id: p, match: { idp: entra, pattern: '^x-(?P<role>[a-z]+)$' },
      grant: { accounts: [pay-prod, pay-dev], roles: "\${role}" }, within: { accounts: [pay-dev], roles: [readonly] } }`),
    )
    const held = entitlementsOf(compileRules(config.mapping), aPrincipal({ groups: ['x-readonly'] }), aMoment())
    expect(held.map(({ target: { name } }) => name)).toEqual(['pay-dev/readonly'])
  })

  it.each([
    [
      'a grant without a fence',
      `{ id: p, match: { idp: entra, pattern: '^a$' }, grant: { accounts: pay-dev, roles: readonly } }`,
      'needs "within"',
    ],
    [
      'no IdP',
      `{ id: p, match: { pattern: '^a$' }, grant: { accounts: pay-dev, roles: readonly }, within: { accounts: pay-dev, roles: readonly } }`,
      'is missing: a pattern is read at one IdP',
    ],
    [
      'a deny without an IdP',
      `{ id: p, match: { pattern: '^a$' }, deny: { accounts: pay-dev } }`,
      'is missing: a pattern is read at one IdP',
    ],
    [
      'a pattern that is not anchored',
      `{ id: p, match: { idp: entra, pattern: 'a' }, deny: { accounts: pay-dev } }`,
      'must be anchored',
    ],
    [
      'what RE2 does not have',
      `{ id: p, match: { idp: entra, pattern: '^(?=a)$' }, deny: { accounts: pay-dev } }`,
      'is no RE2 pattern',
    ],
    [
      'a capture that names nothing',
      `{ id: p, match: { idp: entra, pattern: '^(?P<acount>a)$' }, grant: { accounts: "\${account}", roles: readonly }, within: { accounts: pay-dev, roles: readonly } }`,
      'captures no "account", as in (?P<account>…); did you mean "acount"',
    ],
    [
      'a capture without a pattern',
      `{ id: p, match: { idp: entra, group: A }, grant: { accounts: "\${account}", roles: readonly } }`,
      'asks for a capture',
    ],
    [
      'a fence without a pattern',
      `{ id: p, match: { idp: entra, group: A }, grant: { accounts: pay-dev, roles: readonly }, within: { accounts: pay-dev, roles: readonly } }`,
      'goes with a pattern only',
    ],
    [
      'a fence around a deny',
      `{ id: p, match: { idp: entra, pattern: '^a$' }, deny: { accounts: pay-dev }, within: { accounts: pay-dev, roles: readonly } }`,
      'a deny is not fenced',
    ],
    [
      'a fence around nothing',
      `{ id: p, match: { idp: entra, pattern: '^a$' }, grant: { accounts: pay-dev, roles: readonly }, within: { accounts: "env:prdo", roles: readonly } }`,
      'selects nothing',
    ],
    [
      'two ways at once',
      `{ id: p, match: { idp: entra, group: A, pattern: '^a$' }, deny: { accounts: pay-dev } }`,
      'needs exactly one of',
    ],
  ])('are refused for %s', (_what, rule, fault) => {
    expect(faultsOf(withRule(rule)).join('\n')).toContain(fault)
  })

  it('are warned of where every group is held against them, or a capture is for nothing', () => {
    const { warnings } = load(
      withRule(
        `{ id: p, match: { idp: entra, pattern: '^(?P<what>.*)-dev$' }, grant: { accounts: pay-dev, roles: readonly }, within: { accounts: pay-dev, roles: readonly } }`,
      ),
    )
    expect(warnings.join('\n')).toMatch(/begins with nothing fixed[\s\S]*captures "what", which nothing uses/)
  })
})
