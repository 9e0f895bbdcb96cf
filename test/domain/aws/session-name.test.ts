import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base32, personHashOf, sessionNameFor } from '../../../src/domain/aws/session-name.ts'
import { identityOf } from '../../../src/domain/sign-in/principal.ts'
import { shownName } from '../../../src/domain/sign-in/shown-name.ts'
import { aPrincipal, sha256 } from '../../support/a-principal.ts'

const nameOf = (changes: Parameters<typeof aPrincipal>[0]) => sessionNameFor(aPrincipal(changes), sha256)

describe('base32 (RFC 4648 §10, lower case, no padding)', () => {
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('of %j is %j', (text, encoded) => {
    expect(base32(Buffer.from(text))).toBe(encoded)
  })
})

describe('sessionNameFor', () => {
  it('is readable first and then tells people apart', () => {
    expect(nameOf({})).toMatch(/^alice@example\.com\+[a-z2-7]{16}$/)
  })

  it('is the same each time', () => {
    expect(nameOf({})).toBe(nameOf({}))
  })

  it.each([
    ['alice smith', 'alice_smith'],
    ['EXAMPLE\\alice', 'EXAMPLE_alice'],
    ['alice+admin', 'alice_admin'],
    ['аlice', '_lice'],
    ['alice/../root', 'alice_.._root'],
    ['x'.repeat(300), 'x'.repeat(40)],
    ['a\r\nb', 'a__b'],
    ['🦊', '__'],
    [':', '_'],
    ['okta:alice@example.com', 'okta_alice@example.com'],
    ['okta=alice@example.com', 'okta_alice@example.com'],
  ])('writes %j in AWS’s alphabet as %j', (username, readable) => {
    expect(nameOf({ username }).split('+')).toEqual([readable, expect.stringMatching(/^[a-z2-7]{16}$/)])
  })

  it('keeps its suffix when somebody names themselves like another (threats.md I1)', () => {
    const alice = nameOf({})
    const impostor = nameOf({ subject: 'oid-2' })
    expect(impostor).not.toBe(alice)
    expect(nameOf({ subject: 'oid-2', username: alice })).not.toBe(alice)
    expect(nameOf({ issuer: 'https://other.example.com' })).not.toBe(alice)
    expect(nameOf({ subject: 'oid-2', username: 'аlice@example.com' }).slice(-16)).not.toBe(alice.slice(-16))
  })

  it('says which IdP it is of whose name is none of its own, as no other name can (threats.md I1)', () => {
    const username = shownName('alice@example.com', { idp: 'entra', usernameDomains: ['acme.example'] })
    expect(nameOf({ username })).toMatch(/^entra=alice@example\.com\+[a-z2-7]{16}$/)
    for (const taken of ['entra=alice@example.com', 'entra:alice@example.com'])
      expect(nameOf({ username: taken, idp: 'okta' })).toMatch(/^entra_alice@/)
    const job = { workload: true, idp: 'repo', username: 'repo:acme/app' } as const
    expect(nameOf(job)).toMatch(/^repo_acme_app\+/)
  })

  it('follows issuer and subject, never the e-mail or the IdP’s label', () => {
    expect(nameOf({ email: 'bob@example.com', idp: 'renamed', groups: [] })).toBe(nameOf({}))
  })

  const name = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).filter((text) => !/\p{Surrogate}/u.test(text)),
    fc.emailAddress(),
    fc.uuid(),
    fc.constantFrom('alice', 'аlice', 'ALICE', 'alice ', 'alice+aaaaaaaaaaaaaaaa', '1:a', 'a1:', '__proto__'),
  )
  const username = fc
    .tuple(name, fc.constantFrom(undefined, ['example.com'], ['acme.example']))
    .map(([stated, domains]) => shownName(stated, { idp: 'entra', ...(domains && { usernameDomains: domains }) }))
  const person = fc.record({ issuer: name, subject: name, username })
  /** Two people who are hard to tell apart: same username, or the seam between issuer and subject moved. */
  const pair = fc.oneof(
    fc.tuple(person, person),
    person.map((one) => [one, { ...one, subject: `${one.subject}x` }] as const),
    person.map((one) => {
      const [first = '', ...rest] = one.subject
      return [one, { ...one, issuer: one.issuer + first, subject: rest.join('') }] as const
    }),
    fc.tuple(person, person).map(([one, other]) => [one, { ...other, username: one.username }] as const),
    fc.tuple(person, username).map(([one, other]) => [one, { ...one, username: other }] as const),
  )

  it('never gives two people one name, and always one that AWS takes (threats.md I1, security.md T-6)', () => {
    const heldBy = new Map<string, string>()
    let pairs = 0
    fc.assert(
      fc.property(pair, (people) => {
        const [one, other] = people.map((who) => {
          const principal = aPrincipal(who)
          const given = sessionNameFor(principal, sha256)
          expect(given).toMatch(/^[\w+=,.@-]{2,64}$/)
          expect(given).toMatch(/\+[a-z2-7]{16}$/)
          expect(heldBy.get(given) ?? identityOf(principal)).toBe(identityOf(principal))
          heldBy.set(given, identityOf(principal))
          return { identity: identityOf(principal), suffix: given.slice(-16) }
        })
        pairs += 1
        expect(one?.suffix === other?.suffix).toBe(one?.identity === other?.identity)
      }),
      { numRuns: 20_000 },
    )
    expect(pairs).toBeGreaterThanOrEqual(20_000)
    expect(heldBy.size).toBeGreaterThan(15_000)
  }, 60_000)
})

describe('personHashOf (threats.md I9)', () => {
  it('is 130 bits of hash, without a name in it', () => {
    expect(personHashOf(aPrincipal(), sha256)).toMatch(/^[a-z2-7]{26}$/)
  })

  it('follows issuer and subject alone', () => {
    const hash = personHashOf(aPrincipal(), sha256)
    expect(personHashOf(aPrincipal({ username: 'x', email: 'y', groups: [] }), sha256)).toBe(hash)
    expect(personHashOf(aPrincipal({ subject: 'oid-2' }), sha256)).not.toBe(hash)
    expect(personHashOf(aPrincipal({ issuer: 'other' }), sha256)).not.toBe(hash)
  })

  it('cannot be joined with the session name’s suffix', () => {
    expect(personHashOf(aPrincipal(), sha256).slice(0, 16)).not.toBe(nameOf({}).slice(-16))
  })
})
