import { describe, expect, it } from 'vitest'
import { readIdpTest } from '../../../src/domain/admin/idp-test.ts'
import type { ClaimMapping } from '../../../src/domain/sign-in/claims.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const mapping: ClaimMapping = {
  idp: 'entra',
  subject: 'oid',
  username: 'name',
  groups: { claim: 'groups', limit: { count: 10, else: 'fail' } },
  mfa: { claim: 'amr', anyOf: ['mfa'] },
  keep: ['department'],
}
const honest = {
  oid: 'oid-1',
  name: 'alice',
  groups: ['payments', 'x'],
  amr: ['pwd', 'mfa'],
  department: 'Platform',
  auth_time: NINE.getTime() / 1000 - 60,
}
const rules = [aRule(), aRule({ id: 'closed', effect: 'deny', match: { idp: 'entra', groups: ['leavers'] } })]

const read = (claims: Record<string, unknown>, settings: ClaimMapping = mapping, directoryGroups?: readonly string[]) =>
  readIdpTest(
    {
      issuer: 'https://idp.example.com',
      claims,
      authentication: { at: claims['auth_time'], claims },
      ...(directoryGroups !== undefined && { directoryGroups }),
    },
    settings,
    anIndex({ rules }),
    NINE,
  )

describe('readIdpTest', () => {
  it('says what each claim is read for, and what a sign-in makes of it', () => {
    const told = read(honest)
    expect(told).toMatchObject({
      signsIn: true,
      subject: 'oid-1',
      username: 'alice',
      groups: {
        state: 'stated',
        names: ['payments', 'x'],
        count: 2,
        limit: 10,
        isNearLimit: false,
        fromDirectory: false,
      },
      authentication: { authenticatedAt: secondsAfter(NINE, -60), mfaAt: secondsAfter(NINE, -60) },
      mfa: 'shown',
      rules: [{ rule: 'payments-team', effect: 'grant', group: 'payments' }],
      roleCount: 1,
      roles: ['payments-prod/dev'],
    })
    expect(told.claims.map(({ name, uses }) => [name, ...uses])).toEqual([
      ['oid', 'subject'],
      ['name', 'username'],
      ['groups', 'groups'],
      ['amr', 'second factor'],
      ['department', 'session tag'],
      ['auth_time'],
    ])
  })

  it('warns at four fifths of the limit', () => {
    const many = (count: number) => ({ ...honest, groups: Array.from({ length: count }, (_, at) => `g${at}`) })
    expect(read(many(7)).groups.isNearLimit).toBe(false)
    expect(read(many(8)).groups).toMatchObject({ state: 'stated', isNearLimit: true })
    expect(read(many(10))).toMatchObject({
      signsIn: false,
      refusal: { code: 'groups_truncated' },
      groups: { state: 'truncated', count: 10 },
    })
  })

  it.each([
    [
      'groups that are missing, where a deny reads them (threats.md I4)',
      { ...honest, groups: undefined },
      'groups_missing',
      'absent',
    ],
    ['groups that are elsewhere', { ...honest, _claim_names: { groups: 'src1' } }, 'groups_truncated', 'truncated'],
    ['groups that are no texts', { ...honest, groups: [{ id: 1 }] }, 'sign_in_rejected', 'unreadable'],
    ['a subject that is missing', { ...honest, oid: undefined }, 'sign_in_rejected', 'stated'],
  ])('tells a refusal, and shows the claims all the same: %s', (_, claims, code, state) => {
    const told = read(claims)
    expect(told).toMatchObject({ signsIn: false, refusal: { code }, groups: { state } })
    expect(told.claims.length).toBeGreaterThan(4)
  })

  it('takes the directory’s own word for groups, as a sign-in does', () => {
    expect(read({ ...honest, _claim_names: { groups: 'src1' } }, mapping, ['payments'])).toMatchObject({
      signsIn: true,
      groups: { fromDirectory: true, state: 'stated', names: ['payments'] },
    })
  })

  it('says where a second factor is not shown, or not asked for', () => {
    expect(read({ ...honest, amr: ['pwd'] }).mfa).toBe('not_shown')
    const { mfa: _, ...without } = mapping
    expect(read(honest, without).mfa).toBe('not_asked_for')
  })

  it('says whether the IdP tells who somebody is at every IdP (threats.md I3)', () => {
    const byNumber = { ...mapping, personKey: 'employee_id' }
    expect(read(honest).personKey).toBe('not_asked_for')
    expect(read(honest, byNumber).personKey).toBe('missing')
    const stated = read({ ...honest, employee_id: 'E-7' }, byNumber)
    expect([stated.personKey, stated.claims.find(({ name }) => name === 'employee_id')?.uses]).toEqual([
      'stated',
      ['person key'],
    ])
  })

  it('shows two hundred of each at most, and how many there are', () => {
    const claims = { ...honest, ...Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`c${at}`, at])) }
    const told = read(claims)
    expect([told.claims.length, told.claimCount]).toEqual([200, 306])
  })
})
