import { closingBy } from '../../../src/domain/device/closing.ts'
import { describe, expect, it } from 'vitest'
import { makeExplainRole } from '../../../src/usecases/entitlement/explain-role.ts'
import { makeListAccount, makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { rangesOf } from '../../../src/config/networks.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { noRequests } from '../../support/a-role-request.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

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

  const narrowings = [
    ['a session policy of a grant', { sessionPolicy: { managed: ['arn:aws:iam::aws:policy/x'] } }, {}],
    ['a grant that binds to an address', { bindIp: true }, {}],
    ['a role that binds to an address', {}, { bindIp: true }],
  ] as const
  it.each(narrowings)(
    'says what the hand-over would of %s, where the IdP’s own goes to AWS (threats.md F7)',
    async (_, rule, role) => {
      const condition = [rule, role].some((one) => 'bindIp' in one) ? 'bind_ip_passed_through' : 'policy_passed_through'
      const narrowed = anIndex({
        accounts,
        roles: [aRoleKind(role)],
        rules: [aRule({ accounts: ['one', 'passed'], roles: ['dev'], ...rule })],
      })
      const deps = { rules: () => narrowed, closing, now: () => NINE }
      const from = aRequest({ address: '52.94.76.9' })
      const [one, passed] = makeListAccounts(deps)(aSession(), from)
      expect([one?.roles[0]?.state, passed?.roles[0]?.state]).toEqual(['available', 'not_now'])
      expect(passed?.roles[0]).toMatchObject({ refusal: { values: { condition } } })
      const explainRole = makeExplainRole({ ...deps, requestsOf: noRequests })
      expect(await explainRole(aSession(), from, 'passed/dev')).toMatchObject({
        available: false,
        because: 'condition_unmet',
        unmet: [condition],
      })
      expect(await explainRole(aSession(), from, 'one/dev')).toMatchObject({ available: true, unmet: [] })
    },
  )

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

  it('says what conditions keep back now, and shares lists all the same', () => {
    const office = { networks: rangesOf(['52.94.76.0/24']) }
    const reason = { reason: { fits: () => true } }
    const approval = { approval: { of: 'role admin', idp: 'entra', groups: ['leads'], validSeconds: 3600 } }
    const roles = [
      aRoleKind({ key: 'plain', roleName: 'A' }),
      { ...aRoleKind({ key: 'office', roleName: 'B' }), requires: [office] },
      { ...aRoleKind({ key: 'reason', roleName: 'C' }), requires: [reason] },
      { ...aRoleKind({ key: 'mfa', roleName: 'D' }), requires: [{ mfaSeconds: 600 }] },
      { ...aRoleKind({ key: 'approval', roleName: 'E' }), requires: [approval] },
    ]
    const many = Array.from({ length: 2_000 }, (_, n) =>
      anAccount({ alias: `a-${n}`, id: String(n).padStart(12, '0') }),
    )
    const rule = aRule({ accounts: many.map(({ alias }) => alias), roles: roles.map(({ key }) => key) })
    let looks = 0
    const index = anIndex({
      accounts: many,
      rules: [rule],
      roles: roles.map((kind) => {
        if (kind.key !== 'office') return kind
        const networks = {
          ranges: office.networks.ranges,
          includes: (at: string) => ((looks += 1), office.networks.includes(at)),
        }
        return { ...kind, requires: [{ networks }] }
      }),
    })
    const list = makeListAccounts({ rules: () => index, closing, now: () => NINE })
    const statesOf = (session: GatewaySession, address: string) => {
      const listed = list(session, aRequest({ address }))
      expect(new Set(listed.map(({ roles: shared }) => shared)).size).toBe(1)
      return listed[0]?.roles.map(({ state }) => state)
    }
    expect(statesOf(aSession(), '52.94.76.7')).toEqual([
      'available',
      'available',
      'available',
      'available',
      'needs_approval',
    ])
    expect(looks).toBe(1)
    expect(statesOf(aSession({ via: 'device' }), '')).toEqual([
      'available',
      'not_now',
      'available',
      'not_now',
      'needs_approval',
    ])
  })

  it('offers no fresh sign-in to people whose IdP tells of no second factor (security.md M-21)', () => {
    const roles = [aRoleKind({ requires: [{ mfaSeconds: 600 }] })]
    const stateAt = (withoutMfa: string) => {
      const index = anIndex({ roles, withoutMfa: new Set([withoutMfa]) })
      const [first] = makeListAccounts({ rules: () => index, closing, now: () => NINE })(aSession(), aRequest())
      return first?.roles.map(({ state }) => state)
    }
    expect(stateAt('okta')).toEqual(['available'])
    expect(stateAt('entra')).toEqual(['not_now'])
  })

  it('keeps an elevated role on the list of a browser whose groups are old, for its step-up mends them (threats.md I7)', () => {
    const oldest = { usual: 43_200, elevated: 3600, byEnvironment: new Map() }
    const aging = closingBy({ console: true, except: new Set() }, undefined, oldest)
    const list = makeListAccounts({ rules: () => anIndex({ accounts, rules }), closing: aging, now: () => NINE })
    const signedInAt = secondsAfter(NINE, -3601)
    const statesOf = (via: 'browser' | 'pkce') =>
      list(aSession({ via, signedInAt }), aRequest())[0]?.roles.map((role) => role.state)
    expect(statesOf('browser')).toEqual(['available', 'available'])
    expect(statesOf('pkce')).toEqual(['available', 'not_now'])
  })
})
