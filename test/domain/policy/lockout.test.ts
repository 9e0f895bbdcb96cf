import { describe, expect, it } from 'vitest'
import { lockoutBy } from '../../../src/domain/policy/lockout.ts'
import { anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'

const staff = (group?: string) => ({
  operators: group === undefined ? [] : [{ idp: 'entra', groups: [group] }],
  auditors: [],
})
const rules = (...groups: readonly string[]) =>
  anIndex({ rules: groups.map((group) => aRule({ id: group, match: { idp: 'entra', groups: [group] } })) })
const [alice, bob, carol] = ['payments', 'platform', 'nobody'].map((group) =>
  aPrincipal({ subject: group, groups: [group] }),
)
const people = [alice, bob, carol].flatMap((one) => one ?? [])
const before = { index: rules('payments', 'platform'), staff: staff('platform') }

describe('a lockout', () => {
  it.each<[string, typeof before, readonly string[], boolean?]>([
    ['nothing changes', before, []],
    ['roles change, and each keeps one', { ...before, index: rules('platform', 'payments') }, []],
    [
      'somebody loses all',
      { ...before, index: rules('platform') },
      ['1 of 2 people who signed in lately lose every role'],
    ],
    ['everybody does', { ...before, index: rules('other') }, ['2 of 2 people who signed in lately lose every role']],
    [
      'nobody is an operator any more',
      { ...before, staff: staff('someone-else') },
      ['no operator is left among the people who signed in lately; 1 of them were'],
    ],
    [
      'there are no operators at all any more: `admin` is gone',
      { ...before, staff: staff() },
      ['no operator is named any more', 'no operator is left among the people who signed in lately; 1 of them were'],
      true,
    ],
    ['other people are operators', { ...before, staff: staff('payments') }, []],
  ])('%s', (_what, after, said, ofAllOperators = false) => {
    expect(lockoutBy(before, after, people)).toEqual({ said, ofAllOperators })
  })

  describe('of all operators (threats.md R8)', () => {
    const both = { ...before, staff: { operators: [{ idp: 'entra', groups: ['payments', 'platform'] }], auditors: [] } }
    const isOne = (...[from, to, who]: Parameters<typeof lockoutBy>) => lockoutBy(from, to, who).ofAllOperators

    it('is none while one of them stays, or another comes in their place', () => {
      expect(isOne(both, { ...both, staff: staff('platform') }, people)).toBe(false)
      expect(isOne(both, { ...both, staff: staff('nobody') }, people)).toBe(false)
    })

    it('is none when one person is removed, though nobody else signed in lately', () => {
      expect(isOne(both, { ...both, staff: staff('others') }, [alice ?? aPrincipal()])).toBe(false)
    })

    it('is one when several came lately, and none of them is left', () => {
      expect(isOne(both, { ...both, staff: staff('others') }, people)).toBe(true)
    })

    it('is one when nobody is named any more, whoever came lately', () => {
      expect(isOne(both, { ...both, staff: staff() }, [])).toBe(true)
      expect(isOne(both, { ...both, staff: { operators: [], auditors: both.staff.operators } }, people)).toBe(true)
    })

    it('is none where nobody was named before', () => {
      expect(isOne({ ...both, staff: staff() }, { ...both, staff: staff() }, people)).toBe(false)
    })
  })

  it('sees an operator behind however many people who came since (threats.md R8)', () => {
    const crowd = Array.from({ length: 600 }, (_, one) => aPrincipal({ subject: `s-${one}`, groups: [] }))
    expect(lockoutBy(before, { ...before, staff: staff('others') }, [...crowd, ...people]).said).toHaveLength(1)
  })

  it('is none of those who had nothing, and none while nobody came', () => {
    const none = { said: [], ofAllOperators: false }
    expect(lockoutBy({ ...before, staff: staff() }, { index: rules('other'), staff: staff() }, [])).toEqual(none)
    const nobody = { index: anIndex({ rules: [], roles: [aRoleKind()] }), staff: staff() }
    expect(lockoutBy(nobody, nobody, people)).toEqual(none)
  })
})
