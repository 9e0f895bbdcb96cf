import { closingBy } from '../../../src/domain/device/closing.ts'
import { describe, expect, it } from 'vitest'
import { makeListAccount, makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { anAccount, anIndex, aRule } from '../../support/a-mapping.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'

const accounts = [
  anAccount({ alias: 'one', id: '000000000001' }),
  anAccount({ alias: 'two', id: '000000000002' }),
  anAccount({ alias: 'passed', id: '000000000003', passThroughIdp: 'entra' }),
]
const rules = [aRule({ accounts: ['one', 'two', 'passed'], roles: ['dev', 'admin'] })]
const closing = closingBy({ console: true, except: new Set() })
const listAccounts = makeListAccounts({ rules: () => anIndex({ accounts, rules }), closing, now: () => NINE })
const states = (session = aSession()) =>
  listAccounts(session, aRequest()).map(({ account, roles }) => [account.alias, ...roles.map(({ state }) => state)])

describe('listAccounts', () => {
  it('lists accounts in the order of the file, with what may be taken there now', () => {
    expect(states()).toEqual([
      ['one', 'available', 'available'],
      ['two', 'available', 'available'],
      // threats.md F7: no elevated role by the IdP's own assertion.
      ['passed', 'available', 'not_now'],
    ])
    expect(states(aSession({ via: 'device' }))).toEqual([
      ['one', 'available', 'not_now'],
      ['two', 'available', 'not_now'],
      ['passed', 'not_now', 'not_now'],
    ])
  })

  it('shares one list among accounts where the same holds', () => {
    const [one, two, passed] = listAccounts(aSession(), aRequest())
    expect(two?.roles).toBe(one?.roles)
    expect(passed?.roles).not.toBe(one?.roles)
  })

  it('says the same of one account, at the price of one', () => {
    const deps = { rules: () => anIndex({ accounts, rules }), closing, now: () => NINE }
    for (const session of [aSession(), aSession({ via: 'device' })]) {
      for (const { account, roles } of listAccounts(session, aRequest())) {
        expect(makeListAccount(deps)(session, aRequest(), account.id)).toEqual(roles)
      }
    }
    expect(makeListAccount(deps)(aSession(), aRequest(), '999999999999')).toEqual([])
    const ended = aSession({ endsAt: NINE })
    expect(refusalOf(() => makeListAccount(deps)(ended, aRequest(), '000000000001')).code).toBe('sign_in_required')
  })

  it('lists nothing for an ended session', () => {
    expect(refusalOf(() => states(aSession({ endsAt: NINE }))).code).toBe('sign_in_required')
  })
})
