import { expect, it } from 'vitest'
import { makeStaleAlarm, stoppedBy } from '../../src/compose/stopped.ts'
import { aHost } from '../support/a-host.ts'
import { aRoleKind } from '../support/a-mapping.ts'
import { aClock } from '../support/a-session.ts'

it('says once that a file has been refused for five minutes, and again of the next (threats.md R8)', () => {
  const clock = aClock()
  const said: unknown[] = []
  const disk = {
    refusedSince: undefined as Date | undefined,
    fault: undefined as string | undefined,
    needsRestart: false,
    lastGoodSince: undefined,
  }
  const alarm = makeStaleAlarm({
    disk,
    host: aHost(clock.now),
    witness: { log: { error: (_what: string, facts: unknown) => void said.push(facts) } } as unknown as Parameters<
      typeof makeStaleAlarm
    >[0]['witness'],
  })
  const after = (seconds: number) => {
    clock.pass(seconds)
    alarm()
    return said.length
  }
  expect(after(1000)).toBe(0)
  Object.assign(disk, { refusedSince: clock.now(), fault: 'rolegate.yaml:1:1  nonsense' })
  expect([after(300), after(1), after(1000)]).toEqual([0, 1, 1])
  expect(said).toEqual([{ refused_since: disk.refusedSince?.toISOString(), fault: disk.fault }])
  Object.assign(disk, { refusedSince: undefined })
  expect(after(5)).toBe(1)
  Object.assign(disk, { refusedSince: clock.now() })
  expect(after(301)).toBe(2)
})

it('stops every role while the clock is not AWS’s (threats.md F10), and says first that a newer configuration is elsewhere', () => {
  const { now } = aClock()
  const world = { isBehind: false, stops: true }
  const stopped = stoppedBy(
    {
      disk: { refusedSince: undefined, fault: undefined, needsRestart: false, lastGoodSince: undefined },
      host: aHost(now),
      clocks: { watching: (_, ask) => ask, degraded: () => [], isUnsure: () => false, stops: () => world.stops },
      configEpoch: { isBehind: () => world.isBehind } as Parameters<typeof stoppedBy>[0]['configEpoch'],
    },
    { maxStaleSeconds: 3600 },
  )
  expect([stopped(aRoleKind()), stopped(aRoleKind({ elevated: true }))]).toEqual(['clock_skew', 'clock_skew'])
  world.isBehind = true
  expect(stopped(aRoleKind())).toBe('config_behind')
  Object.assign(world, { isBehind: false, stops: false })
  expect(stopped(aRoleKind())).toBeUndefined()
})
