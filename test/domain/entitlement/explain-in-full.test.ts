import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imaginedSession } from '../../../src/domain/admin/imagine.ts'
import { imaginedCircumstances, type ImaginedCircumstances } from '../../../src/domain/entitlement/conditions.ts'
import { closedBy, NO_EMERGENCY, type Aim } from '../../../src/domain/emergency/emergency.ts'
import { explainInFull, rulesAbout } from '../../../src/domain/entitlement/explain-in-full.ts'
import { explain } from '../../../src/domain/entitlement/explain.ts'
import { parseTemplate } from '../../../src/domain/entitlement/pattern.ts'
import { readPattern } from '../../../src/config/patterns.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aMoment, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

function pattern(source: string) {
  const read = readPattern(source)
  if ('fault' in read) throw new Error(read.fault)
  return read.pattern
}

const rules = [
  aRule({ id: 'team', owner: 'leads@example.com', maxSeconds: 3600 }),
  aRule({ id: 'sre', match: { idp: 'entra', groups: ['sre', 'on-call'] }, roles: ['dev', 'admin'] }),
  aRule({ id: 'of-okta', match: { idp: 'okta', everyone: true } }),
  aRule({
    id: 'by-name',
    match: {
      idp: 'entra',
      pattern: pattern('^aws\\.(?P<account>[a-z-]+)\\.(?P<role>[a-z]+)$'),
      account: parseTemplate('${account}') ?? [],
      role: parseTemplate('${role}') ?? [],
    },
    accounts: ['payments-dev'],
    roles: ['readonly', 'dev'],
  }),
  aRule({ id: 'ci', match: { workload: 'github', claims: {} } }),
  aRule({ id: 'closed', effect: 'deny', match: { groups: ['leavers'] } }),
]
const hidden = [...aMapping().roles.values()].map((kind) => ({ ...kind, discoverable: false }))
const index = anIndex({ rules, roles: hidden })
const full = (groups: readonly string[], name = 'payments-prod/dev', idp = 'entra') =>
  explainInFull(index, imaginedSession({ idp, groups }, 43_200, NINE), aTarget(index, name), () => [], aMoment())

const OFFICE = { ranges: ['10.0.0.0/8'], includes: (address: string) => address.startsWith('10.') }

