import type { Cost } from './rounds.ts'
import type { Side } from './side.ts'

/** CPU microseconds of the side's own process for each operation. Whatever drives it stands in another process. */
export const cpuPerOperation =
  (side: Pick<Side, 'ask'>, operations: number, run: (operations: number) => Promise<unknown>): Cost =>
  async () => {
    const before = await side.ask<number>('cpu')
    await run(operations)
    return ((await side.ask<number>('cpu')) - before) / operations
  }
