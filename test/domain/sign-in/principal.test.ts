import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../src/domain/sign-in/principal.ts'

describe('identityOf', () => {
  it.each([
    [
      { issuer: 'a:b', subject: 'c' },
      { issuer: 'a', subject: 'b:c' },
    ],
    [
      { issuer: 'ab', subject: 'c' },
      { issuer: 'a', subject: 'bc' },
    ],
    [
      { issuer: '', subject: '1:a' },
      { issuer: '1:a', subject: '' },
    ],
    [
      { issuer: 'a1:b', subject: 'c' },
      { issuer: 'a', subject: 'b1:c' },
    ],
    [
      { issuer: 'a', subject: 'B' },
      { issuer: 'a', subject: 'b' },
    ],
  ])('tells %o from %o', (one, other) => {
    expect(identityOf(one)).not.toBe(identityOf(other))
  })

  it('gives two people two texts, wherever issuer ends and subject begins (threats.md I1)', () => {
    const text = fc.string({ unit: fc.constantFrom('0', '1', '2', ':', 'a'), maxLength: 8 })
    fc.assert(
      fc.property(text, text, text, text, (issuer, subject, otherIssuer, otherSubject) => {
        const same = issuer === otherIssuer && subject === otherSubject
        const one = identityOf({ issuer, subject })
        expect(one === identityOf({ issuer: otherIssuer, subject: otherSubject })).toBe(same)
      }),
      { numRuns: 20_000 },
    )
  })

  it('gives two people two texts also when one text was cut in two places (threats.md I1)', () => {
    const text = fc.string({ unit: fc.constantFrom('1', '2', ':', 'a'), minLength: 2, maxLength: 12 })
    const cut = fc.nat({ max: 12 })
    fc.assert(
      fc.property(text, cut, cut, fc.constantFrom('', ':'), (whole, here, there, seam) => {
        const [one, other] = [here, there].map((at) => ({
          issuer: whole.slice(0, at),
          subject: seam + whole.slice(at),
        }))
        const [first, second] = [here, there].map((at) => whole.slice(0, at))
        if (one === undefined || other === undefined) throw new Error('no two people')
        expect(identityOf(one) === identityOf(other)).toBe(first === second)
      }),
      { numRuns: 5_000 },
    )
  })
})
