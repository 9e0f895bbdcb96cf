import { describe, expect, it } from 'vitest'
import { standingOf, type Staff } from '../../../src/domain/admin/standing.ts'
import { aPrincipal } from '../../support/a-principal.ts'

const staff: Staff = {
  operators: [
    { idp: 'entra', groups: ['platform', 'night-shift'] },
    { idp: 'okta', groups: ['ops'] },
  ],
  auditors: [{ idp: 'entra', groups: ['auditors'] }],
}
const standing = (changes: Parameters<typeof aPrincipal>[0]) => standingOf(staff, aPrincipal(changes))

describe('standingOf', () => {
  it.each([
    ['a member of an operators’ group', { groups: ['x', 'night-shift'] }, 'operator'],
    ['one of another directory’s', { idp: 'okta', groups: ['ops'] }, 'operator'],
    ['an auditor', { groups: ['auditors'] }, 'auditor'],
    ['somebody who is both', { groups: ['auditors', 'platform'] }, 'operator'],
    ['somebody else', { groups: ['payments'] }, undefined],
    ['a group that only begins so', { groups: ['platform-x', 'Platform'] }, undefined],
    ['the same group at another IdP (threats.md R3)', { idp: 'okta', groups: ['platform', 'auditors'] }, undefined],
    ['a list that is cut', { groups: ['platform'], groupsState: 'truncated' }, undefined],
    ['a list that is missing', { groups: ['platform'], groupsState: 'absent' }, undefined],
    ['a job, whatever it claims', { groups: ['platform'], workload: true }, undefined],
    ['somebody in a group called *', { groups: ['*'] }, undefined],
  ] as const)('%s', (_, changes, expected) => {
    expect(standing(changes)).toBe(expected)
  })

  it('is nobody’s where the file names nobody', () => {
    expect(standingOf({ operators: [], auditors: [] }, aPrincipal())).toBeUndefined()
  })
})
