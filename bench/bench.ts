import type { Findings } from './harness/verdict.ts'

type Settings = {
  readonly rounds: number
  /** Of each side in each round. */
  readonly operations: number
  readonly flags: ReadonlySet<string>
}

/** Measures one figure: both sides, in one run. */
export type Bench = (settings: Settings) => Promise<Findings>
