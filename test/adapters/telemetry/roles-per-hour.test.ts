import { expect, it } from 'vitest'
import { makeRolesPerHour } from '../../../src/adapters/telemetry/roles-per-hour.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock } from '../../support/a-session.ts'

const alice = aPrincipal()
const bob = aPrincipal({ subject: 'oid-2' })

function anHour() {
  const clock = aClock()
  const count = makeRolesPerHour()
  return { clock, take: (role: string, who = alice) => count(who, role, clock.now()) }
}

it('counts the different roles of one person, as each of them is new to the hour (threats.md P7)', () => {
  const { take } = anHour()
  expect(['a', 'b', 'a', 'c', 'b'].map((role) => take(role))).toEqual([1, 2, undefined, 3, undefined])
})

it('keeps people apart, and jobs from people', () => {
  const { take } = anHour()
  expect([take('a'), take('a', bob), take('a', aPrincipal({ workload: true })), take('b')]).toEqual([1, 1, 1, 2])
})

it('begins anew an hour after the first, and not after the last', () => {
  const { take, clock } = anHour()
  take('a')
  clock.pass(3599)
  expect(take('b')).toBe(2)
  clock.pass(1)
  expect(take('b')).toBe(1)
})
