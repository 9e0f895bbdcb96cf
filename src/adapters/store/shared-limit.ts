import { asRolegateError } from '../../domain/errors.ts'
import type { LimitRate, Now } from '../../usecases/ports.ts'
import { rateLimited, windowAt } from './limit-rate.ts'

/** The store hears of every sixth of a limit. */
const PARTS = 6

/**
 * A rate limit for frequent events, shared by all replicas on a store: each counts in memory and reports to the store
 * only now and then. With one replica it is exact; with several, each lets through less than a sixth more (DECISIONS.md
 * 190). Once the limit is reached, the store is not asked again in that window.
 */
export function makeSharedLimit({ shared, now }: { shared: LimitRate; now: Now }): LimitRate {
  const counts = new Map<string, { endsAt: Date; count: number; isOver: boolean }>()
  let swept = 0

  /** What windows that are over have left behind: looked at once a minute. */
  function sweep(at: number): void {
    if (at - swept < 60_000) return
    swept = at
    for (const [key, { endsAt }] of counts) if (endsAt.getTime() <= at) counts.delete(key)
  }

  return async function limitShared(key, limit, windowSeconds) {
    const at = now()
    sweep(at.getTime())
    const { endsAt } = windowAt(at, windowSeconds)
    const known = counts.get(key)
    const own = known !== undefined && known.endsAt > at ? known : { endsAt, count: 0, isOver: false }
    counts.set(key, own)
    own.count += 1
    if (own.isOver || own.count > limit) throw rateLimited(own.endsAt, at)
    const part = Math.max(1, Math.floor(limit / PARTS))
    if (own.count % part !== 0) return
    await shared(key, Math.floor(limit / part), windowSeconds).catch((thrown: unknown) => {
      // A store that does not answer refuses this one, and not the next.
      own.isOver = asRolegateError(thrown).code === 'rate_limited'
      throw thrown
    })
  }
}