describe('explainInFull', () => {
  it('shows every rule about the role with its groups, discoverable or not, and what it says to this person (security.md M-22)', () => {
    expect(full(['payments'])).toMatchObject({
      available: true,
      because: 'granted',
      groups: { count: 1, state: 'stated' },
      rules: [
        {
          rule: 'team',
          verdict: 'met',
          met: { group: 'payments' },
          of: { idp: 'entra', groups: ['payments'] },
          owner: 'leads@example.com',
          maxSeconds: 3600,
        },
        { rule: 'sre', verdict: 'other_group', of: { groups: ['sre', 'on-call'] } },
        { rule: 'of-okta', verdict: 'other_idp', of: { idp: 'okta', everyone: true } },
        { rule: 'ci', verdict: 'jobs_only', of: { workload: 'github' } },
        { rule: 'closed', effect: 'deny', verdict: 'other_group', of: { groups: ['leavers'] } },
      ],
    })
  })

  it('shows the deny that closes it', () => {
    expect(full(['payments', 'leavers'])).toMatchObject({ available: false, because: 'denied_by_rule' })
    expect(full(['leavers'], 'payments-prod/dev', 'okta')).toMatchObject({ because: 'denied_by_rule' })
  })

  it('shows the fence that kept a group out of the very role it names', () => {
    const { rules: told, available } = full(['aws.payments-prod.admin'], 'payments-prod/admin')
    expect(available).toBe(false)
    expect(told.find(({ rule }) => rule === 'by-name')).toMatchObject({
      verdict: 'fenced',
      fenced: 'aws.payments-prod.admin',
      of: { pattern: expect.stringContaining('aws') },
    })
    // Of another role that fence says nothing.
    expect(full(['aws.payments-prod.admin']).rules.map(({ rule }) => rule)).not.toContain('by-name')
    expect(full(['aws.payments-dev.dev'], 'payments-dev/dev').rules).toMatchObject([
      { verdict: 'met', met: { group: 'aws.payments-dev.dev' } },
    ])
  })

  it('names whose word is wanted, of a role too that is kept from sight: its people are told of nobody (threats.md P3)', () => {
    const approval = { of: 'rule asks', idp: 'entra', groups: ['leads'], validSeconds: 3600 }
    const asking = anIndex({ rules: [aRule({ id: 'asks', require: { approval } })], roles: hidden })
    const asked = [asking, aSession(), aTarget(asking), () => [], aMoment()] as const
    expect(explainInFull(...asked).conditions).toMatchObject([{ approvers: { idp: 'entra', groups: ['leads'] } }])
    expect(explain(...asked).conditions).toMatchObject([{ condition: 'approval', met: false }])
    expect(JSON.stringify(explain(...asked))).not.toContain('leads')
  })

  it('reads a group once, however often it is written', () => {
    expect(full(['payments', 'payments']).groups.count).toBe(1)
  })

  it('says of each condition what is asked, and takes as met what nothing is said of', () => {
    const asked = aRule({ id: 'office', require: { networks: OFFICE, mfaSeconds: 600 } })
    const some = anIndex({ rules: [asked] })
    const about = (said: ImaginedCircumstances) => {
      const as = { idp: 'entra', groups: ['payments'] }
      const circumstances = imaginedCircumstances(said, NINE)
      return explainInFull(some, imaginedSession(as, 43_200, NINE), aTarget(some), () => [], circumstances)
    }
    expect(about({})).toMatchObject({
      available: true,
      conditions: [
        { condition: 'mfa_within', met: true, assumed: true },
        { condition: 'ip', met: true, assumed: true },
      ],
      rules: [
        {
          rule: 'office',
          requires: [
            { condition: 'mfa_within', wants: '10m' },
            { condition: 'ip', wants: '10.0.0.0/8' },
          ],
        },
      ],
    })
    const inside = about({ ip: '10.1.2.3', mfa: 300 })
    expect(inside.available).toBe(true)
    expect(inside.conditions.map(({ assumed, saw }) => [assumed, saw])).toEqual([
      [undefined, '5m'],
      [undefined, '10.1.2.3'],
    ])
    expect(about({ ip: '192.0.2.1' })).toMatchObject({ available: false, because: 'condition_unmet' })
    expect(about({ mfa: false })).toMatchObject({ available: false, because: 'step_up_required' })
  })

  it('makes of anybody what they are told themselves, whatever is asked (parity)', () => {
    const accounts = [anAccount(), anAccount({ alias: 'b', id: '210987654321' })]
    const requirement = fc.record(
      {
        mfaSeconds: fc.constantFrom(60, 600),
        networks: fc.constant(OFFICE),
        reason: fc.constant({ fits: (text: string) => text.startsWith('INC') }),
      },
      { requiredKeys: [] },
    )
    const match = fc.oneof(
      fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((groups) => ({ idp: 'entra', groups })),
      fc.constantFrom({ idp: 'okta', groups: ['a'] }, { idp: 'entra', everyone: true as const }),
    )
    const rule = fc
      .record({
        match,
        deny: fc.boolean(),
        at: fc.subarray(['payments-prod', 'b'], { minLength: 1 }),
        of: fc.subarray(['dev', 'r'], { minLength: 1 }),
        maxSeconds: fc.constantFrom(900, 1800, undefined),
        require: fc.option(requirement, { nil: undefined }),
      })
      .map(({ match: whom, deny, at, of, maxSeconds, require }) =>
        aRule({
          match: whom,
          effect: deny ? 'deny' : 'grant',
          accounts: at,
          roles: of,
          ...(maxSeconds !== undefined && { maxSeconds }),
          ...(require !== undefined && !deny && { require }),
        }),
      )
    const kinds = fc
      .tuple(fc.option(requirement, { nil: undefined }), fc.boolean())
      .map(([require, discoverable]) => [
        aRoleKind({ discoverable }),
        aRoleKind({ key: 'r', roleName: 'R', maxSeconds: 3600, ...(require !== undefined && { require }) }),
      ])
    const said = fc.record({
      ip: fc.constantFrom('10.9.9.9', '192.0.2.1'),
      mfa: fc.constantFrom(30, 300, 6000, false as const),
      reason: fc.constantFrom('INC-1', 'because', false as const),
    })
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        kinds,
        fc.subarray(['a', 'b', 'c', 'd']),
        said,
        (made, roles, groups, how) => {
          const some = anIndex({ accounts, roles, rules: made.map((one, at) => ({ ...one, id: `r${at}` })) })
          const own = aSession({ principal: aPrincipal({ groups }) })
          const theirs = imaginedSession({ idp: 'entra', groups }, 12 * 3600, NINE)
          const circumstances = imaginedCircumstances({ at: NINE, ...how }, secondsAfter(NINE, 999))
          // As a door and a sign-in would have seen it.
          const seen = {
            now: NINE,
            address: how.ip,
            ...(how.mfa !== false && { mfaAt: secondsAfter(NINE, -how.mfa) }),
            ...(how.reason !== false && { reason: how.reason }),
          }
          for (const name of ['payments-prod/dev', 'b/r']) {
            const target = aTarget(some, name)
            const { rules: told, ...self } = explain(some, own, target, () => [], seen)
            const { rules: all, ...other } = explainInFull(some, theirs, target, () => [], circumstances)
            expect(other).toEqual(self)
            const met = (list: readonly { rule: string; met?: unknown; used?: unknown }[]) =>
              list.flatMap((one) => (one.met === undefined ? [] : [[one.rule, one.met, one.used]]))
            expect(met(all)).toEqual(met(told))
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('an emergency deny (threats.md R8)', () => {
  const deny = (aim: Aim, by: string) => ({ aim, since: '2030-01-07T09:00:00.000Z', by, reason: 'why' })
  const closed = closedBy(
    {
      ...NO_EMERGENCY,
      denies: [
        deny(
          { kind: 'person', issuer: 'https://idp.example.com/tenant', subject: 'oid-2', username: 'bob' },
          'about-bob',
        ),
        deny({ kind: 'idp', idp: 'okta' }, 'about-okta'),
        deny({ kind: 'role', role: 'payments-prod/dev' }, 'about-the-role'),
      ],
    },
    index,
  )
  const owners = (list: readonly { rule: string; owner?: string }[]) =>
    list.flatMap(({ rule, owner }) => (rule === 'emergency' ? [/by (\S+)$/.exec(owner ?? '')?.[1]] : []))

  it('is said of whom it closes, and of nobody else', () => {
    const about = (idp: string) =>
      explainInFull(closed, imaginedSession({ idp, groups: [] }, 43_200, NINE), aTarget(closed), () => [], aMoment())
    expect(owners(about('entra').rules)).toEqual(['about-the-role'])
    expect(owners(about('okta').rules)).toEqual(['about-okta', 'about-the-role'])
    expect(owners(rulesAbout(closed, aTarget(closed)))).toEqual(['about-the-role'])
    expect(owners(rulesAbout(closed, aTarget(closed, 'payments-prod/admin')))).toEqual([])
  })

  it('about one person is no news to another', () => {
    const told = explain(closed, aSession(), aTarget(closed), () => [], aMoment())
    expect([told.because, owners(told.rules)]).toEqual(['denied_by_rule', ['about-the-role']])
    const bob = aSession({ principal: aPrincipal({ subject: 'oid-2' }) })
    expect(owners(explain(closed, bob, aTarget(closed), () => [], aMoment()).rules)).toEqual([
      'about-bob',
      'about-the-role',
    ])
  })
})

describe('rulesAbout', () => {
  it('says who may take a role, and no word of anybody', () => {
    const told = rulesAbout(index, aTarget(index, 'payments-prod/admin'))
    expect(told).toEqual([{ rule: 'sre', effect: 'grant', of: { idp: 'entra', groups: ['sre', 'on-call'] } }])
  })
})
