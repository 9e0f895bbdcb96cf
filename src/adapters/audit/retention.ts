import type { Audit, Now } from '../../usecases/ports.ts'
import type { Journal } from '../../usecases/ports/store.ts'
import { AUDIT_TABLE } from './audit.ts'

const DAY_SECONDS = 24 * 3600
/** So many rows at once, so that requests are answered in between. */
const MOST_AT_ONCE = 500

/**
 * Deletes the store's audit records that are past their retention, day by day. Each deletion is recorded first, so that
 * auditors can tell a gap by rule from one by hand (threats.md A3); if it cannot be recorded, nothing is deleted.
 */
export function makeRetention(deps: {
  journal: Journal
  retainSeconds: number
  audit: Audit
  onDeleted: (before: string, rows: number) => void
  now: Now
}): () => Promise<void> {
  return async function deleteOld() {
    const before = startOfDay(new Date(deps.now().getTime() - deps.retainSeconds * 1000))
    const first = await deps.journal.firstKey(AUDIT_TABLE)
    if (first === undefined || first >= before) return
    const retainDays = deps.retainSeconds / DAY_SECONDS
    await deps.audit({ event: 'records_deleted', from: first.slice(0, before.length), before, retainDays })
    let rows = 0
    for (let deleted = MOST_AT_ONCE; deleted === MOST_AT_ONCE; rows += deleted) {
      deleted = await deps.journal.deleteBefore(AUDIT_TABLE, before, MOST_AT_ONCE)
      await new Promise((resolve) => setImmediate(resolve))
    }
    deps.onDeleted(before, rows)
  }
}

/** `2030-01-07T00:00:00.000Z`: how the keys of records begin. */
const startOfDay = (date: Date): string => `${date.toISOString().slice(0, 10)}T00:00:00.000Z`
