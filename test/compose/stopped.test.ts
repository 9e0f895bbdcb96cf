import { expect, it } from 'vitest'
import { makeStaleAlarm } from '../../src/compose/stopped.ts'
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
    host: { now: clock.now, print: () => undefined, version: '0', demo: false, acceptNewIssuer: false },
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
