/** Preloaded beside meter.js where the event loop's delay is asked for: how late its timers were, since the last question. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { answer } from './answer.ts'

/** In milliseconds. */
export type LoopDelay = { readonly p99: number; readonly max: number }

const RESOLUTION_MS = 1
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()

answer({
  loopDelay(): LoopDelay {
    const found = { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 }
    delays.reset()
    return found
  },
})
