/** `; did you mean "issuer"?` when a known word is near enough, else nothing. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const near = nearest(written, known)
  return near === undefined ? '' : `; did you mean "${near}"?`
}

/** The known word that takes the fewest keystrokes to reach, when that is a third of its length at most. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length > 100) return undefined
  let best: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const word of known) {
    const most = Math.max(1, Math.floor(word.length / 3))
    if (Math.abs(word.length - written.length) > most) continue
    const strokes = distance(written.toLowerCase(), word.toLowerCase())
    if (strokes >= fewest || strokes > most) continue
    best = word
    fewest = strokes
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = next
  }
  return at(last, to.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY
