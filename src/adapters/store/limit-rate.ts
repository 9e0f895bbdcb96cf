import { RolegateError } from '../../domain/errors.ts'
import type { LimitRate, Now } from '../../usecases/ports.ts'
import type { Store } from '../../usecases/ports/store.ts'

/** Counts tries in fixed windows, in the store: all who share the store share the count. */
export function makeLimitRate({ store, now }: { store: Pick<Store, 'increment'>; now: Now }): LimitRate {
  return async function limitRate(key, limit, windowSeconds) {
    const { window, endsAt } = windowAt(now(), windowSeconds)
    const count = await store.increment('rates', `${key}:${window}`, endsAt)
    if (count > limit) throw rateLimited(endsAt, now())
  }
}

export function windowAt(moment: Date, seconds: number): { readonly window: number; readonly endsAt: Date } {
  const window = Math.floor(moment.getTime() / (seconds * 1000))
  return { window, endsAt: new Date((window + 1) * seconds * 1000) }
}

export const rateLimited = (endsAt: Date, now: Date): RolegateError =>
  new RolegateError('rate_limited', { retryAfterSeconds: Math.ceil((endsAt.getTime() - now.getTime()) / 1000) })
