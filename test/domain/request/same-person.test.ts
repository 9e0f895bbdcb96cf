import { describe, expect, it } from 'vitest'
import { personIn, type Person } from '../../../src/domain/request/role-request.ts'
import { mayBeSamePerson } from '../../../src/domain/request/same-person.ts'
import { shownName } from '../../../src/domain/sign-in/shown-name.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aLead } from '../../support/a-role-request.ts'

const lead = personIn(aLead())

describe('whoever asks and whoever answers (threats.md I3)', () => {
  const alice = personIn(aPrincipal())
  const bare = (person: Person): Person => {
    const { email: _, ...others } = person
    return others
  }
  it.each([
    ['the same issuer and subject', { ...alice, email: 'else@example.com' }],
    ['the same, whatever claim it is read from', { ...alice, subjectClaim: 'oid', email: 'else@example.com' }],
    ['the same address at another identity provider', { ...lead, issuer: 'https://okta', email: 'alice@example.com' }],
    ['the same address, spelt otherwise', { ...lead, email: ' Alice@Example.COM' }],
    ['the same user name', { ...bare(lead), issuer: 'https://okta', username: 'ALICE@example.com' }],
  ])('may be one person by %s', (_by, one) => {
    expect(mayBeSamePerson(alice, one)).toBe(true)
    expect(mayBeSamePerson(one, alice)).toBe(true)
  })

  it('may be one person by an address that is the other’s user name', () => {
    expect(mayBeSamePerson(bare(alice), { ...lead, email: alice.username })).toBe(true)
  })

  it('may be one person by names that are shown with an IdP in front (threats.md I1)', () => {
    const okta = { idp: 'okta', usernameDomains: ['acme.example'] }
    const elsewhere = { ...bare(lead), idp: 'okta', issuer: 'https://okta' }
    const borrowed = { ...elsewhere, username: shownName('Alice@example.com', okta) }
    const addressed = { ...elsewhere, email: shownName('alice@example.com', okta) }
    expect([borrowed.username, addressed.email]).toEqual(['okta:Alice@example.com', 'okta:alice@example.com'])
    expect([mayBeSamePerson(alice, borrowed), mayBeSamePerson(addressed, alice)]).toEqual([true, true])
  })

  it('are two people otherwise, addresses or none', () => {
    expect(mayBeSamePerson(alice, lead)).toBe(false)
    expect(mayBeSamePerson(alice, bare(lead))).toBe(false)
    expect(mayBeSamePerson(bare(alice), bare(lead))).toBe(false)
  })
})
