import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { makeConfigEpoch } from '../../../src/usecases/config/config-epoch.ts'
import type { ConfigEpochs } from '../../../src/usecases/ports/tables.ts'
import { aClock } from '../../support/a-session.ts'

function aStore() {
  const clock = aClock()
  const table: ConfigEpochs = makeTable(makeMemoryStore({ now: clock.now }), 'config-epochs')
  const world = { fails: false }
  const configEpochs: ConfigEpochs = {
    ...table,
    update: async (key, change) => {
      if (world.fails) throw new RolegateError('store_unavailable')
      return table.update(key, change)
    },
  }
  const gateway = (id: string) => makeConfigEpoch({ configEpochs, id, now: clock.now })
  return { clock, world, a: gateway('a'), b: gateway('b'), gateway }
}

type Store = ReturnType<typeof aStore>

/** Both have the first file, and `a` takes a second one up. */
async function afterAReload(): Promise<Store> {
  const store = aStore()
  await store.a.claim('one', 'start')
  await store.b.claim('one', 'start')
  await store.a.claim('two', 'reload')
  return store
}

describe('the newest configuration of several gateways (threats.md R9)', () => {
  it('one that lags stops after ten seconds, and goes on once it has it too', async () => {
    const { a, b, clock } = await afterAReload()
    for (const [seconds, behind] of [
      [0, false],
      [9, false],
      [1, true],
    ] as const) {
      clock.pass(seconds)
      await Promise.all([a.refresh(), b.refresh()])
      expect([a.isBehind(), b.isBehind()]).toEqual([false, behind])
    }
    await b.claim('two', 'reload')
    expect(b.isBehind()).toBe(false)
  })

  it('one that takes up a file nobody had yet is the newest', async () => {
    const { a, b, clock } = await afterAReload()
    await b.claim('three', 'reload')
    clock.pass(10)
    await Promise.all([a.refresh(), b.refresh()])
    expect([a.isBehind(), b.isBehind()]).toEqual([true, false])
  })

  it('one that takes up the former file in place of the newest means it', async () => {
    const { a, b, clock } = await afterAReload()
    await b.claim('two', 'reload')
    await a.claim('one', 'reload')
    clock.pass(10)
    await Promise.all([a.refresh(), b.refresh()])
    expect([a.isBehind(), b.isBehind()]).toEqual([false, true])
  })

  it('one that starts with a file that was replaced stays behind those that have the newer', async () => {
    const { a, b, clock, gateway } = await afterAReload()
    await b.leave()
    const again = gateway('c')
    await again.claim('one', 'start')
    clock.pass(10)
    await Promise.all([a.refresh(), again.refresh()])
    expect([a.isBehind(), again.isBehind()]).toEqual([false, true])
    await again.tick()
    expect(again.isBehind()).toBe(true)
  })

  it('starts with the former file when nobody is left who had the newer: that is a way back', async () => {
    const { a, b, gateway, clock } = await afterAReload()
    await Promise.all([a.leave(), b.leave()])
    const again = gateway('c')
    await again.claim('one', 'start')
    clock.pass(10)
    await again.refresh()
    expect(again.isBehind()).toBe(false)
  })

  it('waits half a minute for one that crashed', async () => {
    const { clock, gateway } = await afterAReload()
    const again = gateway('c')
    await again.claim('one', 'start')
    clock.pass(10)
    await again.tick()
    expect(again.isBehind()).toBe(true)
    clock.pass(20)
    await again.tick()
    expect(again.isBehind()).toBe(false)
  })

  it('one that was running with the former file all the time does not take over by itself from one that ends', async () => {
    const { a, b, clock } = await afterAReload()
    await a.leave()
    clock.pass(60)
    await b.tick()
    expect(b.isBehind()).toBe(true)
    // Unless somebody says that it is meant.
    await b.claim('one', 'reload')
    expect(b.isBehind()).toBe(false)
  })

  it('one that lives says so, and is believed for half a minute', async () => {
    const { a, clock, gateway } = await afterAReload()
    for (let times = 0; times < 10; times += 1) {
      clock.pass(12)
      await a.tick()
    }
    const late = gateway('c')
    await late.claim('one', 'start')
    clock.pass(10)
    await late.refresh()
    expect(late.isBehind()).toBe(true)
  })

  it('what could not be said counts as behind, and is said at the next tick', async () => {
    const { a, world, clock } = await afterAReload()
    world.fails = true
    await expect(a.claim('three', 'reload')).rejects.toMatchObject({ code: 'store_unavailable' })
    clock.pass(10)
    await a.refresh()
    expect(a.isBehind()).toBe(true)
    world.fails = false
    await a.tick()
    expect(a.isBehind()).toBe(false)
  })

  it('of two that take up two files at once, one is the newest', async () => {
    const { a, b, clock } = await afterAReload()
    await Promise.all([a.claim('three', 'reload'), b.claim('four', 'reload')])
    clock.pass(10)
    await Promise.all([a.refresh(), b.refresh()])
    expect([a.isBehind(), b.isBehind()].filter(Boolean)).toHaveLength(1)
  })

  it('nobody is behind before anything was said', async () => {
    const { a } = aStore()
    await a.refresh()
    await a.tick()
    expect(a.isBehind()).toBe(false)
  })
})
