import type { Outcome } from '../compose/reload.ts'
import type { LookedAt } from './looked-at.ts'

const EVERY_MS = 2_000
/** What could not be put in force for another reason than what stands in the files is tried again this often. */
const RETRY_MS = 30_000
/** Files that move this long are read as they are: whoever keeps touching one of them must not hold a deny back. */
const MOVING_MS = 10_000

/**
 * Calls `reload` once what a configuration was read from is another than it was then and keeps still, or will not (threats.md R8). What was refused is
 * not read again until something about it has changed.
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
