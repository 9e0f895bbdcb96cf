import fc from 'fast-check'
import { expect, it } from 'vitest'
import { didYouMean } from '../../src/config/did-you-mean.ts'
import { nearest, strokesWithin } from '../../src/domain/nearest.ts'

it.each([
  { written: 'isuer', known: ['issuer', 'id'], hint: '; did you mean "issuer"?', because: 'a letter is missing' },
  { written: 'tpye', known: ['type', 'id'], hint: '; did you mean "type"?', because: 'two letters are swapped' },
  { written: 'Issuer', known: ['issuer'], hint: '; did you mean "issuer"?', because: 'case is other' },
  {
    written: 'prod-a',
    known: ['prod-b', 'prod-aa'],
    hint: '; did you mean "prod-b"?',
    because: 'the first of equals is taken',
  },
  { written: 'saml', known: ['oidc'], hint: '', because: 'nothing is near' },
  { written: 'x', known: [], hint: '', because: 'nothing is known' },
  { written: 'y'.repeat(101), known: ['y'.repeat(100)], hint: '', because: 'a text that long is no misspelt word' },
])('hints or keeps silent when $because', ({ written, known, hint }) => {
  expect(didYouMean(written, known)).toBe(hint)
})

/** The whole table, as the books have it. */
function strokesBetween(from: string, to: string): number {
  const table = Array.from({ length: from.length + 1 }, (_, row) =>
    Array.from({ length: to.length + 1 }, (_, column) => row + column),
  )
  const cell = (row: number, column: number) => table[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= from.length; row++)
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const ways = [cell(row - 1, column) + 1, cell(row, column - 1) + 1, cell(row - 1, column - 1) + (isSame ? 0 : 1)]
      if (isSwapped) ways.push(cell(row - 2, column - 2) + 1)
      table[row]?.splice(column, 1, Math.min(...ways))
    }
  return cell(from.length, to.length)
}

it('finds the word that takes the fewest strokes, whatever it is held against first', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 6 }), (written, known) => {
      const near = known.flatMap((to) => {
        const strokes = strokesBetween(written, to)
        return strokes <= Math.max(1, Math.floor(to.length / 3)) ? [{ to, strokes }] : []
      })
      expect(nearest(written, known)).toBe(near.toSorted((a, b) => a.strokes - b.strokes)[0]?.to)
    }),
    { numRuns: 5_000 },
  )
})

it('counts strokes as the books do, up to as many as it is asked for', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/'), maxLength: 130 })
  const pair = fc.oneof(
    fc.tuple(word, word),
    // Near ones too: a piece is gone from the middle.
    fc
      .tuple(word, fc.nat(130), fc.nat(9))
      .map(([one, at, gone]) => [one, one.slice(0, at) + one.slice(at + gone)] as const),
  )
  fc.assert(
    fc.property(pair, fc.nat(45), ([from, to], most) => {
      const strokes = strokesBetween(from, to)
      expect(strokesWithin(most, from, to)).toBe(strokes > most ? undefined : strokes)
    }),
    { numRuns: 500 },
  )
})

it('works a pair of words out as far as it could be near, and no further', () => {
  const known = Array.from({ length: 1_000 }, (_, n) => `${n}-account-of-a-team-with-a-long-name`)
  const written = 'something-else-that-is-about-as-long'
  const timeOf = (ask: () => unknown) => {
    const began = performance.now()
    ask()
    return performance.now() - began
  }
  const whole = timeOf(() => known.map((word) => strokesBetween(written, word)))
  const bounded = Math.min(...[1, 2, 3].map(() => timeOf(() => nearest(written, known))))
  // Thousands of names that are misspelt are each held against thousands: that took minutes.
  expect(bounded).toBeLessThan(whole / 3)
})
