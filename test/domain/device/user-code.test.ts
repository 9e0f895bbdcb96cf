import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newUserCode, parseUserCode, showUserCode } from '../../../src/domain/device/user-code.ts'

const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'.split('')

describe('newUserCode', () => {
  it('is eight letters without vowels or look-alikes (RFC 8628 §6.1)', () => {
    expect(newUserCode((bytes) => randomBytes(bytes))).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
  })

  it('takes each letter as often as each other (security.md D-10)', () => {
    const counts = new Map(ALPHABET.map((letter) => [letter, 0]))
    const codes = 20_000
    for (let n = 0; n < codes; n += 1) {
      for (const letter of newUserCode((bytes) => randomBytes(bytes))) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    const expected = (codes * 8) / ALPHABET.length
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 19 degrees of freedom: an honest die passes 65 once in a million runs; `byte % 20` alone gives about 1,000.
    expect(chiSquare).toBeLessThan(65)
  })

  it('gives each byte below 240 to one letter, twelve to each, and none above', () => {
    const counts = new Map<string, number>()
    for (let byte = 0; byte < 240; byte += 1) {
      const [letter = ''] = newUserCode((bytes) => new Uint8Array(bytes).fill(byte))
      counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 20 }, () => 12))
  })

  it('asks for more chance when it drew none that is fair', () => {
    const draws = [new Uint8Array(16).fill(255), new Uint8Array(16).fill(240), new Uint8Array(16).fill(0)]
    expect(newUserCode(() => draws.shift() ?? new Uint8Array())).toBe('BBBBBBBB')
  })
})

describe('parseUserCode', () => {
  it.each(['WDJBMJHT', 'WDJB-MJHT', 'wdjb-mjht', ' wdjb mjht ', 'W-D-J-B-M-J-H-T', 'wdjb\u00a0mjht', '\twdjbmjht\r\n'])(
    'reads %j as typed',
    (typed) => {
      expect(parseUserCode(typed)).toBe('WDJBMJHT')
    },
  )

  it.each([
    '',
    'WDJB',
    'WDJBMJH',
    'WDJBMJHTX',
    'ADJBMJHT',
    'WDJB-MJH0',
    'WDJB_MJHT',
    'ＷDJBMJHT',
    'WDJBMJHÑ',
    '🦊DJBMJHT',
    '__proto__',
    `${' '.repeat(40)}WDJBMJHT`,
  ])('reads nothing in %j', (typed) => {
    expect(parseUserCode(typed)).toBeUndefined()
  })

  it('reads back what is shown', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 8, maxLength: 8 }), (code) => {
        expect(showUserCode(code)).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
        expect(parseUserCode(showUserCode(code))).toBe(code)
        expect(parseUserCode(showUserCode(code).toLowerCase())).toBe(code)
      }),
    )
  })

  it('answers nothing but eight letters, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (typed) => {
        expect(parseUserCode(typed) ?? 'BBBBBBBB').toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
      }),
      { numRuns: 5_000 },
    )
  })
})
