import { expect, it } from 'vitest'
import { makeDenyAlarm } from '../../src/compose/deny-alarm.ts'
import type { CountedGroups } from '../../src/usecases/admin/count-groups.ts'
import { aClock } from '../support/a-session.ts'

const HOUR = 3600

function anAlarm() {
  const clock = aClock()
  const world = {
    counted: undefined as CountedGroups | undefined,
    looks: 0,
    gauge: [] as number[],
    said: [] as unknown[],
  }
  const witness = {
    metrics: { unseenDenies: (count: number) => void world.gauge.push(count) },
    log: { warn: (_what: string, facts: unknown) => void world.said.push(facts) },
  } as unknown as Parameters<typeof makeDenyAlarm>[0]['witness']
  const host = { now: clock.now, print: () => undefined, version: '0', demo: false, acceptNewIssuer: false }
  const alarm = makeDenyAlarm({ host, witness }, async () => {
    world.looks += 1
    return world.counted
  })
  const after = async (seconds: number) => {
    clock.pass(seconds)
    await alarm()
    return [world.looks, world.said.length]
  }
  const unseen = (...rules: readonly string[]) =>
    (world.counted = { idps: new Map(), unseenDenies: rules.map((rule) => ({ rule, group: 'Secret Name' })) })
  return { world, after, unseen }
}

it('looks once an hour, and says once a day what denies wait for in vain, by rule and not by group (threats.md I4)', async () => {
  const { world, after, unseen } = anAlarm()
  unseen('frozen', 'frozen', 'leavers')
  expect([await after(0), await after(HOUR - 1), await after(1), await after(22 * HOUR), await after(HOUR)]).toEqual([
    [1, 1],
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
  ])
  expect(world.said).toEqual([
    { groups: 3, rules: ['frozen', 'leavers'] },
    { groups: 3, rules: ['frozen', 'leavers'] },
  ])
  unseen()
  await after(24 * HOUR)
  expect([world.gauge, world.said.length]).toEqual([[3, 3, 3, 3, 0], 2])
})

it('looks again a minute later where the store did not answer, and takes that for no number', async () => {
  const { world, after, unseen } = anAlarm()
  expect(await after(0)).toEqual([1, 0])
  expect(world.gauge).toEqual([])
  unseen('frozen')
  expect(await after(60)).toEqual([2, 1])
})
