import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shownName, statedName } from '../../../src/domain/sign-in/shown-name.ts'

const ENTRA = { idp: 'entra', usernameDomains: ['example.com', 'example.org'] }
const OKTA = { idp: 'okta', usernameDomains: ['acme.example'] }
/** It has declared no domains. */
const OPEN = { idp: 'keycloak' }
/** The same, beside the others. */
const BESIDE = { ...OPEN, othersDomains: [...ENTRA.usernameDomains, ...OKTA.usernameDomains] }

describe('a name (threats.md I1)', () => {
  it.each([
    'alice@example.com',
    'Alice@Example.COM',
    'a.b_c-d+e@example.org',
    "o'brien@example.com",
    '0042@example.com',
  ])('of a domain of its IdP is shown as it is: %j', (stated) => {
    expect(shownName(stated, ENTRA)).toBe(stated)
  })

  it.each([
    ['of another domain', 'alice@acme.example'],
    ['of a domain below', 'alice@eu.example.com'],
    ['of a domain that ends alike', 'alice@notexample.com'],
    ['of none', 'alice'],
    ['of two', 'alice@acme.example@example.com'],
    ['with nothing before the sign', '@example.com'],
    ['with a letter that looks like another', 'аlice@example.com'],
    ['with a domain that folds to another', 'alice@e\u212Aample.com'],
    ['with a sign nobody sees', 'alice\u200b@example.com'],
    ['with a line after it', 'alice@example.com\n'],
    ['with the id of another in front', 'okta:alice@example.com'],
    ['with its own id in front', 'entra:alice@example.com'],
    ['in quotes', '"alice"@example.com'],
    ['empty', ''],
  ])('%s has the IdP’s id in front', (_what, stated) => {
    expect(shownName(stated, ENTRA)).toBe(`entra:${stated}`)
  })

  it('is shown as it is where the IdP has declared no domains, but for one with a colon, which may be read as an id', () => {
    expect(shownName('alice', OPEN)).toBe('alice')
    expect(shownName('okta:alice@acme.example', OPEN)).toBe('keycloak:okta:alice@acme.example')
  })

  it.each([
    'alice@example.com',
    'Alice@EXAMPLE.com',
    'alice@acme.example',
    'alice@example.com.evil.test',
    'alice @example.com',
    'alice@example.com\n',
    'alice@ex\u0430mple.com',
    '\uff41lice',
    'zo\u00eb',
    'ali\u200bce@x.test',
  ])(
    'that another IdP has declared, or that could look like one, has the id in front where its own IdP declares none: %j',
    (stated) => {
      expect(shownName(stated, BESIDE)).toBe(`keycloak:${stated}`)
    },
  )

  it.each(['alice', 'Alice Example', 'alice@x.test', 'alice@eu.example.com', 'example.com', 'alice@notexample.com'])(
    'that nobody has declared is shown as it is where its IdP declares none: %j',
    (stated) => {
      expect(shownName(stated, BESIDE)).toBe(stated)
    },
  )

  const name = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
    fc.emailAddress(),
    fc
      .tuple(
        fc.constantFrom('', 'entra:', 'okta:', 'keycloak:', 'okta:okta:'),
        fc.constantFrom('alice', 'Alice', 'аlice', "o'brien", 'a:b', '', 'a@b'),
        fc.constantFrom('', '@', '@example.com', '@EXAMPLE.ORG', '@acme.example', '@acme.example ', '@x.test'),
      )
      .map((parts) => parts.join('')),
  )

  it.each([
    ['has declared its own domains', OKTA],
    ['has declared none', BESIDE],
  ])('of an IdP with domains is the same as another’s at no other IdP, which %s', (_what, elsewhere) => {
    const shared = { sameStated: 0, idInFront: 0 }
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(name, name),
          name.map((same) => [same, same] as const),
        ),
        ([one, other]) => {
          const [at, there] = [shownName(one, ENTRA), shownName(other, elsewhere)]
          expect(at.toLowerCase()).not.toBe(there.normalize('NFKC').toLowerCase())
          if (one === other) shared.sameStated += 1
          if (at.startsWith('entra:')) shared.idInFront += 1
        },
      ),
      { numRuns: 20_000 },
    )
    expect(Math.min(shared.sameStated, shared.idInFront)).toBeGreaterThan(100)
  })

  it('begins with an IdP’s id and a colon only if that IdP has stated it', () => {
    fc.assert(
      fc.property(name, fc.constantFrom(ENTRA, OKTA, OPEN, BESIDE), (stated, idp) => {
        const [front, ...rest] = shownName(stated, idp).split(':')
        if (rest.length > 0) expect(front).toBe(idp.idp)
      }),
      { numRuns: 20_000 },
    )
  })

  it('can be told again as it was stated', () => {
    fc.assert(
      fc.property(name, fc.constantFrom(ENTRA, OKTA, OPEN, BESIDE), (stated, idp) => {
        expect(statedName(shownName(stated, idp), idp.idp)).toBe(stated)
      }),
      { numRuns: 20_000 },
    )
  })
})
