import { UNSEEN_DAYS, type UnseenDeny } from '../../domain/admin/deny-watch.ts'
import { groupStatisticsOf, type GroupStatistics } from '../../domain/admin/group-statistics.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { People } from '../ports/tables.ts'
import { peopleIn } from '../sign-in/people.ts'
import type { WatchDenies } from './watch-denies.ts'

/** What “lately” means on the status page. */
export const LATELY_DAYS = UNSEEN_DAYS
/** Everybody who came lately is looked through, so not for each look at the page. */
const KEPT_MS = 60_000

export type CountedGroups = {
  readonly idps: ReadonlyMap<string, GroupStatistics>
  /** What denies wait for in vain (threats.md I4). */
  readonly unseenDenies: readonly UnseenDeny[]
}

/** Undefined while the store does not say who came. */
export type CountGroups = () => Promise<CountedGroups | undefined>

/** Numbers about groups, of those who signed in within thirty days, as their IdP stated them the last time. */
export function makeCountGroups(deps: {
  people: Pick<People, 'listByOwner'>
  rules: CurrentRules
  watchDenies: WatchDenies
  now: Now
}): CountGroups {
  let counted: { readonly at: number; readonly answer: ReturnType<CountGroups> } | undefined

  async function count(): Promise<CountedGroups> {
    const since = deps.now().getTime() - LATELY_DAYS * 86_400_000
    const known = await peopleIn(deps.people)
    const lately = known.filter(({ seenAt }) => seenAt.getTime() >= since)
    return {
      idps: groupStatisticsOf(
        deps.rules().mapping,
        lately.map(({ principal }) => principal),
      ),
      unseenDenies: await deps.watchDenies(lately),
    }
  }

  /** A store that did not answer may do so at the next look. */
  const countOrForget = async () =>
    count().catch(() => {
      counted = undefined
      return undefined
    })

  return async function countGroups() {
    const at = deps.now().getTime()
    if (counted === undefined || at - counted.at >= KEPT_MS) counted = { at, answer: countOrForget() }
    return counted.answer
  }
}
