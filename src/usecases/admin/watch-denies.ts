import {
  denyGroupsOf,
  isSaidAgain,
  makeLookOut,
  unseenIn,
  withSeen,
  type DenyGroup,
  type SeenPerson,
  type UnseenDeny,
} from '../../domain/admin/deny-watch.ts'
import type { CurrentRules, GiveWay, Now } from '../ports.ts'
import type { DenyWatches } from '../ports/tables.ts'

const KEY = 'denies'
/** A few milliseconds' worth, with a hundred groups each. */
const IN_ONE_GO = 200

/**
 * Finds the groups of denies that nobody is seen in, given the people who came lately. Remembers what the next look
 * needs.
 */
export type WatchDenies = (people: readonly SeenPerson[]) => Promise<readonly UnseenDeny[]>

/** Whether this gateway should log it now: once a day for all gateways on a store, across restarts. */
export type ClaimWarning = () => Promise<boolean>

/**
 * A deny whose group nobody is seen in may be useless, because the IdP no longer sends that group, while somebody
 * relies on it (threats.md I4).
 */
export function makeWatchDenies(deps: {
  denyWatches: DenyWatches
  rules: CurrentRules
  giveWay: GiveWay
  now: Now
}): WatchDenies {
  const { denyWatches } = deps

  /** Who waits for credentials meanwhile is not held up by a large company. */
  async function lastDaysIn(wanted: readonly DenyGroup[], people: readonly SeenPerson[]) {
    const lookOut = makeLookOut(wanted)
    for (let at = 0; at < people.length; at += IN_ONE_GO) {
      lookOut.at(people.slice(at, at + IN_ONE_GO))
      await deps.giveWay()
    }
    const last = new Map<string, string>()
    for (const one of wanted) {
      last.set(...lookOut.seen(one))
      // Which goes through every name.
      if (one.pattern !== undefined) await deps.giveWay()
    }
    return last
  }

  return async function watchDenies(people) {
    const now = deps.now()
    const wanted = denyGroupsOf(deps.rules().mapping)
    const last = await lastDaysIn(wanted, people)
    await denyWatches.createIfAbsent(KEY, { since: {}, seen: {} })
    const watch = await denyWatches.update(KEY, (kept) => {
      const next = withSeen(kept, wanted, last, now)
      return { next, answer: next }
    })
    return watch === undefined ? [] : unseenIn(watch, wanted, people, now)
  }
}

export function makeClaimWarning({ denyWatches, now }: { denyWatches: DenyWatches; now: Now }): ClaimWarning {
  return async function claimWarning() {
    const isClaimed = await denyWatches.update(KEY, (kept) => {
      const isDue = isSaidAgain(kept, now())
      return { next: isDue ? { ...kept, saidAt: now().toISOString() } : kept, answer: isDue }
    })
    return isClaimed === true
  }
}
