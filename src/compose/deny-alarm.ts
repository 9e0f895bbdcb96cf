import { UNSEEN_DAYS } from '../domain/admin/deny-watch.ts'
import type { CountGroups } from '../usecases/admin/count-groups.ts'
import type { World } from './world.ts'

const LOOK_MS = 3_600_000
const SAID_AGAIN_MS = 86_400_000
const MOST_RULES = 20

/**
 * Looks once an hour for denies that nobody is seen in, and says so once a day (threats.md I4): in the log, where rules are named
 * and groups are not, and as a number. Called every minute; a look that failed is taken again the next time.
 */
export function makeDenyAlarm(
  { host, witness }: Pick<World, 'host' | 'witness'>,
  countGroups: CountGroups,
): () => Promise<void> {
  let lookedAt = -Infinity
  let saidAt = -Infinity
  return async () => {
    const now = host.now().getTime()
    if (now - lookedAt < LOOK_MS) return
    const counted = await countGroups()
    if (counted === undefined) return
    lookedAt = now
    const { unseenDenies } = counted
    witness.metrics.unseenDenies(unseenDenies.length)
    if (unseenDenies.length === 0 || now - saidAt < SAID_AGAIN_MS) return
    saidAt = now
    witness.log.warn(
      `nobody was seen for ${UNSEEN_DAYS} days in groups that denies name: are they spelt as the IdP spells them, and does it send them?`,
      { groups: unseenDenies.length, rules: [...new Set(unseenDenies.map(({ rule }) => rule))].slice(0, MOST_RULES) },
    )
  }
}
