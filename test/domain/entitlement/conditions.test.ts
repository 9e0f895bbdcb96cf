import { describe, expect, it } from 'vitest'
import { rangesOf } from '../../../src/config/networks.ts'
import { isReason, LONGEST_REASON, verdictsOn, type Circumstances } from '../../../src/domain/entitlement/conditions.ts'
import { decide } from '../../../src/domain/entitlement/decide.ts'
import type { Requirement } from '../../../src/domain/entitlement/requirement.ts'
import { parseTimeWindow } from '../../../src/domain/entitlement/time-window.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import { anIndex, aRoleKind, aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aMoment, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const OFFICE: Requirement = { networks: rangesOf(['52.94.76.0/24', '2001:db8::/48']) }
const DAYTIME: Requirement = { windows: [parseTimeWindow('Mon-Fri 08:00-18:00 UTC') ?? []].flat() }
const TICKET: Requirement = {
  reason: { pattern: '^INC-[0-9]+$', hint: 'a ticket, as INC-123', fits: (text) => /^INC-\d+$/.test(text) },
}
const MFA: Requirement = { mfaSeconds: 600 }
const APPROVAL: Requirement = {
  approval: { of: 'role admin', idp: 'entra', groups: ['leads'], validSeconds: 4 * HOUR },
}

const verdict = (requirement: Requirement, seen: Partial<Circumstances> = {}) =>
  verdictsOn(requirement, aMoment(seen)).map(({ met, wants, saw }) => [met, wants, saw])

describe('a second factor (threats.md I6)', () => {
  it.each([
    { because: 'just now', ago: 0, is: [true, '10m', '0s'] },
    { because: 'at the very end', ago: 600, is: [true, '10m', '10m'] },
    { because: 'a second too long ago', ago: 601, is: [false, '10m', '10m1s'] },
    { because: 'by a clock that is ahead of ours', ago: -30, is: [true, '10m', '0s'] },
  ])('used $because', ({ ago, is }) => {
    expect(verdict(MFA, { mfaAt: secondsAfter(NINE, -ago) })).toEqual([is])
  })

  it('that nothing shows was not used', () => {
    expect(verdict(MFA)).toEqual([[false, '10m', '']])
  })
})

describe('where it is asked from (threats.md R12)', () => {
  it.each([
    ['52.94.76.7', true],
    ['203.0.114.7', false],
    ['2001:db8:0:1::7', true],
    ['2001:db9::7', false],
    ['::ffff:52.94.76.7', true],
    ['::ffff:345e:4c07', true],
    ['::ffff:198.51.100.1', false],
    ['2001:db8::7%eth0', true],
    ['', false],
    ['unknown', false],
    ['52.94.76.7, 198.51.100.1', false],
    ['52.94.76.7:443', false],
    ['0', false],
  ])('%j is inside: %s', (address, met) => {
    expect(verdict(OFFICE, { address })[0]?.[0]).toBe(met)
  })

  it('says what is wanted and what was seen', () => {
    expect(verdict(OFFICE, { address: '::ffff:198.51.100.1' })).toEqual([
      [false, '52.94.76.0/24, 2001:db8::/48', '198.51.100.1'],
    ])
  })
})

describe('when it is asked', () => {
  it('is open in one of several windows', () => {
    const windows = ['06:00-07:00 UTC', 'Mon 09:00-10:00 UTC'].flatMap((text) => parseTimeWindow(text) ?? [])
    expect(verdict({ windows })).toEqual([[true, '06:00-07:00 UTC, Mon 09:00-10:00 UTC', 'Mon 09:00']])
    expect(verdict({ windows }, { now: secondsAfter(NINE, HOUR) })[0]?.[0]).toBe(false)
  })
})

describe('a reason', () => {
  it.each([
    [undefined, false],
    ['INC-123', true],
    ['inc-123', false],
    ['see INC-123', false],
    ['INC-123 and more', false],
  ])('%j fits a ticket: %s', (reason, met) => {
    expect(verdict(TICKET, reason === undefined ? {} : { reason })[0]?.[0]).toBe(met)
  })

  it.each([
    ['words in a line', true],
    ['Überstunden, 100 % nötig', true],
    ['', false],
    ['   ', false],
    ['two\nlines', false],
    ['a tab\t', false],
    ['\u0000', false],
    ['\u202eturned round', false],
    ['a separator\u2028', false],
    ['x'.repeat(LONGEST_REASON), true],
    ['x'.repeat(LONGEST_REASON + 1), false],
  ])('%j may be given: %s', (text, is) => expect(isReason(text)).toBe(is))
})

