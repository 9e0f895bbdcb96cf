import { expect, it } from 'vitest'
import { didYouMean } from '../../src/config/did-you-mean.ts'

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
