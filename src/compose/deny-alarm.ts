import type { CountGroups } from '../usecases/admin/count-groups.ts'
import type { ClaimWarning } from '../usecases/admin/watch-denies.ts'
import type { World } from './world.ts'

const LOOK_MS = 3_600_000
const MOST_RULES = 20

/**
 * Looks once an hour for denies whose groups nobody is seen in (threats.md I4). Says so once a day for all gateways on
 * the store: in the log, by rule and never by group, and as a metric. Called every minute; a failed look is repeated at
 * the next call.
 */
export function makeDenyAlarm(
  { host, witness }: Pick<World, 'host' | 'witness'>,
  countGroups: CountGroups,
  claimWarning: ClaimWarning,
): () => Promise<void> {
  let lookedAt = -Infinity
  return async () => {
    const now = host.now().getTime()
    if (now - lookedAt < LOOK_MS) return
    const counted = await countGroups()
    if (counted === undefined) return
    const { unseenDenies } = counted
    witness.metrics.unseenDenies(unseenDenies.length)
    const isOurs = unseenDenies.length > 0 && (await claimWarning())
    lookedAt = now
    if (!isOurs) return
    const days = Math.min(...unseenDenies.map((one) => one.days))
    witness.log.warn(
      `nobody was seen for ${days} days in groups that denies name: are they spelt as the IdP spells them, and does it send them?`,
      { groups: unseenDenies.length, rules: [...new Set(unseenDenies.map(({ rule }) => rule))].slice(0, MOST_RULES) },
    )
  }
}
