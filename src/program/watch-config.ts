import type { Outcome } from '../compose/reload.ts'
import type { LookedAt } from './looked-at.ts'

const EVERY_MS = 2_000
/** How often a configuration is tried again that failed for a reason other than its files. */
const RETRY_MS = 30_000
/** Files that keep changing this long are read as they are: whoever keeps touching one must not hold back a deny. */
const MOVING_MS = 10_000

/**
 * Calls `reload` when the files of the configuration have changed and have come to rest, or do not come to rest in time
 * (threats.md R8). Files that were refused are not read again until they change.
 */
export function watchConfig(deps: {
  /** Of the last reading, well or badly as it ended. */
  lookedAt: () => LookedAt
  /** Whether somebody has asked for it meanwhile. */
  isAsked: () => Promise<boolean>
  reload: (why: 'file' | 'asked') => Promise<Outcome>
}): { stop(): void } {
  let seen: string | undefined
  let movingFor: number | undefined
  let failedFor: number | undefined
  let next: NodeJS.Timeout | undefined
  let stopped = false

  async function look(): Promise<void> {
    const lookedAt = deps.lookedAt()
    const now = await lookedAt.now()
    const isStill = now === seen
    seen = now
    if (failedFor !== undefined) failedFor += EVERY_MS
    if (now === lookedAt.asRead) movingFor = undefined
    else movingFor = movingFor === undefined ? 0 : movingFor + EVERY_MS
    const isAsked = await deps.isAsked()
    const isDue = movingFor !== undefined && (isStill || movingFor >= MOVING_MS)
    if (!isAsked && !isDue && (failedFor ?? 0) < RETRY_MS) return
    movingFor = undefined
    failedFor = (await deps.reload(isAsked ? 'asked' : 'file')) === 'failed' ? 0 : undefined
  }

  function wait(): void {
    if (stopped) return
    next = setTimeout(() => void look().finally(wait), EVERY_MS).unref()
  }

  void look().finally(wait)
  return {
    stop() {
      stopped = true
      clearTimeout(next)
    },
  }
}
