import { describe, expect, it } from 'vitest'
import { personIn, type Person } from '../../../src/domain/request/role-request.ts'
import { keyFault, samePersonFault, sharedBy } from '../../../src/domain/request/same-person.ts'
import { compared } from '../../../src/domain/sign-in/compared.ts'
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
    ['the same issuer and subject', 'identity', { ...alice, email: 'else@example.com' }],
    [
      'the same, whatever claim it is read from',
      'identity',
      { ...alice, subjectClaim: 'oid', email: 'else@example.com' },
    ],
    [
      'the same address at another identity provider',
      'name',
      { ...lead, issuer: 'https://okta', email: 'alice@example.com' },
    ],
    ['the same address, spelt otherwise', 'name', { ...lead, email: ' Alice@Example.COM' }],
    [
      'the same address, in decomposed characters',
      'name',
      { ...lead, email: 'zo\u0065\u0308@example.com' },
      'zo\u00eb@example.com',
    ],
    ['the same address, in full width', 'name', { ...lead, email: '\uff41lice@example.com' }],
    ['the same address, with a sign nobody sees', 'name', { ...lead, email: 'ali\u200bce@example.com\u2060' }],
    ['the same user name', 'name', { ...bare(lead), issuer: 'https://okta', username: 'ALICE@example.com' }],
  ])('may be one person by %s', (_what, by, one: Person, email = alice.email ?? '') => {
    expect(sharedBy({ ...alice, email }, one)).toBe(by)
    expect(sharedBy(one, { ...alice, email })).toBe(by)
  })

  it('may be one person by an address that is the other’s user name', () => {
    expect(sharedBy(bare(alice), { ...lead, email: alice.username })).toBe('name')
  })

  it('may be one person by names that are shown with an IdP in front (threats.md I1)', () => {
    const okta = { idp: 'okta', usernameDomains: ['acme.example'] }
    const elsewhere = { ...bare(lead), idp: 'okta', issuer: 'https://okta' }
    const borrowed = { ...elsewhere, username: shownName('Alice@example.com', okta) }
    const addressed = { ...elsewhere, email: shownName('alice@example.com', okta) }
    expect([borrowed.username, addressed.email]).toEqual(['okta:Alice@example.com', 'okta:alice@example.com'])
    expect([sharedBy(alice, borrowed), sharedBy(addressed, alice)]).toEqual(['name', 'name'])
  })

  it('are two people otherwise, addresses or none', () => {
    expect(sharedBy(alice, lead)).toBeUndefined()
    expect(sharedBy(alice, bare(lead))).toBeUndefined()
    expect(sharedBy(bare(alice), bare(lead))).toBeUndefined()
  })
})

describe('whoever asks and whoever answers, by what names them at every identity provider (threats.md I3)', () => {
  const keyed = (person: Person, value: string, claim = 'employee_id'): Person => ({
    ...person,
    personKey: { claim, value },
  })
  const asks = personIn(aPrincipal())
  const answers: Person = { ...lead, idp: 'okta', issuer: 'https://okta' }
  const personKeys = new Map([
    ['entra', 'employee_id'],
    ['okta', 'badge'],
  ])
  const reasonOf = (one: Person, other: Person, keys = personKeys) =>
    samePersonFault(one, other, { personKeys: keys })?.reason

  it('are one person by the same key, in whatever case and of whatever claim, at one IdP and at two', () => {
    expect(reasonOf(keyed(asks, 'E-7'), keyed(answers, 'e-7', 'badge'))).toBe('own_request:key')
    expect(reasonOf(keyed(asks, 'E-7'), keyed(lead, 'E-7'))).toBe('own_request:key')
    // It speaks against somebody also where the file has come to ask for it no more.
    expect(reasonOf(keyed(asks, 'E-7'), keyed(lead, 'E-7'), new Map())).toBe('own_request:key')
  })

  it.each([
    ['a number, and its text with zeros in front', '123', '000123'],
    ['zeros alone', '0', '000'],
    ['full-width digits', '123', '\uff11\uff12\uff13'],
    ['composed and decomposed characters', '\u00c9-7', 'e\u0301-7'],
    ['an accent behind a sign nobody sees', '\u00c9-7', 'e\u200d\u0301-7'],
    ['signs nobody sees', 'E-7', '\ufeffE\u00ad-7\u200b'],
    ['a blank of another kind', 'E 7', 'E\u00a07'],
    ['a sigma at a word’s end', '\u03a3\u0391\u03a3', '\u03c3\u03b1\u03c3'],
    ['a dotted capital i', '\u0130-7', 'i-7'],
    ['a sharp s, and two of them', 'Stra\u00dfe', 'STRASSE'],
  ])('are one person by the same key in two spellings: %s', (_what, one, other) => {
    expect(reasonOf(keyed(asks, one), keyed(answers, other, 'badge'))).toBe('own_request:key')
    expect(reasonOf(keyed(asks, other), keyed(answers, one, 'badge'))).toBe('own_request:key')
  })

  it('are one person by the same key in capitals and in small letters, whatever the letter', () => {
    const letters = Array.from({ length: 0x30000 }, (_, at) => at)
      .filter((at) => at < 0xd800 || at > 0xdfff)
      .map((at) => String.fromCodePoint(at))
    const isTwo = (letter: string) =>
      [letter.toUpperCase(), letter.toLowerCase()].some((other) => compared(other) !== compared(letter))
    expect(letters.filter(isTwo)).toEqual([])
  })

  it('are two by another key', () => {
    expect(reasonOf(keyed(asks, '1230'), keyed(answers, '123', 'badge'))).toBeUndefined()
    expect(reasonOf(keyed(asks, 'E-07'), keyed(answers, 'E-7', 'badge'))).toBeUndefined()
    expect(reasonOf(keyed(asks, 'E-7'), keyed(answers, 'E-8', 'badge'))).toBeUndefined()
    expect(reasonOf(keyed(asks, 'E-7'), keyed(answers, 'E-7 7', 'badge'))).toBeUndefined()
  })

  it('may be anybody while a key that the file asks for is missing, and it says whose and which', () => {
    expect(reasonOf(asks, keyed(answers, 'E-8', 'badge'))).toBe('person_key_missing:requester:employee_id')
    expect(reasonOf(keyed(asks, 'E-7'), answers)).toBe('person_key_missing:approver:badge')
    expect(reasonOf(asks, answers)).toBe('person_key_missing:requester:employee_id')
    expect(samePersonFault(asks, answers, { personKeys })?.values).toEqual({
      condition: 'person_key_missing',
      whose: 'requester',
      claim: 'employee_id',
    })
  })

  it('may be anybody while the key is of a claim that the file has replaced', () => {
    const replaced = new Map([['entra', 'hr_id']])
    expect(reasonOf(keyed(asks, 'E-7'), answers, replaced)).toBe('person_key_missing:requester:hr_id')
  })

  it('need no key of an IdP that has none', () => {
    const one = new Map([['okta', 'badge']])
    expect(reasonOf(asks, keyed(answers, 'E-8', 'badge'), one)).toBeUndefined()
    expect(samePersonFault(asks, lead, {})).toBeUndefined()
    expect(keyFault(asks, 'asker', {})).toBeUndefined()
  })
})
