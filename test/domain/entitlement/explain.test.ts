import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Circumstances } from '../../../src/domain/entitlement/conditions.ts'
import { decide } from '../../../src/domain/entitlement/decide.ts'
import { explain } from '../../../src/domain/entitlement/explain.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aMoment, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const rules = [
  aRule({ id: 'team', owner: 'payments-leads@example.com', roles: ['readonly', 'dev'], maxSeconds: 3600 }),
  aRule({ id: 'sre', match: { idp: 'entra', groups: ['sre'] }, roles: ['dev', 'admin'] }),
  aRule({ id: 'of-okta', match: { idp: 'okta', groups: ['okta-devs'] } }),
  aRule({ id: 'closed', effect: 'deny', match: { idp: 'entra', groups: ['leavers'] } }),
]
const index = anIndex({ rules })
const told = (groups: readonly string[], name = 'payments-prod/dev', unmet: readonly string[] = []) =>
  explain(index, aSession({ principal: aPrincipal({ groups }) }), aTarget(index, name), unmet, aMoment())

describe('explain', () => {
  it('says which rule met whom by what, what limits the time, and what binds', () => {
    expect(told(['payments'])).toMatchObject({
      role: 'payments-prod/dev',
      available: true,
      because: 'granted',
      groups: { count: 1, state: 'stated' },
      rules: [
        {
          rule: 'team',
          effect: 'grant',
          met: { group: 'payments' },
          maxSeconds: 3600,
          owner: 'payments-leads@example.com',
        },
        { rule: 'sre', effect: 'grant', wants: ['sre'] },
      ],
      limits: [
        { by: 'role', seconds: 4 * 3600 },
        { by: 'rule', seconds: 3600 },
        { by: 'sign-in' },
        { by: 'least', seconds: 900 },
      ],
      nearest: [],
    })
  })

  it('names a deny that meets, and none that does not', () => {
    expect(told(['payments', 'leavers'])).toMatchObject({
      available: false,
      because: 'denied_by_rule',
      rules: [{ rule: 'team' }, { rule: 'sre' }, { rule: 'closed', effect: 'deny', met: { group: 'leavers' } }],
      limits: [],
      nearest: ['payments-prod/readonly'],
      ask: ['payments-leads@example.com'],
    })
    expect(told(['payments']).rules.map(({ rule }) => rule)).not.toContain('closed')
  })

  it('says nothing of rules about other directories, nor which groups lead to a role that is kept from sight (threats.md P3)', () => {
    expect(JSON.stringify(told([]))).not.toContain('okta')
    const hidden = anIndex({
      rules,
      roles: [...aMapping().roles.values()].map((kind) => ({ ...kind, discoverable: false })),
    })
    const answer = explain(
      hidden,
      aSession({ principal: aPrincipal({ groups: [] }) }),
      aTarget(hidden, 'payments-prod/dev'),
      [],
      aMoment(),
    )
    expect(answer).toMatchObject({ available: false, because: 'not_entitled', rules: [] })
    expect(JSON.stringify(answer)).not.toMatch(/sre|payments"/)
  })

  it('tells apart what the rules, the session and the clock keep back', () => {
    expect(told(['payments'], 'payments-prod/dev', ['closed_to_devices'])).toMatchObject({
      available: false,
      because: 'condition_unmet',
      unmet: ['closed_to_devices'],
    })
    const ending = aSession({ principal: aPrincipal({ groups: ['payments'] }), endsAt: secondsAfter(NINE, 899) })
    expect(explain(index, ending, aTarget(index, 'payments-prod/dev'), [], aMoment()).because).toBe('sign_in_required')
  })

  it('never says otherwise than the decision', () => {
    const accounts = [anAccount(), anAccount({ alias: 'b', id: '210987654321' })]
    const kinds = [aRoleKind(), aRoleKind({ key: 'r', roleName: 'R' })]
    const word = fc.constantFrom('a', 'b', 'c')
    const rule = fc
      .record({
        groups: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
        deny: fc.boolean(),
        at: fc.subarray(['payments-prod', 'b'], { minLength: 1 }),
        of: fc.subarray(['dev', 'r'], { minLength: 1 }),
      })
      .map(({ groups, deny, at, of }) =>
        aRule({ match: { idp: 'entra', groups }, effect: deny ? 'deny' : 'grant', accounts: at, roles: of }),
      )
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), fc.uniqueArray(word), (made, groups) => {
        const numbered = made.map((one, at) => ({ ...one, id: `r${at}` }))
        const some = anIndex({ accounts, roles: kinds, rules: numbered })
        const session = aSession({ principal: aPrincipal({ groups }) })
        for (const name of ['payments-prod/dev', 'b/r']) {
          const target = aTarget(some, name)
          const decision = decide(some, session.principal, target, aMoment())
          const answer = explain(some, session, target, [], aMoment())
          expect(answer.available).toBe(decision.allowed)
          const met = answer.rules
            .filter((one) => one.met !== undefined && one.effect === 'grant')
            .map((one) => one.rule)
          if (decision.allowed) expect(new Set(met)).toEqual(new Set(decision.entitlement.via.map((via) => via.rule)))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('of a role that is bound to the address that asks (threats.md R12)', () => {
  const bound = anIndex({ roles: [aRoleKind({ bindIp: true })] })
  const seen = (address: string, more: Partial<Circumstances> = {}) =>
    explain(bound, aSession(), aTarget(bound, 'payments-prod/dev'), [], aMoment({ address, ...more }))

  it('it says so', () => {
    expect(seen('52.94.76.7')).toMatchObject({ available: true, bindIp: true, unmet: [] })
    expect(told(['payments'])).not.toHaveProperty('bindIp')
  })

  it.each([
    ['', 'address_unknown'],
    ['10.0.0.1', 'address_private'],
  ])('it is not there for %j', (address, why) => {
    expect(seen(address)).toMatchObject({ available: false, because: 'condition_unmet', unmet: [why] })
  })

  it('it is there for somebody imagined of whose address nothing was said', () => {
    expect(seen('', { assumed: new Set(['ip']) })).toMatchObject({ available: true, bindIp: true })
  })
})
