import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeListAccount, makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { makeListRoles } from '../../../src/usecases/entitlement/list-roles.ts'
import { makeListWithRequests } from '../../../src/usecases/entitlement/list-with-requests.ts'
import { aHandOver } from '../../support/a-hand-over.ts'
import { aMapping, anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { noRequests } from '../../support/a-role-request.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'
import { aUsedStepUp } from '../../support/a-step-up.ts'

const closing = closingBy({ console: true, except: new Set() })
const rules = [aRule({ roles: ['dev', 'admin'] })]
/** By rules, a closing and a clock. */
const listBy = (deps: Parameters<typeof makeListAccounts>[0]) => {
  const lists = { listAccounts: makeListAccounts(deps), listAccount: makeListAccount(deps) }
  const { accounts } = makeListWithRequests({ ...deps, ...lists, requestsOf: noRequests })
  return makeListRoles({ ...deps, listAccounts: accounts })
}
const listed = async (session: GatewaySession) => {
  const list = listBy({ rules: () => anIndex({ rules }), closing, now: () => NINE })
  return (await list(session, aRequest())).map(({ entitlement, stated }) => [entitlement.target.name, stated.state])
}

describe('listRoles', () => {
  it('lists what a browser session may take', async () => {
    expect(await listed(aSession())).toEqual([
      ['payments-prod/dev', 'available'],
      ['payments-prod/admin', 'available'],
    ])
  })

  it('shows a terminal beside its browser what it can have confirmed there (threats.md H8)', async () => {
    expect((await listed(aSession({ via: 'pkce' }))).map(([, state]) => state)).toEqual(['available', 'available'])
  })

  it('shows a terminal that began with a code its elevated roles as not now (threats.md D4)', async () => {
    expect(await listed(aSession({ via: 'device' }))).toEqual([
      ['payments-prod/dev', 'available'],
      ['payments-prod/admin', 'not_now'],
    ])
  })

  it('shows a terminal that began with a code what is closed to it as not now', async () => {
    const list = listBy({
      rules: () => anIndex({ rules }),
      closing: closingBy({ console: true, except: new Set(['payments-prod']) }),
      now: () => NINE,
    })
    const states = async (via: 'pkce' | 'device') =>
      (await list(aSession({ via }), aRequest())).map(({ stated }) => stated.state)
    expect(await states('device')).toEqual(['not_now', 'not_now'])
    expect(await states('pkce')).toEqual(['available', 'available'])
  })

  it('lists nothing for somebody whom no rule meets', async () => {
    expect(await listed(aSession({ principal: aPrincipal({ groups: [] }) }))).toEqual([])
  })

  it('lists nothing for an ended session', async () => {
    expect((await refusalFrom(listed(aSession({ endsAt: NINE })))).code).toBe('sign_in_required')
  })

  it('sees a reload at once (security.md M-20)', async () => {
    let index = anIndex({ rules })
    const listRoles = listBy({ rules: () => index, closing, now: () => NINE })
    expect(await listRoles(aSession(), aRequest())).toHaveLength(2)
    index = anIndex({ rules: [] })
    expect(await listRoles(aSession(), aRequest())).toEqual([])
  })

  it.each(['browser', 'pkce', 'device'] as const)(
    'offers a %s session exactly what the issue path gives it (security.md M-21)',
    async (via) => {
      const session = aSession({ via })
      const available = (await listed(session)).flatMap(([name, state]) => (state === 'available' ? [name] : []))
      const gateway = aHandOver({ mapping: aMapping({ rules }), session })
      const stepUp = aUsedStepUp({ sessionId: session.id })
      for (const role of ['payments-prod/dev', 'payments-prod/admin', 'payments-prod/readonly', 'payments-dev/dev']) {
        const isTaken = await gateway
          .issueCredentials(gateway.ask({ role, ...(role.endsWith('admin') && { stepUp }) }))
          .then(
            () => true,
            () => false,
          )
        expect([role, isTaken]).toEqual([role, available.includes(role)])
      }
    },
  )
})
