import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rangesOf } from '../../../src/config/networks.ts'
import type { Circumstances } from '../../../src/domain/entitlement/conditions.ts'
import { decide } from '../../../src/domain/entitlement/decide.ts'
import type { RuleIndex } from '../../../src/domain/entitlement/compile.ts'
import { explain } from '../../../src/domain/entitlement/explain.ts'
import type { KeptFrom } from '../../../src/domain/entitlement/nearest.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule, aTarget } from '../../support/a-mapping.ts'
import { patternOf } from '../../support/generated-rules.ts'
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
  explain(index, aSession({ principal: aPrincipal({ groups }) }), aTarget(index, name), () => unmet, aMoment())

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
      () => [],
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
    expect(explain(index, ending, aTarget(index, 'payments-prod/dev'), () => [], aMoment()).because).toBe(
      'sign_in_required',
    )
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
          const answer = explain(some, session, target, () => [], aMoment())
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
    explain(bound, aSession(), aTarget(bound, 'payments-prod/dev'), () => [], aMoment({ address, ...more }))

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

describe('what they could take in its place', () => {
  const kinds = [
    aRoleKind({ key: 'admin', roleName: 'Admin', elevated: true }),
    aRoleKind({ key: 'dev', requires: [{ reason: { fits: () => true } }] }),
    aRoleKind({ key: 'fresh', roleName: 'Fresh', requires: [{ mfaSeconds: 600 }] }),
    aRoleKind({ key: 'office', roleName: 'Office', requires: [{ networks: rangesOf(['192.0.2.0/24']) }] }),
    aRoleKind({ key: 'approved', roleName: 'Approved' }),
    aRoleKind({ key: 'bound', roleName: 'Bound', bindIp: true }),
    aRoleKind({ key: 'lacking', roleName: 'Lacking' }),
  ]
  const some = anIndex({
    roles: kinds,
    rules: [
      aRule({ roles: ['admin', 'dev', 'fresh', 'office', 'bound'] }),
      aRule({
        id: 'asks',
        roles: ['approved'],
        require: { approval: { of: 'rule asks', idp: 'entra', groups: ['leads'], validSeconds: 3600 } },
      }),
    ],
  })
  const nearestOf = (session = aSession(), kept: KeptFrom = () => [], address = '10.0.0.1') =>
    explain(some, session, aTarget(some, 'payments-prod/lacking'), kept, aMoment({ address })).nearest

  it('is what the list calls available: a reason is given with the request, and a fresh sign-in on the way', () => {
    expect(nearestOf()).toEqual(['payments-prod/dev', 'payments-prod/fresh', 'payments-prod/admin'])
    expect(nearestOf(aSession(), () => [], '192.0.2.1')).toContain('payments-prod/office')
    expect(nearestOf(aSession(), () => [], '52.94.76.7')).toContain('payments-prod/bound')
  })

  it('is nothing that their kind of session could not take', () => {
    const kept: KeptFrom = ({ kind }) => (kind.elevated ? ['browser_session_for_elevated'] : [])
    expect(nearestOf(aSession({ via: 'device' }), kept)).toEqual(['payments-prod/dev'])
  })
})

describe('a group of theirs that a fence kept out', () => {
  const capturing = (capture: string) => [{ capture }]
  const byName = (source: string, match: object, fence: Parameters<typeof aRule>[0]) =>
    anIndex({
      rules: [
        aRule({
          id: 'by-name',
          owner: 'leads',
          match: { idp: 'entra', pattern: patternOf(source), ...match },
          ...fence,
        }),
      ],
    })
  const both = byName(
    '^aws\\.(?P<account>[a-z-]+)\\.(?P<role>[a-z]+)$',
    { account: capturing('account'), role: capturing('role') },
    { accounts: ['payments-dev'], roles: ['dev'] },
  )
  const roleAlone = byName(
    '^x-(?P<role>[a-z]+)$',
    { role: capturing('role') },
    { accounts: ['payments-dev'], roles: ['dev'] },
  )
  const accountAlone = byName(
    '^y-(?P<account>[a-z-]+)$',
    { account: capturing('account') },
    { accounts: ['payments-dev'], roles: ['dev'] },
  )
  const rulesFor = (among: RuleIndex, group: string, name: string) =>
    explain(among, aSession({ principal: aPrincipal({ groups: [group] }) }), aTarget(among, name), () => [], aMoment())

  it('is told to them, and whom to ask', () => {
    const answer = rulesFor(both, 'aws.payments-prod.dev', 'payments-prod/dev')
    expect(answer).toMatchObject({ available: false, because: 'not_entitled' })
    expect(answer.rules).toEqual([
      { rule: 'by-name', effect: 'grant', owner: 'leads', fenced: 'aws.payments-prod.dev' },
    ])
    expect(answer.ask).toEqual(['leads'])
  })

  it.each([
    ['the role it names, in an account of the rule', roleAlone, 'x-admin', 'payments-dev/admin', 1],
    ['the role it names, in an account that is none of the rule’s', roleAlone, 'x-admin', 'payments-prod/admin', 0],
    ['the account it names, for a role of the rule', accountAlone, 'y-payments-prod', 'payments-prod/dev', 1],
    [
      'the account it names, for a role that is none of the rule’s',
      accountAlone,
      'y-payments-prod',
      'payments-prod/admin',
      0,
    ],
    ['another role', both, 'aws.payments-prod.dev', 'payments-prod/admin', 0],
  ])('speaks of %s', (_, among, group, name, count) => {
    expect(rulesFor(among, group, name).rules.filter(({ fenced }) => fenced !== undefined)).toHaveLength(count)
  })

  it('is told of no role that is kept from sight (threats.md P3)', () => {
    const hidden = anIndex({ rules: [...both.mapping.rules], roles: [aRoleKind({ discoverable: false })] })
    expect(rulesFor(hidden, 'aws.payments-prod.dev', 'payments-prod/dev').rules).toEqual([])
  })
})

describe('of an elevated role', () => {
  const elevated = anIndex({ roles: [aRoleKind({ elevated: true })] })
  const of = (groups: readonly string[]) =>
    explain(elevated, aSession({ principal: aPrincipal({ groups }) }), aTarget(elevated), () => [], aMoment())

  it('it says that each hand-over takes a fresh sign-in of its own (threats.md H8), where it is theirs', () => {
    expect(of(['payments'])).toMatchObject({ available: true, elevated: true })
    expect(of([])).not.toHaveProperty('elevated')
    expect(told(['payments'])).not.toHaveProperty('elevated')
  })
})

describe('of a role that lasts until a time of day', () => {
  const until = anIndex({ roles: [aRoleKind({ usual: { until: 19 * 60, timeZone: 'UTC' } })] })
  const usualAt = (now: Date, timeZone?: string) =>
    explain(
      until,
      aSession({ endsAt: secondsAfter(now, 43_200) }),
      aTarget(until),
      () => [],
      aMoment({ now }),
      timeZone,
    ).usual

  it('it names the time and whose clock is meant, as a hand-over would take it', () => {
    const four = new Date('2030-01-07T16:00:00Z')
    expect(usualAt(four)).toEqual({ seconds: 3 * 3600, limitedBy: 'default', until: '19:00', timeZone: 'UTC' })
    expect(usualAt(four, 'Europe/Berlin')).toMatchObject({ seconds: 2 * 3600, timeZone: 'Europe/Berlin' })
    expect(usualAt(new Date('2030-01-07T20:00:00Z'))).toMatchObject({ seconds: 4 * 3600, limitedBy: 'role' })
    expect(told(['payments']).usual).toEqual({ seconds: 3600, limitedBy: 'default' })
  })
})
