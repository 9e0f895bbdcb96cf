import { describe, expect, it } from 'vitest'
import { makeLimitRate } from '../../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aClock } from '../../support/store-contract.ts'

function aLimit() {
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  return {
    limitRate: makeLimitRate({ store, now: clock.now }),
    another: makeLimitRate({ store, now: clock.now }),
    store,
    clock,
  }
}

const refusal = (asked: Promise<void>) =>
  asked.then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof RolegateError ? { code: thrown.code, ...thrown.values } : thrown),
  )

describe('limitRate', () => {
  it('lets as many through as it is told, then says when to come again', async () => {
    const { limitRate, clock } = aLimit()
    for (let tries = 0; tries < 3; tries += 1) await limitRate('person/alice', 3, 60)
    clock.advance(18_500)
    expect(await refusal(limitRate('person/alice', 3, 60))).toEqual({ code: 'rate_limited', retryAfterSeconds: 42 })
  })

  it('keeps refusing to the end of the window and then counts anew', async () => {
    const { limitRate, clock } = aLimit()
    await limitRate('k', 1, 60)
    clock.advance(59_999)
    expect(await refusal(limitRate('k', 1, 60))).toEqual({ code: 'rate_limited', retryAfterSeconds: 1 })
    clock.advance(1)
    await limitRate('k', 1, 60)
    expect(await refusal(limitRate('k', 1, 60))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 })
  })

  it('counts each key for itself', async () => {
    const { limitRate } = aLimit()
    await limitRate('person/alice', 1, 60)
    expect(await refusal(limitRate('person/bob', 1, 60))).toBeUndefined()
  })

  it('counts replicas together', async () => {
    const { limitRate, another } = aLimit()
    await limitRate('k', 2, 60)
    await another('k', 2, 60)
    expect(await refusal(limitRate('k', 2, 60))).toMatchObject({ code: 'rate_limited' })
  })

  it('lets exactly the limit through when fifty race', async () => {
    const { limitRate } = aLimit()
    const answers = await Promise.all(Array.from({ length: 50 }, () => refusal(limitRate('k', 20, 60))))
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(20)
  })

  it('leaves nothing behind once a window is over', async () => {
    const { limitRate, store, clock } = aLimit()
    await limitRate('k', 5, 60)
    clock.advance(60_000)
    expect(await store.sweep()).toBe(1)
  })

  it('lets nobody through while the store does not answer (security.md V-9)', async () => {
    const limitRate = makeLimitRate({
      store: { increment: () => Promise.reject(new RolegateError('store_unavailable')) },
      now: aClock().now,
    })
    expect(await refusal(limitRate('k', 5, 60))).toMatchObject({ code: 'store_unavailable' })
  })
})
