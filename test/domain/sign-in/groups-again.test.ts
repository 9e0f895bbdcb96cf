import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeIn } from '../../../src/domain/sign-in/groups-again.ts'

describe('changeIn', () => {
  it.each([
    [['a', 'b'], ['b', 'a', 'a'], undefined],
    [[], [], undefined],
    [['a'], ['A'], { groupsGained: 1, groupsLost: 1 }],
    [['a', 'b'], ['a'], { groupsGained: 0, groupsLost: 1 }],
    [['a'], ['a', 'b', 'c'], { groupsGained: 2, groupsLost: 0 }],
    [['toString'], [], { groupsGained: 0, groupsLost: 1 }],
  ])('of %j to %j is %j', (before, now, change) => {
    expect(changeIn(before, now)).toEqual(change)
  })

  it('is nothing for any order of the same, and something for every other list', () => {
    const lists = fc.shuffledSubarray(['', 'a', 'A', 'b'])
    fc.assert(
      fc.property(lists, lists, (before, now) => {
        expect(changeIn(before, before.toReversed())).toBeUndefined()
        const same = JSON.stringify(before.toSorted()) === JSON.stringify(now.toSorted())
        expect(changeIn(before, now) === undefined).toBe(same)
      }),
    )
  })
})
