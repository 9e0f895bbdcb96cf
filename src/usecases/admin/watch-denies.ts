import { denyGroupsOf, unseenIn, withSeen, type SeenPerson, type UnseenDeny } from '../../domain/admin/deny-watch.ts'
import type { CurrentRules, DenyWatches, Now } from '../ports.ts'

const KEY = 'denies'

/** What denies wait for in vain, as these people came. Remembers of them what the next look needs. */
export type WatchDenies = (people: readonly SeenPerson[]) => Promise<readonly UnseenDeny[]>

/** A deny that nobody is seen in may be one that an IdP keeps back, and somebody believes in (threats.md I4). */
export function makeWatchDenies(deps: { denyWatches: DenyWatches; rules: CurrentRules; now: Now }): WatchDenies {
  const { denyWatches } = deps

  return async function watchDenies(people) {
    const now = deps.now()
    const wanted = denyGroupsOf(deps.rules().mapping)
    await denyWatches.createIfAbsent(KEY, { since: now.toISOString(), seen: {} })
    const watch = await denyWatches.update(KEY, (kept) => {
      const next = withSeen(kept, wanted, people, now)
      return { next, answer: next }
    })
    return watch === undefined ? [] : unseenIn(watch, wanted, people, now)
  }
}
