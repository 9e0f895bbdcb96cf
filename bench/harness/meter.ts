/**
 * Preloaded into every process that is measured (`node --import meter.js …`): it tells what the process has used so far.
 * It ends when the bench says so, or is gone.
 */
import { answer } from './answer.ts'

answer({
  /** User and system time of all threads, in microseconds. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  /** Most resident memory so far, in KiB. */
  peak: () => process.resourceUsage().maxRSS,
})
// An exit, not a kill: a profile is written on the way out. Nothing in a bench deserves a slower end.
process.on('SIGTERM', () => process.exit())
process.on('disconnect', () => process.exit())
