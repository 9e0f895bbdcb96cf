import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shownValue } from '../../../src/domain/admin/shown-value.ts'

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0aaaaa.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw'

describe('shownValue', () => {
  it.each([
    ['a text', 'sub', 'u-1', '"u-1"'],
    ['a list', 'groups', ['a', 'b'], '["a","b"]'],
    ['a number, and nothing', 'n', [1, null, true], '[1,null,true]'],
    ['no value at all', 'n', undefined, ''],
    [
      'signs that steer a terminal or turn a line',
      'n',
      'a\u001b[31m\u202eb\u2066\u0085',
      String.raw`"a\u001b[31m\u{202e}b\u{2066}\u{85}"`,
    ],
    ['half a letter', 'n', 'a\ud800', String.raw`"a\ud800"`],
    ['a dotted name, which is no token', 'n', 'aws.payments-prod.admin', '"aws.payments-prod.admin"'],
  ])('shows %s', (_, name, value, shown) => {
    expect(shownValue(name, value)).toBe(shown)
  })

  it.each([
    ['a token as the value', 'x', JWT],
    ['a token inside', '_claim_sources', { src1: { endpoint: 'https://x', inner: [JWT] } }],
    ['what is called a token', 'access_token', 'opaque'],
    ['what is called a token inside', '_claim_sources', { src1: { access_token: 'opaque' } }],
    ['a secret', 'client_secret', 'hush'],
    ['an assertion', 'SAMLAssertion', '<x/>'],
  ])('never shows %s', (_, name, value) => {
    expect(shownValue(name, value)).toBe('not shown: it may be a token')
  })

  it('cuts what is long, and says by how much', () => {
    const shown = shownValue('n', 'x'.repeat(1000))
    expect(shown).toMatch(/^"x{299}… and 702 more signs$/)
  })

  it('is one line of plain signs, whatever came', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (name, value) => {
        expect(shownValue(name, value)).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{0,340}$/u)
      }),
    )
  })
})
