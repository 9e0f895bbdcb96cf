import { describe, expect, it } from 'vitest'
import { principalFrom } from '../../../src/domain/sign-in/claims.ts'
import { nearsLimit } from '../../../src/domain/sign-in/group-limit.ts'

const inGroups = (count: number, most?: number) =>
  principalFrom(
    { issuer: 'i', claims: { sub: 's', name: 'n', groups: Array.from({ length: count }, (_, n) => `g${n}`) } },
    {
      idp: 'okta',
      subject: 'sub',
      username: 'name',
      groups: { claim: 'groups', ...(most !== undefined && { most }) },
      keep: [],
    },
  ).groups

describe('a list of groups nears its limit', () => {
  it.each([
    [79, 100, false],
    [80, 100, true],
    [100, 100, true],
    [60, 75, true],
    [59, 75, false],
    [119, 150, false],
    [120, 150, true],
    [0, 1, false],
  ])('with %i of at most %i: %s, from four fifths on', (count, most, near) => {
    expect(nearsLimit(inGroups(count, most))).toBe(near)
  })

  it('never where nobody knows a limit', () => {
    expect(nearsLimit(inGroups(4_999))).toBe(false)
    expect(inGroups(1)).toEqual({ state: 'stated', names: ['g0'] })
  })
})
