import { describe, expect, it } from 'vitest'
import { makeLimitRate } from '../../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSharedLimit } from '../../../src/adapters/store/shared-limit.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aClock } from '../../support/store-contract.ts'

function replicas(count: number) {
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  const told: string[] = []
  const world = { isDown: false }
  const shared = makeLimitRate({
    store: {
      async increment(table, key, expiresAt) {
        if (world.isDown) throw new RolegateError('store_unavailable')
        told.push(key)
        return store.increment(table, key, expiresAt)
      },
    },
    now: clock.now,
  })
  const limits = Array.from({ length: count }, () => makeSharedLimit({ shared, now: clock.now }))
  return { clock, told, world, limits, limit: limits[0] ?? (() => Promise.reject(new Error('none'))) }
}

const codeOf = (asked: Promise<void>) =>
  asked.then(
    () => 'let through',
    (thrown: unknown) => (thrown instanceof RolegateError ? thrown.code : String(thrown)),
  )
const letThrough = (answers: readonly string[]) => answers.filter((answer) => answer === 'let through').length

describe('a limit that is counted here and told to the store now and then', () => {
  it.each([1, 2, 5, 6, 7, 13, 60, 61, 600])(
    'of %d lets exactly that many through where nobody else counts',
    async (limit) => {
      const { limit: one } = replicas(1)
      const answers = await Promise.all(Array.from({ length: 2 * limit }, () => codeOf(one('alice', limit, 60))))
      expect(letThrough(answers)).toBe(limit)
      expect(new Set(answers)).toEqual(new Set(['let through', 'rate_limited']))
    },
  )

  it('asks nothing of the store for a few, and little for many', async () => {
    const { limit, told } = replicas(1)
    for (let tries = 0; tries < 9; tries += 1) await limit('alice', 60, 60)
    expect(told).toEqual([])
    for (let tries = 0; tries < 500; tries += 1) await codeOf(limit('alice', 60, 60))
    expect(told).toHaveLength(6)
  })

  it.each([2, 3, 5])(
    'of sixty holds for %d replicas, but for less than a sixth of it for each of them',
    async (count) => {
      const { limits } = replicas(count)
      const answers: string[] = []
      for (let tries = 0; tries < 200; tries += 1)
        for (const limit of limits) answers.push(await codeOf(limit('alice', 60, 60)))
      expect(letThrough(answers)).toBeGreaterThanOrEqual(60 - 10)
      expect(letThrough(answers)).toBeLessThanOrEqual(60 + 9 * count)
    },
  )

  it('says when to come again, and counts anew then', async () => {
    const { limit, clock } = replicas(1)
    clock.advance(18_500)
    for (let tries = 0; tries < 3; tries += 1) await limit('alice', 3, 60)
    await expect(limit('alice', 3, 60)).rejects.toMatchObject({
      code: 'rate_limited',
      values: { retryAfterSeconds: 42 },
    })
    clock.advance(41_499)
    expect(await codeOf(limit('alice', 3, 60))).toBe('rate_limited')
    clock.advance(1)
    expect(await codeOf(limit('alice', 3, 60))).toBe('let through')
  })

  it('counts each key for itself', async () => {
    const { limit } = replicas(1)
    await limit('alice', 1, 60)
    expect(await codeOf(limit('bob', 1, 60))).toBe('let through')
  })

  it('lets nobody through while the store does not answer, and closes nobody out for the rest of the window (security.md V-9)', async () => {
    const { limit, world } = replicas(1)
    for (let tries = 0; tries < 9; tries += 1) await limit('alice', 60, 60)
    world.isDown = true
    expect(await codeOf(limit('alice', 60, 60))).toBe('store_unavailable')
    world.isDown = false
    expect(await codeOf(limit('alice', 60, 60))).toBe('let through')
  })
})
