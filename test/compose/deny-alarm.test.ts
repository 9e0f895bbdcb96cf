import { expect, it } from 'vitest'
import { RolegateError } from '../../src/domain/errors.ts'
import { makeDenyAlarm } from '../../src/compose/deny-alarm.ts'
import type { CountedGroups } from '../../src/usecases/admin/count-groups.ts'
import { aHost } from '../support/a-host.ts'
import { aClock } from '../support/a-session.ts'

const HOUR = 3600

function anAlarm() {
  const clock = aClock()
  const world = {
    counted: undefined as CountedGroups | undefined,
    looks: 0,
    gauge: [] as number[],
    said: [] as unknown[],
    words: [] as string[],
    /** Whether this gateway is the one that says so today. */
    isOurs: true,
    fails: false,
  }
  const witness = {
    metrics: { unseenDenies: (count: number) => void world.gauge.push(count) },
    log: {
      warn(what: string, facts: unknown) {
        world.words.push(what)
        world.said.push(facts)
      },
    },
  } as unknown as Parameters<typeof makeDenyAlarm>[0]['witness']
  const host = aHost(clock.now)
  const countGroups = async () => {
    world.looks += 1
    return world.counted
  }
  const alarm = makeDenyAlarm({ host, witness }, countGroups, async () => {
    if (world.fails) throw new RolegateError('store_unavailable')
    return world.isOurs
  })
  const after = async (seconds: number) => {
    clock.pass(seconds)
    await alarm().catch(() => undefined)
    return [world.looks, world.said.length]
  }
  const unseen = (...rules: readonly string[]) =>
    (world.counted = {
      idps: new Map(),
      unseenDenies: rules.map((rule, at) => ({ rule, group: 'Secret Name', days: 8 + at })),
    })
  return { world, after, unseen }
}

it('looks once an hour, and says what denies wait for in vain where it is its turn, by rule and not by group (threats.md I4)', async () => {
  const { world, after, unseen } = anAlarm()
  unseen('frozen', 'frozen', 'leavers')
  expect([await after(0), await after(HOUR - 1)]).toEqual([
    [1, 1],
    [1, 1],
  ])
  expect(world.said).toEqual([{ groups: 3, rules: ['frozen', 'leavers'] }])
  expect(world.words[0]).toContain('nobody was seen for 8 days in groups that denies name')
  world.isOurs = false
  expect(await after(1)).toEqual([2, 1])
  world.isOurs = true
  expect(await after(HOUR)).toEqual([3, 2])
  unseen()
  await after(HOUR)
  expect([world.gauge, world.said.length]).toEqual([[3, 3, 3, 0], 2])
})

it('looks again a minute later where the store did not answer, and takes that for no number', async () => {
  const { world, after, unseen } = anAlarm()
  expect(await after(0)).toEqual([1, 0])
  expect(world.gauge).toEqual([])
  unseen('frozen')
  expect(await after(60)).toEqual([2, 1])
})

it('looks again a minute later where the store did not say whose turn it is', async () => {
  const { world, after, unseen } = anAlarm()
  unseen('frozen')
  world.fails = true
  expect(await after(0)).toEqual([1, 0])
  world.fails = false
  expect(await after(60)).toEqual([2, 1])
})
