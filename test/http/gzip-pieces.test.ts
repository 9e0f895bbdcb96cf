import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { crc32, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { gzipAround, pieceOf } from '../../src/http/gzip-pieces.ts'

const read = (bytes: Buffer): string => gunzipSync(bytes).toString()

describe('a gzip put together', () => {
  it('is what the three texts say in a row, checksum and length with it', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 })
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.integer({ min: 0, max: 9 }), async (before, middle, after, level) => {
        const piece = await pieceOf(middle, level)
        expect(read(gzipAround(before, piece, after))).toBe(before + middle + after)
      }),
      { numRuns: 500 },
    )
  })

  it.each([0, 1, 1023, 65_535, 65_536, 300_001])(
    'holds for a part of %i bytes, used again and again',
    async (length) => {
      const middle = randomBytes(length).toString('latin1')
      const piece = await pieceOf(middle, 6)
      for (const ends of ['', 'a', '<p>ü</p>'.repeat(5_000)]) {
        expect(read(gzipAround(ends, piece, ends))).toBe(ends + middle + ends)
        expect(piece.crc).toBe(crc32(middle))
      }
    },
  )

  it('tells by its length nothing of what one part shares with another (BREACH)', async () => {
    const secret = randomBytes(24).toString('hex')
    const piece = await pieceOf(`<i>${secret}</i>`.repeat(9), 6)
    const guess = (words: string) => gzipAround(`<b>${words}</b>`, piece, '').length
    const others = Array.from({ length: 9 }, () => guess(randomBytes(24).toString('hex')))
    expect(guess(secret)).toBeGreaterThanOrEqual(Math.min(...others) - 4)
  })
})
