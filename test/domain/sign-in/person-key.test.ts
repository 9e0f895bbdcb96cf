import { describe, expect, it } from 'vitest'
import { missingKeyOf, personKeyIn } from '../../../src/domain/sign-in/person-key.ts'

const keyOf = (employee_id: unknown) => personKeyIn({ employee_id }, 'employee_id')?.value

describe('a person’s key (threats.md I3)', () => {
  it.each([
    ['a text', 'E-0042', 'E-0042'],
    ['a text with blanks around it', ' E-0042\t', 'E-0042'],
    ['a list of one', ['E-0042'], 'E-0042'],
    ['a whole number', 42, '42'],
  ])('is read of %s', (_what, stated, value) => {
    expect(keyOf(stated)).toBe(value)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['blanks', '  '],
    ['signs nobody sees', '\u200b\u2060'],
    ['an empty list', []],
    ['several', ['E-0042', 'E-0043']],
    ['the same twice', ['E-0042', 'E-0042']],
    ['a fraction', 0.5],
    ['a number that loses digits', 2 ** 53],
    ['true', true],
    ['a list in a list', [['E-0042']]],
    ['an object', { value: 'E-0042' }],
    ['a text without end', 'x'.repeat(256)],
  ])('is not known where %s is stated', (_what, stated) => {
    expect(keyOf(stated)).toBeUndefined()
  })

  it.each(['constructor', '__proto__', 'toString'])('is not read of a claim called %s that nobody sent', (claim) => {
    expect(personKeyIn({}, claim)).toBeUndefined()
  })

  it('is missing where the file names a claim of that IdP, and it was not stated or is another’s', () => {
    const keys = new Map([['okta', 'employee_id']])
    const personKey = { claim: 'employee_id', value: 'E-0042' }
    expect(missingKeyOf({ idp: 'okta' }, keys)).toBe('employee_id')
    expect(missingKeyOf({ idp: 'okta', personKey: { ...personKey, claim: 'badge' } }, keys)).toBe('employee_id')
    expect(missingKeyOf({ idp: 'okta', personKey }, keys)).toBeUndefined()
    expect(missingKeyOf({ idp: 'entra' }, keys)).toBeUndefined()
    expect(missingKeyOf({ idp: 'okta', personKey }, new Map())).toBeUndefined()
  })
})
