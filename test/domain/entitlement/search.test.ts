import { describe, expect, it } from 'vitest'
import { searchRoles } from '../../../src/domain/entitlement/search.ts'
import { anAccount, aRoleKind } from '../../support/a-mapping.ts'

const readonly = { kind: aRoleKind({ key: 'readonly', summary: 'Look, don’t touch' }) }
const admin = { kind: aRoleKind({ key: 'admin', summary: 'Break glass', elevated: true }) }
const listed = [
  {
    account: anAccount({ alias: 'pay-prod', id: '111122223333', name: 'Payments', environment: 'prod', tags: ['pci'] }),
    roles: [readonly, admin],
  },
  {
    account: anAccount({ alias: 'data-dev', id: '012345678901', name: 'Data', environment: 'dev', owner: '#data' }),
    roles: [readonly],
  },
]
const found = (question: string) =>
  searchRoles(listed, question).flatMap(({ account, roles }) => roles.map(({ kind }) => `${account.alias}/${kind.key}`))

describe('searchRoles', () => {
  it.each([
    ['nothing finds everything', '', ['pay-prod/readonly', 'pay-prod/admin', 'data-dev/readonly']],
    ['blanks are nothing', ' \t ', ['pay-prod/readonly', 'pay-prod/admin', 'data-dev/readonly']],
    ['an alias', 'pay-prod', ['pay-prod/readonly', 'pay-prod/admin']],
    ['part of an account number', '34567', ['data-dev/readonly']],
    ['a name, in any case', 'PAYMENTS', ['pay-prod/readonly', 'pay-prod/admin']],
    ['an environment', 'dev', ['data-dev/readonly']],
    ['an owner', '#data', ['data-dev/readonly']],
    ['a tag', 'pci', ['pay-prod/readonly', 'pay-prod/admin']],
    ['a role', 'readonly', ['pay-prod/readonly', 'data-dev/readonly']],
    ['a summary', 'glass', ['pay-prod/admin']],
    ['what is elevated', 'elevated', ['pay-prod/admin']],
    ['account and role together', 'prod readonly', ['pay-prod/readonly']],
    ['every word has to occur', 'pay dev', []],
    ['nothing across two of an account’s texts', 'dev data-devdata', []],
    ['no pattern', '.*', []],
  ])('finds by %s', (_because, question, names) => {
    expect(found(question)).toEqual(names)
  })
})
