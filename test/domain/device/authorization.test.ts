import { describe, expect, it } from 'vitest'
import { CODE_SECONDS, isChallenge, isVerifier } from '../../../src/domain/device/authorization.ts'

describe('PKCE (RFC 7636 §4.1, §4.2)', () => {
  it.each(['A'.repeat(43), 'z'.repeat(128), 'a1-._~'.repeat(8)])('%s is a verifier', (text) => {
    expect(isVerifier(text)).toBe(true)
  })

  it.each([
    '',
    'A'.repeat(42),
    'A'.repeat(129),
    `${'A'.repeat(43)}=`,
    `${'A'.repeat(43)}+`,
    `${'A'.repeat(43)}/`,
    `${'A'.repeat(43)}\n`,
    ` ${'A'.repeat(43)}`,
    `${'A'.repeat(42)}é`,
  ])('%j is no verifier', (text) => {
    expect(isVerifier(text)).toBe(false)
  })

  it('takes a SHA-256 in base64url for a challenge, and no text that is its own (security.md D-5)', () => {
    expect(isChallenge('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')).toBe(true)
    for (const text of ['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`, `${'A'.repeat(42)}.`])
      expect(isChallenge(text)).toBe(false)
    expect(isChallenge(`${'A'.repeat(43)}\n`)).toBe(false)
  })
})

it('gives a code a minute (threats.md D2)', () => {
  expect(CODE_SECONDS).toBeLessThanOrEqual(60)
})
