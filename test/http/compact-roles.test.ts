import { describe, expect, it } from 'vitest'
import { closingBy } from '../../src/domain/device/closing.ts'
import { compactRoles } from '../../src/http/compact-roles.ts'
import { makeListAccounts } from '../../src/usecases/entitlement/list-accounts.ts'
import { anAccount, anIndex, aRoleKind, aRule } from '../support/a-mapping.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { aRequest, aSession, NINE } from '../support/a-session.ts'

const closing = closingBy({ console: true, except: new Set() })
const { environment: _, ...plain } = anAccount({ alias: 'bare', id: '000000000003', name: 'Bare' })
const accounts = [
  anAccount({ alias: 'one', id: '000000000001' }),
  anAccount({ alias: 'two', id: '000000000002', partition: 'aws-cn', environment: 'dev' }),
  plain,
]
const rules = [
  aRule({ id: 'all', match: { idp: 'entra', everyone: true }, accounts: ['one', 'two', 'bare'], roles: ['readonly'] }),
  aRule({ id: 'team', accounts: ['one', 'bare'], roles: ['dev'], maxSeconds: 3600 }),
  aRule({ id: 'leads', match: { idp: 'entra', groups: ['payments', 'leads'] }, roles: ['dev'], accounts: ['one'] }),
]
const compact = () =>
  compactRoles(
    makeListAccounts({ rules: () => anIndex({ accounts, rules }), now: () => NINE, closing })(
      aSession({ principal: aPrincipal({ groups: ['payments', 'leads'] }) }),
      aRequest(),
    ),
  )

describe('the compact list', () => {
  it('says every word once and after that its number', () => {
    expect(compact()).toEqual({
      form: 'compact',
      kinds: [
        { key: 'readonly', roleName: 'rolegate/ReadOnly', elevated: false },
        { key: 'dev', roleName: 'rolegate/Developer', elevated: false },
      ],
      rules: ['all', 'leads', 'team'],
      groups: ['payments', 'leads'],
      grants: [
        { maxSeconds: 43_200, state: 'available', via: [[0, null]] },
        { maxSeconds: 14_400, state: 'available', via: [[1, 0], [1, 1], [2, 0]] }, // prettier-ignore
        { maxSeconds: 3600, state: 'available', via: [[2, 0]] },
      ],
      lists: [[[0, 0], [1, 1]], [[0, 0]], [[0, 0], [1, 2]]], // prettier-ignore
      names: ['Payments', 'Bare'],
      environments: ['prod', 'dev'],
      partitions: ['aws', 'aws-cn'],
      accounts: {
        id: '000000000001000000000002000000000003',
        alias: ['one', 'two', 'bare'],
        name: [0, 0, 1],
        environment: [0, 1, null],
        partition: [0, 1, 0],
        list: [0, 1, 2],
      },
    })
  })

  it('grows by a row an account, not by a row a role', () => {
    const many = Array.from({ length: 1000 }, (_one, n) =>
      anAccount({ alias: `a-${n}`, id: String(n).padStart(12, '0') }),
    )
    const kinds = Array.from({ length: 10 }, (_one, n) => aRoleKind({ key: `k${n}`, roleName: `K${n}` }))
    const rule = aRule({ accounts: many.map(({ alias }) => alias), roles: kinds.map(({ key }) => key) })
    const index = anIndex({ accounts: many, roles: kinds, rules: [rule] })
    const { lists, grants } = compactRoles(
      makeListAccounts({ rules: () => index, now: () => NINE, closing })(aSession(), aRequest()),
    )
    expect([lists.length, lists[0]?.length, grants.length]).toEqual([1, 10, 1])
  })
})
