import { Worker } from 'node:worker_threads'
import type { Fault, Loaded, Tested } from '../config/load.ts'
import type { World } from '../config/world.ts'
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
      readonly loaded: Pick<Loaded, 'checked' | 'hash' | 'files' | 'texts' | 'warnings'>
      /** These are thousands, and come in pieces: whoever takes one up is held up for moments. */
      readonly rules: readonly Uint8Array[]
    }
  | { readonly faults: readonly Fault[]; readonly tests: readonly Tested[] }
)

/** Has a thread read and check a configuration; undefined when there is none to be had, or it ended without an answer. */
export function readInThread(order: ReadingOrder): Promise<ReadingAnswer | undefined> {
  return new Promise((resolve) => {
    // Beside this file, under its own ending: source and build are laid out alike.
    const program = new URL(import.meta.url.replace(/reading-thread\.(\w+)$/, 'read-in-thread.$1'))
    const thread = new Worker(program, { workerData: order, env: {} })
    thread.once('message', resolve)
    thread.once('error', () => resolve(undefined))
    thread.once('exit', () => resolve(undefined))
  })
}
