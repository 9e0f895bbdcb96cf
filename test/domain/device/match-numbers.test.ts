import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newMatchNumbers } from '../../../src/domain/device/match-numbers.ts'
import type { Random } from '../../../src/domain/device/user-code.ts'

/** Bytes that look random and are the same in every run. */
function aRandom(seed: string): Random {
  let drawn = 0
  return (count) => {
    const bytes: number[] = []
    while (bytes.length < count)
      bytes.push(
        ...createHash('sha256')
          .update(`${seed} ${(drawn += 1)}`)
          .digest(),
      )
    return Uint8Array.from(bytes.slice(0, count))
  }
}

/** Exactly these bytes, one after another, as often as they are asked for. */
const bytesOf = (...bytes: number[]): Random => {
  let at = 0
  return (count) => Uint8Array.from({ length: count }, () => bytes[at++ % bytes.length] ?? 0)
}

const times = <Value>(count: number, make: (n: number) => Value): Value[] =>
  Array.from({ length: count }, (_, n) => make(n))

describe('the numbers on the page (threats.md D3)', () => {
  it('are three, all different, of two digits, and one of them is right', () => {
    const random = aRandom('three')
    for (const { right, offered } of times(2_000, () => newMatchNumbers(random))) {
      expect(offered).toHaveLength(3)
      expect(new Set(offered).size).toBe(3)
      for (const number of offered) expect(number).toMatch(/^[1-9]\d$/)
      expect(offered).toContain(right)
    }
  })

  it('go on drawing while the draw repeats itself', () => {
    const { right, offered } = newMatchNumbers(bytesOf(7, 7, 7, 97, 7, 8, 7, 9))
    expect(offered).toEqual(['17', '18', '19'])
    expect(offered).toContain(right)
  })

  it('take no byte that would favour some numbers', () => {
    // 180 to 255 would be a third draw of the first seventy-six.
    expect(newMatchNumbers(bytesOf(180, 255, 200, 0, 89, 90, 179, 45)).offered).toEqual(['10', '99', '55'])
  })

  it('favour no number and no place, as far as thirty thousand draws can tell', () => {
    const random = aRandom('fair')
    const draws = times(30_000, () => newMatchNumbers(random))
    /** Pearson’s measure of how far counts are from even. */
    const unevenness = (counts: readonly number[]) => {
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
      return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
    }
    const tally = (size: number, seen: readonly number[]) => {
      const counts = times(size, () => 0)
      for (const n of seen) counts[n] = (counts[n] ?? 0) + 1
      return counts
    }
    const places = tally(
      3,
      draws.map((draw) => draw.offered.indexOf(draw.right)),
    )
    const right = tally(
      90,
      draws.map((draw) => Number(draw.right) - 10),
    )
    const offered = tally(
      90,
      draws.flatMap((draw) => draw.offered.map((number) => Number(number) - 10)),
    )
    // One honest draw in a thousand is further off: 2 and 89 degrees of freedom.
    expect(unevenness(places)).toBeLessThan(13.8)
    expect(unevenness(right)).toBeLessThan(136)
    expect(unevenness(offered)).toBeLessThan(136)
  })
})
