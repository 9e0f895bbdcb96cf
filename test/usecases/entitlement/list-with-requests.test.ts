import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { RoleRequest } from '../../../src/domain/request/role-request.ts'
import { makeListAccount, makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { makeListWithRequests } from '../../../src/usecases/entitlement/list-with-requests.ts'
import { indexAsking, muchAsked } from '../../support/a-request-world.ts'
import { anApproved, aRoleRequest, weighedBy } from '../../support/a-role-request.ts'
import { aClock, aRequest, aSession } from '../../support/a-session.ts'

const HOUR = 3600

function aWorld(index = indexAsking()) {
  const clock = aClock()
  const world = { requests: [] as readonly RoleRequest[] }
  const deps = { rules: () => index, closing: closingBy({ console: true, except: new Set() }), now: clock.now }
  const lists = makeListWithRequests({
    ...deps,
    requestsOf: { all: async () => weighedBy(index, clock.now(), world.requests) },
    listAccounts: makeListAccounts(deps),
    listAccount: makeListAccount(deps),
  })
  const list = () => lists.accounts(aSession(), aRequest())
  return Object.assign(world, {
    clock,
    list,
    /** As the list has it, and as the one account has it. */
    async states(): Promise<readonly string[]> {
      const [listed] = await list()
      const [inOne, inAll] = [await lists.account(aSession(), aRequest(), '012345678901'), listed?.roles ?? []]
      expect(inOne).toEqual(inAll)
      return inAll.map((role) => `${role.kind.key} ${'pending' in role ? 'pending' : role.state}`)
    },
  })
}

describe('a kept list, and what others have approved', () => {
  it('is the very same list while nobody was asked', async () => {
    const world = aWorld()
    expect(await world.states()).toEqual(['dev available', 'admin needs_approval'])
    expect(await world.list()).toBe(await world.list())
  })

  it('says at the next request what was asked for, what was approved, and that its time is over', async () => {
    const world = aWorld()
    const before = await world.list()
    world.requests = [aRoleRequest()]
    expect(await world.states()).toEqual(['dev available', 'admin pending'])
    world.requests = [anApproved({ grantedSeconds: HOUR })]
    expect(await world.states()).toEqual(['dev available', 'admin available'])
    world.clock.pass(HOUR / 2)
    expect(await world.states()).toEqual(['dev available', 'admin available'])
    world.clock.pass(HOUR / 2)
    expect(await world.states()).toEqual(['dev available', 'admin needs_approval'])
    world.requests = []
    expect(await world.list()).toBe(before)
  })

  it('sends nobody to ask who has asked for as much as may wait (threats.md P7)', async () => {
    const { index, requests } = muchAsked()
    const world = aWorld(index)
    world.requests = requests.slice(1)
    expect((await world.list()).at(-1)?.roles).toMatchObject([{ state: 'needs_approval' }])
    world.requests = requests
    expect((await world.list()).at(-1)?.roles).toMatchObject([
      { state: 'not_now', refusal: { reason: 'too_many_requests' } },
    ])
    expect((await world.list()).at(0)?.roles).toMatchObject([{ state: 'needs_approval', pending: 'req-0' }])
  })

  it('says of none that it waits where nobody can answer it any more', async () => {
    const world = aWorld()
    world.requests = [aRoleRequest({ wanted: ['role of-before'] })]
    expect(await world.states()).toEqual(['dev available', 'admin needs_approval'])
  })

  it.each<[string, RoleRequest]>([
    ['denied', { ...anApproved(), status: 'denied' }],
    ['given, but not on record', { ...anApproved(), status: 'approving' }],
    [
      'of another role',
      anApproved({ role: 'payments-prod/dev', roleId: 'arn:aws:iam::012345678901:role/rolegate/Dev' }),
    ],
    ['of what is not asked for any more', anApproved({ wanted: ['role other'] })],
    ['of people whose word does not count', anApproved({ groups: ['payments'] })],
  ])('opens nothing by a word that is %s', async (_why, request) => {
    const world = aWorld()
    world.requests = [request]
    expect((await world.list()).flatMap(({ roles }) => roles.map(({ kind, state }) => `${kind.key} ${state}`))).toEqual(
      ['dev available', 'admin needs_approval'],
    )
  })
})
