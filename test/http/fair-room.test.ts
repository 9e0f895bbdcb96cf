import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeFairRoom } from '../../src/http/fair-room.ts'

/** Who is inside, oldest first. */
function aRoom(most: number, mostOfOne: number) {
  const inside: { readonly network: string; readonly group: string; leave: () => void }[] = []
  const room = makeFairRoom({ most, mostOfOne })
  const drop = (one: (typeof inside)[number]) => void inside.splice(inside.indexOf(one), 1)
  return {
    inside,
    enter(name: string): boolean {
      const [group = ''] = name.split('.')
      const one = { network: name, group, leave: () => {} }
      const leave = room.enter(one, () => drop(one))
      if (leave === undefined) return false
      one.leave = () => {
        leave()
        drop(one)
      }
      inside.push(one)
      return true
    },
    names: () => inside.map(({ network }) => network),
  }
}

describe('room that is shared fairly', () => {
  it('is given to a group that holds fewer, by the one that holds most: its oldest goes', () => {
    const { enter, names } = aRoom(4, 3)
    for (const name of ['a.1', 'a.2', 'a.2', 'b.1']) expect(enter(name)).toBe(true)
    expect(enter('c.1')).toBe(true)
    expect(names()).toEqual(['a.2', 'a.2', 'b.1', 'c.1'])
    // Nobody holds two more than they would.
    expect([enter('b.1'), enter('c.2'), enter('d.1'), enter('e.1')]).toEqual([false, false, true, false])
    expect(names()).toEqual(['a.2', 'b.1', 'c.1', 'd.1'])
  })

  it('has a limit for one network, whoever else is there', () => {
    const { enter } = aRoom(10, 2)
    expect([enter('a.1'), enter('a.1'), enter('a.1'), enter('a.2')]).toEqual([true, true, false, true])
  })

  it('never holds more than it may, forgets who has left, and keeps nobody out who holds none while somebody holds two', () => {
    const names = fc.constantFrom('a.1', 'a.2', 'a.3', 'b.1', 'b.2', 'c.1', 'd.1', 'e.1', 'f.1')
    const steps = fc.array(fc.oneof(names, fc.nat({ max: 9 })), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (taken) => {
        const { enter, inside } = aRoom(5, 3)
        for (const step of taken) {
          if (typeof step === 'number') {
            inside[step]?.leave()
            continue
          }
          const [group = ''] = step.split('.')
          const held = (one: string) => inside.filter((each) => each.group === one).length
          const ofNetwork = inside.filter(({ network }) => network === step).length
          const isFull = inside.length === 5
          const largest = Math.max(0, ...inside.map((each) => held(each.group)))
          const mayEnter = ofNetwork < 3 && (!isFull || largest > held(group) + 1)
          expect(enter(step)).toBe(mayEnter)
          expect(inside.length).toBeLessThanOrEqual(5)
        }
        while (inside.length > 0) inside[0]?.leave()
        expect(['a.1', 'b.1', 'c.1', 'd.1', 'e.1'].map(enter)).toEqual([true, true, true, true, true])
      }),
      { numRuns: 3_000 },
    )
  })
})
