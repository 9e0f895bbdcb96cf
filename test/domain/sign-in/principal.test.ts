import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../src/domain/sign-in/principal.ts'

describe('identityOf', () => {
  it.each([
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
})
