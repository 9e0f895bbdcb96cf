import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { errnoOf } from '../config/files.ts'
import type { Fault, Loaded, Tested } from '../config/load.ts'
import type { World } from '../config/world.ts'
import { RolegateError } from '../domain/errors.ts'
import { programAt } from '../places.ts'
import type { Mark } from './looked-at.ts'

/** What a thread is told to read. */
export type ReadingOrder = {
  readonly file: string
  readonly options: Pick<World, 'insecureDev' | 'purpose' | 'withoutSecrets'>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What it answers: what it looked at, and what it found. */
export type ReadingAnswer = {
  readonly marks: readonly Mark[]
  /** Of the environment, those it asked for. */
  readonly variables: readonly string[]
} & (
  | {
      /** Without its rules. */
      readonly loaded: Pick<Loaded, 'checked' | 'hash' | 'files' | 'texts' | 'warnings' | 'operatorsAt'>
      /** There may be thousands, so they come in pieces: taking up one blocks for a moment only. */
      readonly rules: readonly Uint8Array[]
    }
  | { readonly faults: readonly Fault[]; readonly tests: readonly Tested[] }
)

/** What it says as soon as it reads. */
export const READING = 'reading'

const MEBIBYTE = 2 ** 20
/** 20,000 rules take some five seconds and 400 MiB. */
const BOUNDS = { ms: 60_000, mebibytes: Math.min(2_048, getHeapStatistics().heap_size_limit / MEBIBYTE) }
type Bounds = typeof BOUNDS

/**
 * Has a thread read and check a configuration; undefined if no thread could be started. If a started thread exceeds its
 * bounds, this fails with `config_invalid`: the same reading would crash the process as well.
 */
export function readInThread(order: ReadingOrder, bounds: Bounds = BOUNDS): Promise<ReadingAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const thread = start(order, bounds)
    if (thread === undefined) return resolve(undefined)
    let hasBegun = false
    let wrong: unknown
    const late = setTimeout(() => {
      reject(unread(`took longer than ${bounds.ms / 1000} seconds`))
      void thread.terminate()
    }, bounds.ms)
    thread.on('message', (said: typeof READING | ReadingAnswer) => {
      if (said === READING) hasBegun = true
      else resolve(said)
    })
    thread.once('error', (thrown) => (wrong = thrown))
    // Whatever it said has arrived by then.
    thread.once('exit', () => {
      clearTimeout(late)
      if (isOutOfMemory(wrong)) reject(unread('takes more memory than a configuration may', wrong))
      else if (hasBegun) reject(unread(`ended before it was done${errnoOf(wrong)}`, wrong))
      else resolve(undefined)
    })
  })
}

function start(order: ReadingOrder, { mebibytes }: Bounds): Worker | undefined {
  try {
    return new Worker(programAt('program/read-in-thread'), {
      workerData: order,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: mebibytes },
    })
  } catch {
    return undefined
  }
}

const isOutOfMemory = (thrown: unknown): boolean => errnoOf(thrown) === ' (ERR_WORKER_OUT_OF_MEMORY)'

/** Not the fault of any line, so it is tried again after a while: the machine may have been busy. */
function unread(because: string, cause?: unknown): RolegateError {
  const sentence = `reading it ${because}: rolegate check-config may say more`
  return new RolegateError('config_invalid', { faults: [sentence] }, { reason: sentence, cause })
}
