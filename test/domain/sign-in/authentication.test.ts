import { describe, expect, it } from 'vitest'
import { authenticationIn, type MfaMapping } from '../../../src/domain/sign-in/authentication.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const AT_NINE = NINE.getTime() / 1000
const AMR: MfaMapping = { claim: 'amr', anyOf: ['mfa', 'ngcmfa'] }
const read = (at: unknown, claims: Record<string, unknown> = {}, mfa?: MfaMapping, context?: string) =>
  authenticationIn({ at, claims, ...(context !== undefined && { context }) }, mfa, NINE)

describe('when somebody showed who they are (threats.md I6)', () => {
  it.each([
    { because: 'as auth_time says it, in seconds', at: AT_NINE - 600, expected: secondsAfter(NINE, -600) },
    { because: 'as AuthnInstant says it', at: secondsAfter(NINE, -600), expected: secondsAfter(NINE, -600) },
    { because: 'long ago', at: 1, expected: new Date(1000) },
    { because: 'now, where the IdP’s clock is a little ahead', at: AT_NINE + 60, expected: NINE },
  ])('$because', ({ at, expected }) => {
    expect(read(at)).toEqual({ authenticatedAt: expected })
  })

  it.each([
    ['absent', undefined],
    ['null', null],
    ['0: the IdP does not know (idps.md)', 0],
    ['negative', -1],
    ['not a number', Number.NaN],
    ['no end of time', Number.POSITIVE_INFINITY],
    ['text', String(AT_NINE)],
    ['a list', [AT_NINE]],
    ['no date', new Date(Number.NaN)],
    ['in the future, beyond the clocks’ difference', AT_NINE + 61],
    ['in milliseconds', NINE.getTime()],
  ])('is not known when it is %s', (_, at) => {
    expect(read(at, { amr: 'mfa' }, AMR)).toEqual({})
  })
})

describe('whether with a second factor', () => {
  const both = { authenticatedAt: NINE, mfaAt: NINE }
  const once = { authenticatedAt: NINE }
  const contexts: MfaMapping = { contexts: ['urn:mfa', 'urn:card'] }

  it.each([
    { because: 'the claim says it', claims: { amr: 'mfa' }, mfa: AMR, expected: both },
    { because: 'the claim lists it', claims: { amr: ['pwd', 'ngcmfa'] }, mfa: AMR, expected: both },
    { because: 'the claim says something else', claims: { amr: ['pwd', 'mfa2', 'MFA'] }, mfa: AMR, expected: once },
    { because: 'the claim is absent', claims: {}, mfa: AMR, expected: once },
    { because: 'it is in one text with others', claims: { amr: 'pwd mfa' }, mfa: AMR, expected: once },
    { because: 'it is in a list in a list', claims: { amr: [['pwd'], [['mfa']]] }, mfa: AMR, expected: once },
    { because: 'another claim says it', claims: { acr: 'mfa' }, mfa: AMR, expected: once },
    { because: 'nobody was told what to look for', claims: { amr: 'mfa' }, mfa: undefined, expected: once },
    {
      because: 'the claim’s name is one that objects know (security.md M-12)',
      claims: {},
      mfa: { claim: 'constructor', anyOf: ['mfa'] },
      expected: once,
    },
    { because: 'the context is one of those', claims: {}, mfa: contexts, context: 'urn:card', expected: both },
    { because: 'the context is another', claims: {}, mfa: contexts, context: 'urn:password', expected: once },
    { because: 'there is no context', claims: {}, mfa: contexts, expected: once },
    {
      because: 'an attribute is called like a context',
      claims: { 'urn:mfa': 'urn:mfa' },
      mfa: contexts,
      expected: once,
    },
  ])('$because', ({ claims, mfa, context, expected }) => {
    expect(read(NINE, claims, mfa, context)).toEqual(expected)
  })
})
