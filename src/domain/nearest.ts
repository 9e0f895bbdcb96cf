/** The known word that takes the fewest keystrokes to reach, when that is a third of its length at most. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length > LONGEST) return undefined
  const from = written.toLowerCase()
  let best: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const word of known) {
    const most = Math.min(fewest - 1, Math.max(1, Math.floor(word.length / 3)))
    const strokes = strokesWithin(most, from, word.toLowerCase())
    if (strokes === undefined) continue
    best = word
    fewest = strokes
  }
  return best
}

/** Of the known `--options`, the one that was meant; `said` is parseArgs’ complaint about another. */
export const nearestOption = (said: string, known: Iterable<string>): string | undefined => {
  const [, written] = /^Unknown option '(--[^']+)'/.exec(said) ?? []
  return written === undefined ? undefined : nearest(written, known)
}

/** A text longer than that is no misspelt word. */
const LONGEST = 100

/** Three rows of the table, used again and again: thousands of names that are misspelt are each held against thousands. */
let [beforeLast, last, next] = [0, 0, 0].map(() => new Uint8Array(2 * LONGEST)) as [Uint8Array, Uint8Array, Uint8Array]
const FAR = 255

/**
 * Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment), where those are so
 * many at most. No cell further from the diagonal than that has anything to say. Takes words of up to 198 letters.
 */
export function strokesWithin(most: number, from: string, to: string): number | undefined {
  if (Math.abs(from.length - to.length) > most) return undefined
  for (let column = 0; column <= Math.min(to.length, most + 1); column++) last[column] = column
  for (let row = 1; row <= from.length; row++) {
    const [first, end] = [Math.max(1, row - most), Math.min(to.length, row + most)]
    next[first - 1] = first === 1 ? row : FAR
    next[end + 1] = FAR
    let least = next[first - 1] ?? FAR
    for (let column = first; column <= end; column++) {
      const same = from.charCodeAt(row - 1) === to.charCodeAt(column - 1)
      let strokes = Math.min(at(last, column) + 1, at(next, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1))
      if (
        row > 1 &&
        column > 1 &&
        from.charCodeAt(row - 1) === to.charCodeAt(column - 2) &&
        from.charCodeAt(row - 2) === to.charCodeAt(column - 1)
      )
        strokes = Math.min(strokes, at(beforeLast, column - 2) + 1)
      next[column] = strokes
      least = Math.min(least, strokes)
    }
    if (least > most) return undefined
    ;[beforeLast, last, next] = [last, next, beforeLast]
  }
  const strokes = at(last, to.length)
  return strokes > most ? undefined : strokes
}

const at = (row: Uint8Array, column: number): number => row[column] ?? FAR
