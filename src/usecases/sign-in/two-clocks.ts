import type { Now } from '../ports.ts'

/** By the clock on the wall, and by one that nobody sets. */
export type Moment = { readonly wall: number; readonly steady: number }

export type TwoClocks = {
  moment(): Moment
  /**
   * Uses whichever clock says more: setting the wall clock back keeps nothing fresh, nor does a monotonic clock that
   * stood still while the machine slept (security.md V-13).
   */
  secondsSince(then: Moment): number
}

/** `elapsed`: milliseconds of a clock that nobody sets. */
export function makeTwoClocks({ now, elapsed }: { now: Now; elapsed: () => number }): TwoClocks {
  return {
    moment: () => ({ wall: now().getTime(), steady: elapsed() }),
    secondsSince: ({ wall, steady }) => Math.max(now().getTime() - wall, elapsed() - steady) / 1000,
  }
}

/** Keeps as many as that, the latest. */
export function keepLatest<Value>(kept: Map<string, Value>, most: number, name: string, value: Value): void {
  kept.delete(name)
  kept.set(name, value)
  const [oldest] = kept.keys()
  if (kept.size > most && oldest !== undefined) kept.delete(oldest)
}
