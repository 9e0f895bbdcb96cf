/** What one round of a side cost, in whatever unit the bench counts. */
export type Cost = () => Promise<number>
/** The costs of every side, round by round. */
export type Rounds = ReadonlyMap<string, readonly number[]>

/**
 * Measures every side once a round, in turn, and backwards every other round: what else the machine does then falls on
 * all of them alike.
 */
export async function interleave(sides: Readonly<Record<string, Cost>>, rounds: number): Promise<Rounds> {
  const names = Object.keys(sides)
  const costs = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      costs.get(name)?.push(await (sides[name] as Cost)())
    }
    process.stderr.write(`  round ${round + 1} of ${rounds}\n`)
  }
  return costs
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
