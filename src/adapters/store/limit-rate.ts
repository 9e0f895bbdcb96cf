import { RolegateError } from '../../domain/errors.ts'
import type { LimitRate, Now, Store } from '../../usecases/ports.ts'

/** Counts tries in fixed windows, in the store, so that replicas share the count. */
export function makeLimitRate({ store, now }: { store: Pick<Store, 'increment'>; now: Now }): LimitRate {
  return async function limitRate(key, limit, windowSeconds) {
    const window = Math.floor(now().getTime() / (windowSeconds * 1000))
    const endsAt = new Date((window + 1) * windowSeconds * 1000)
    const count = await store.increment('rates', `${key}:${window}`, endsAt)
    if (count > limit) {
      throw new RolegateError('rate_limited', {
        retryAfterSeconds: Math.ceil((endsAt.getTime() - now().getTime()) / 1000),
      })
    }
  }
}
