import { describe, expect, it } from 'vitest'
import { decide, entitlementsOf, holdingsOf, requireEntitlement } from '../../../src/domain/entitlement/decide.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import type { Principal } from '../../../src/domain/sign-in/principal.ts'
import { anAccount, anIndex, aRoleKind, aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { patternOf } from '../../support/generated-rules.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aMoment } from '../../support/a-session.ts'

const HOUR = 3600
const decided = (rules: readonly Rule[], principal: Principal = aPrincipal(), name = 'payments-prod/dev') => {
  const index = anIndex({ rules })
  return decide(index, principal, aTarget(index, name), aMoment())
}
const isAllowed = (rules: readonly Rule[], principal?: Principal, name?: string) =>
  decided(rules, principal, name).allowed
const deny = (changes: Parameters<typeof aRule>[0] = {}) => aRule({ id: 'deny', effect: 'deny', ...changes })

describe('decide: who a rule meets', () => {
  it.each([
    { because: 'a group of theirs opens its role', groups: ['payments'], allowed: true },
    { because: 'one of several is enough', groups: ['x', 'payments'], allowed: true },
    { because: 'no group opens no role (security.md M-1)', groups: [], allowed: false },
    { because: 'an unknown group opens none', groups: ['other'], allowed: false },
    { because: 'case matters (security.md M-3)', groups: ['Payments'], allowed: false },
    { because: 'a prefix is another group', groups: ['payment'], allowed: false },
    { because: 'a longer name is another group', groups: ['payments-leads'], allowed: false },
    { because: 'a blank makes another group (security.md M-4)', groups: ['payments '], allowed: false },
    { because: 'a line feed makes another group (security.md M-6)', groups: ['payments\n'], allowed: false },
    { because: 'a star is no wildcard (security.md M-11)', groups: ['*'], allowed: false },
    { because: 'a pattern is no pattern', groups: ['.*', 'pay.*', '^payments$'], allowed: false },
    {
      because: 'a replacement pattern means nothing (security.md M-10)',
      groups: ['$&', '$1', '${group}'],
      allowed: false,
    },
    {
      because: 'names that objects know open nothing (security.md M-12)',
      groups: ['__proto__', 'constructor'],
      allowed: false,
    },
  ])('$because', ({ groups, allowed }) => {
    expect(isAllowed([aRule()], aPrincipal({ groups }))).toBe(allowed)
  })

  it.each(['*', '.*', '__proto__', 'constructor', 'toString', '${group}', ''])(
    'a rule for a group called %j meets whoever is in it, and nobody else (threats.md R4)',
    (name) => {
      const rules = [aRule({ match: { idp: 'entra', groups: [name] } })]
      expect(isAllowed(rules, aPrincipal({ groups: [name] }))).toBe(true)
      expect(isAllowed(rules, aPrincipal({ groups: ['payments', 'anything'] }))).toBe(false)
      expect(isAllowed(rules, aPrincipal({ groups: [] }))).toBe(false)
    },
  )

  it('the same group at another IdP is another group (security.md M-18)', () => {
    expect(isAllowed([aRule()], aPrincipal({ idp: 'okta' }))).toBe(false)
  })

  it.each(['constructor', '__proto__', ''])('an IdP called %j meets no rule of another', (idp) => {
    expect(isAllowed([aRule()], aPrincipal({ idp }))).toBe(false)
  })

  it('everyone of an IdP is everyone, with groups or without (threats.md R4)', () => {
    const rules = [aRule({ match: { idp: 'entra', everyone: true } })]
    expect(isAllowed(rules, aPrincipal({ groups: [] }))).toBe(true)
    expect(isAllowed(rules, aPrincipal({ groups: [], groupsState: 'absent' }))).toBe(true)
    expect(isAllowed(rules, aPrincipal({ idp: 'okta' }))).toBe(false)
  })
})

describe('decide: what a rule opens', () => {
  it.each([
    { because: 'its role in its account', name: 'payments-prod/dev', allowed: true },
    { because: 'no other role there', name: 'payments-prod/admin', allowed: false },
    { because: 'no other account', name: 'payments-dev/dev', allowed: false },
  ])('$because', ({ name, allowed }) => {
    expect(isAllowed([aRule()], aPrincipal(), name)).toBe(allowed)
  })

  it('opens nothing across two rules: account of one, role of the other', () => {
    const rules = [
      aRule({ id: 'one', accounts: ['payments-prod'], roles: ['dev'] }),
      aRule({ id: 'two', accounts: ['payments-dev'], roles: ['admin'] }),
    ]
    expect(isAllowed(rules, aPrincipal(), 'payments-prod/admin')).toBe(false)
    expect(isAllowed(rules, aPrincipal(), 'payments-dev/dev')).toBe(false)
  })
})

describe('decide: deny beats grant (security.md M-7)', () => {
  it.each([
    { because: 'written after the grant', rules: [aRule(), deny()] },
    { because: 'written before it', rules: [deny(), aRule()] },
    { because: 'by everyone of the IdP', rules: [aRule(), deny({ match: { idp: 'entra', everyone: true } })] },
    { because: 'by a group at any IdP (threats.md I3)', rules: [aRule(), deny({ match: { groups: ['payments'] } })] },
    { because: 'by everyone at any IdP', rules: [aRule(), deny({ match: { everyone: true } })] },
    { because: 'though three grants open it', rules: [aRule(), aRule({ id: 'b' }), deny(), aRule({ id: 'c' })] },
  ])('$because', ({ rules }) => {
    expect(decided(rules)).toEqual({ allowed: false, code: 'denied_by_rule', rule: 'deny' })
  })

  it.each([
    { because: 'for another group', rule: deny({ match: { idp: 'entra', groups: ['contractors'] } }) },
    { because: 'for a group they are nearly in', rule: deny({ match: { idp: 'entra', groups: ['PAYMENTS'] } }) },
    { because: 'at another IdP', rule: deny({ match: { idp: 'okta', everyone: true } }) },
    { because: 'of another account', rule: deny({ accounts: ['payments-dev'] }) },
    { because: 'of another role', rule: deny({ roles: ['admin'] }) },
  ])('but does nothing when it is $because', ({ rule }) => {
    expect(isAllowed([aRule(), rule])).toBe(true)
  })

  it('names the first deny of the file', () => {
    const rules = [aRule(), deny({ id: 'first' }), deny({ id: 'second', match: { everyone: true } })]
    expect(decided(rules)).toMatchObject({ rule: 'first' })
  })

  it('says denied also to somebody no grant met', () => {
    expect(decided([deny()])).toMatchObject({ code: 'denied_by_rule' })
  })
})

describe('decide: which grant is used', () => {
  const used = (rules: readonly Rule[], principal?: Principal) => {
    const decision = decided(rules, principal)
    if (!decision.allowed) throw new Error(decision.code)
    const { maxSeconds, limitedBy, via } = decision.entitlement
    return { maxSeconds, limitedBy, via: via.map(({ rule }) => rule) }
  }

  it.each([
    {
      because: 'the longest, wherever it stands',
      rules: [aRule({ id: 'short', maxSeconds: HOUR }), aRule({ id: 'long', maxSeconds: 2 * HOUR })],
      is: { maxSeconds: 2 * HOUR, limitedBy: 'rule', via: ['long', 'short'] },
    },
    {
      because: 'one without a limit is as long as the role',
      rules: [aRule({ id: 'short', maxSeconds: HOUR }), aRule({ id: 'open' })],
      is: { maxSeconds: 4 * HOUR, limitedBy: 'role', via: ['open', 'short'] },
    },
    {
      because: 'of equally long ones the first in the file',
      rules: [aRule({ id: 'b', maxSeconds: HOUR }), aRule({ id: 'a', maxSeconds: HOUR })],
      is: { maxSeconds: HOUR, limitedBy: 'rule', via: ['b', 'a'] },
    },
    {
      because: 'what the role cuts to one length is equally long (threats.md R11)',
      rules: [
        aRule({ id: 'ten', maxSeconds: 10 * HOUR }),
        aRule({ id: 'open' }),
        aRule({ id: 'four', maxSeconds: 4 * HOUR }),
      ],
      is: { maxSeconds: 4 * HOUR, limitedBy: 'role', via: ['ten', 'open', 'four'] },
    },
    {
      because: 'no grant is longer than the role (threats.md R11)',
      rules: [aRule({ id: 'twelve', maxSeconds: 12 * HOUR })],
      is: { maxSeconds: 4 * HOUR, limitedBy: 'role', via: ['twelve'] },
    },
  ])('$because', ({ rules, is }) => {
    expect(used(rules)).toEqual(is)
  })

  it('says by which group; by none where the rule is for everyone', () => {
    const rules = [
      aRule({ id: 'all', match: { idp: 'entra', everyone: true } }),
      aRule({ id: 'some', match: { idp: 'entra', groups: ['a', 'b'] } }),
    ]
    const decision = decided(rules, aPrincipal({ groups: ['b', 'c'] }))
    expect(decision).toMatchObject({
      entitlement: {
        via: [
          { rule: 'all', group: null },
          { rule: 'some', group: 'b' },
        ],
      },
    })
  })
})

describe('requireEntitlement', () => {
  const index = anIndex({ rules: [aRule(), deny({ accounts: ['payments-dev'] })] })

  it('answers the entitlement', () => {
    expect(requireEntitlement(index, aPrincipal(), aTarget(index), aMoment()).target.name).toBe('payments-prod/dev')
  })

  it('refuses by default, naming the role', () => {
    const refusal = refusalOf(() =>
      requireEntitlement(index, aPrincipal(), aTarget(index, 'payments-prod/admin'), aMoment()),
    )
    expect(refusal).toMatchObject({ code: 'not_entitled', values: { role: 'payments-prod/admin' } })
  })

  it('refuses by a deny, naming the rule', () => {
    const refusal = refusalOf(() =>
      requireEntitlement(index, aPrincipal(), aTarget(index, 'payments-dev/dev'), aMoment()),
    )
    expect(refusal).toMatchObject({ code: 'denied_by_rule', values: { rule: 'deny' } })
  })
})

describe('entitlementsOf', () => {
  const names = (rules: readonly Rule[], principal = aPrincipal()) =>
    entitlementsOf(anIndex({ rules }), principal, aMoment()).map(({ target }) => target.name)

  it('lists roles in the order of the file, accounts first', () => {
    const rules = [
      aRule({ id: 'late', accounts: ['payments-dev', 'payments-prod'], roles: ['admin', 'dev'] }),
      aRule({ id: 'later', roles: ['readonly'] }),
    ]
    expect(names(rules)).toEqual([
      'payments-prod/readonly',
      'payments-prod/dev',
      'payments-prod/admin',
      'payments-dev/dev',
      'payments-dev/admin',
    ])
  })

  it('lists a role opened twice once', () => {
    expect(names([aRule(), aRule({ id: 'again' })])).toEqual(['payments-prod/dev'])
  })

  it('lists no role that is denied', () => {
    expect(names([aRule({ roles: ['dev', 'admin'] }), deny({ roles: ['admin'] })])).toEqual(['payments-prod/dev'])
  })

  it('lists nothing for what the file does not hold', () => {
    expect(names([aRule({ accounts: ['gone', '__proto__'], roles: ['dev', 'constructor'] })])).toEqual([])
  })

  it('lists nothing for somebody no rule meets', () => {
    expect(names([aRule()], aPrincipal({ groups: [] }))).toEqual([])
  })
})

describe('holdingsOf', () => {
  const accounts = ['a', 'b', 'c', 'd'].map((alias, n) => anAccount({ alias, id: `00000000000${n}` }))
  const held = (rules: readonly Rule[]) => holdingsOf(anIndex({ accounts, rules }), aPrincipal(), aMoment())

  it('shares one list among accounts that the same rules cover, so that many accounts cost little', () => {
    const [a, b, c, d] = held([
      aRule({ id: 'all', accounts: ['d', 'c', 'b', 'a'], roles: ['readonly'] }),
      aRule({ id: 'two', accounts: ['a', 'c'] }),
    ])
    expect(c?.roles).toBe(a?.roles)
    expect(d?.roles).toBe(b?.roles)
    expect(a?.roles.map(({ kind }) => kind.key)).toEqual(['readonly', 'dev'])
    expect(b?.roles.map(({ kind }) => kind.key)).toEqual(['readonly'])
  })

  it('is done with thousands of rules and groups at once: whoever names groups must not stop the gateway (security.md M-17)', () => {
    const names = Array.from({ length: 3_000 }, (_, n) => String(n))
    const accounts = names.slice(0, 20).map((n) => anAccount({ alias: `a-${n}`, id: n.padStart(12, '0') }))
    const roles = names.slice(0, 20).map((n) => aRoleKind({ key: `r-${n}`, roleName: `R${n}` }))
    const rules = names.map((n, at) =>
      aRule({
        id: `rule-${n}`,
        match: { idp: 'entra', groups: [n] },
        accounts: accounts.filter((_, place) => (place + at) % 3 > 0).map(({ alias }) => alias),
        roles: roles.map(({ key }) => key),
      }),
    )
    const held = holdingsOf(anIndex({ accounts, roles, rules }), aPrincipal({ groups: names }), aMoment())
    expect(held.map(({ roles: open }) => open.length)).toEqual(accounts.map(() => 20))
    expect(held[0]?.roles[0]?.via).toHaveLength(20)
  })

  it('looks at all accounts of a rule once, however many groups name a role of it (security.md M-17)', () => {
    const many = Array.from({ length: 500 }, (_, n) => anAccount({ alias: `a-${n}`, id: `${n}`.padStart(12, '0') }))
    const rule: Rule = {
      ...aRule({ accounts: many.map(({ alias }) => alias), roles: ['dev', 'admin'] }),
      match: { idp: 'entra', pattern: patternOf('^aws-.*-(?P<role>[a-z]+)$'), role: [{ capture: 'role' }] },
    }
    const groups = Array.from({ length: 300 }, (_, n) => `aws-${n}-${n % 2 === 0 ? 'dev' : 'admin'}`)
    const index = anIndex({ accounts: many, rules: [rule] })
    let places = 0
    const counting: typeof index = {
      ...index,
      placesOf(asked) {
        const found = index.placesOf(asked)
        places += found.length
        return found
      },
    }
    const held = holdingsOf(counting, aPrincipal({ groups }), aMoment())
    expect(places).toBe(many.length)
    expect(held.map(({ roles }) => roles.map(({ kind }) => kind.key).join(' '))).toEqual(many.map(() => 'dev admin'))
    expect(held[0]?.roles[0]?.via.slice(0, 3).map(({ group }) => group)).toEqual([
      'aws-0-dev',
      'aws-2-dev',
      'aws-4-dev',
    ])
    // For the next person too.
    const rulesOf = (names: readonly string[]) =>
      new Set(index.met(aPrincipal({ groups: names })).map(({ rule: met }) => met))
    expect([...rulesOf(['aws-x-dev'])]).toEqual([...rulesOf(groups)].slice(0, 1))
    expect([...rulesOf(['aws-x-dev'])][0]).toBe([...rulesOf(groups)][0])
  })

  it('leaves out an account in which everything is denied', () => {
    const rules = [aRule({ accounts: ['a', 'b'] }), deny({ accounts: ['b'] })]
    expect(held(rules).map(({ account }) => account.alias)).toEqual(['a'])
  })
})