describe('an imagined person', () => {
  it('meets what is assumed, and never an approval unless that is said too', () => {
    const every = { ...MFA, ...OFFICE, ...DAYTIME, ...TICKET, ...APPROVAL }
    const seen = aMoment({ address: '', assumed: new Set(['mfa_within', 'ip', 'time', 'reason']) })
    const unmet = verdictsOn(every, seen).filter(({ met }) => !met)
    expect(unmet.map(({ condition }) => condition)).toEqual(['approval'])
  })
})

describe('decide: conditions', () => {
  const decided = (rules: readonly Rule[], seen: Partial<Circumstances> = {}, role: Requirement = {}) => {
    const kind = { ...aRoleKind(), ...(Object.keys(role).length > 0 && { requires: [role] }) }
    const index = anIndex({ roles: [kind], rules })
    return decide(index, aPrincipal(), aTarget(index), aMoment(seen))
  }
  const asked = (require: Requirement, changes: Partial<Rule> = {}) =>
    aRule({ ...changes, id: 'asks', require } as never)
  const lacks = (decision: ReturnType<typeof decided>) =>
    'entitlement' in decision ? decision.entitlement.unmet.map(({ condition }) => condition) : []

  it('hold for the role whatever grants it (threats.md R11)', () => {
    const decision = decided([aRule(), aRule({ id: 'b' })], { address: '198.51.100.1' }, OFFICE)
    expect(decision).toMatchObject({ allowed: false, code: 'condition_unmet' })
    expect(lacks(decision)).toEqual(['ip'])
    expect(decided([aRule()], {}, OFFICE).allowed).toBe(true)
  })

  it('of a grant bind that grant only: a laxer one opens the role, though it is shorter (threats.md R11)', () => {
    const rules = [asked(OFFICE), aRule({ id: 'lax', maxSeconds: HOUR })]
    expect(decided(rules, { address: '198.51.100.1' })).toMatchObject({
      allowed: true,
      entitlement: { maxSeconds: HOUR, via: [{ rule: 'lax' }, { rule: 'asks' }] },
    })
    // Where both may be used, the longer one is.
    expect(decided(rules)).toMatchObject({ entitlement: { maxSeconds: 4 * HOUR, via: [{ rule: 'asks' }, {}] } })
  })

  it('of role and grant both hold (contract.md)', () => {
    expect(lacks(decided([asked(DAYTIME)], { now: secondsAfter(NINE, 12 * HOUR), address: '' }, OFFICE))).toEqual([
      'ip',
      'time',
    ])
  })

  it.each([
    { because: 'a reason is a word away', require: TICKET, code: 'condition_unmet' },
    { because: 'a second factor is a sign-in away', require: MFA, code: 'step_up_required' },
    { because: 'an approval is there for nobody', require: APPROVAL, code: 'approval_required' },
    { because: 'no approval helps from elsewhere', require: { ...APPROVAL, ...OFFICE }, code: 'condition_unmet' },
    { because: 'an approval comes before a sign-in', require: { ...APPROVAL, ...MFA }, code: 'approval_required' },
  ])('$because: $code', ({ require, code }) => {
    expect(decided([asked(require)], { address: '198.51.100.1' })).toMatchObject({ allowed: false, code })
  })

  it('send no job to a sign-in: it has none', () => {
    const rule = { ...aRule(), match: { workload: 'ci', claims: {} }, require: MFA }
    const index = anIndex({ rules: [rule] })
    const job = { ...aPrincipal(), idp: 'ci', workload: true as const }
    expect(decide(index, job, aTarget(index), aMoment())).toMatchObject({ code: 'condition_unmet' })
  })

  it('of several grants that lack something, the nearest is named', () => {
    const rules = [
      aRule({ id: 'approved', require: APPROVAL }),
      aRule({ id: 'ticket', require: TICKET, maxSeconds: HOUR }),
      aRule({ id: 'office', require: OFFICE }),
    ]
    expect(decided(rules, { address: '' })).toMatchObject({
      code: 'condition_unmet',
      entitlement: { via: [{ rule: 'ticket' }, { rule: 'approved' }, { rule: 'office' }] },
    })
  })

  it('never open what a deny closes', () => {
    const deny = aRule({ id: 'deny', effect: 'deny' })
    expect(decided([asked(OFFICE), deny])).toMatchObject({ code: 'denied_by_rule' })
  })
})
