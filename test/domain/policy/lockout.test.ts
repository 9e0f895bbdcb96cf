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
  it.each<[string, typeof before, readonly string[]]>([
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
      ['no operator is left among the people who signed in lately; 1 of them were'],
    ],
    ['other people are operators', { ...before, staff: staff('payments') }, []],
  ])('%s', (_what, after, said) => {
    expect(lockoutBy(before, after, people)).toEqual(said)
  })

  it('sees an operator behind however many people who came since (threats.md R8)', () => {
    const crowd = Array.from({ length: 600 }, (_, one) => aPrincipal({ subject: `s-${one}`, groups: [] }))
    expect(lockoutBy(before, { ...before, staff: staff() }, [...crowd, ...people])).toHaveLength(1)
  })

  it('is none of those who had nothing, and none while nobody came', () => {
    expect(lockoutBy({ ...before, staff: staff() }, { index: rules('other'), staff: staff() }, [])).toEqual([])
    const nobody = { index: anIndex({ rules: [], roles: [aRoleKind()] }), staff: staff() }
    expect(lockoutBy(nobody, nobody, people)).toEqual([])
  })
})
