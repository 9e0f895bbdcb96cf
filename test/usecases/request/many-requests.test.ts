import { describe, expect, it } from 'vitest'
import type { OpenRequest } from '../../../src/domain/request/open-request.ts'
import { MOST_WAITING, personIn } from '../../../src/domain/request/role-request.ts'
import { OPEN, openRequestKey } from '../../../src/usecases/request/open-requests.ts'
import { anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS } from '../../support/a-request-world.ts'
import { aRoleRequest } from '../../support/a-role-request.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const ACCOUNTS = Array.from({ length: 25 }, (_, at) =>
  anAccount({ alias: `team-${at}`, id: String(100_000_000_000 + at) }),
)
const INDEX = anIndex({
  accounts: ACCOUNTS,
  roles: [
    aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', requires: [{ approval: BY_LEADS }] }),
    aRoleKind({
      key: 'owner',
      roleName: 'rolegate/Owner',
      requires: [{ approval: { ...BY_LEADS, of: 'role owner', groups: ['owners'] } }],
    }),
  ],
  rules: [aRule({ accounts: ACCOUNTS.map(({ alias }) => alias), roles: ['admin', 'owner'] })],
})

/** The nth of many people asks for a role of one of 25 accounts. */
function theRequest(at: number, changes: Parameters<typeof aRoleRequest>[0] = {}, key = 'admin') {
  const { alias = '' } = ACCOUNTS[at % ACCOUNTS.length] ?? {}
  return aRoleRequest({
    id: `req-${key}-${at}`,
    person: personIn(
      aPrincipal({ subject: `p-${at}`, username: `person-${at}@example.com`, email: `person-${at}@example.com` }),
    ),
    role: `${alias}/${key}`,
    roleId: INDEX.target(alias, key)?.arn ?? '',
    wanted: [`role ${key}`],
    askedAt: secondsAfter(NINE, at),
    ...changes,
  })
}

async function aCrowd(count: number) {
  const gateway = aRequestWorld()
  gateway.world.index = INDEX
  for (let at = 0; at < count; at += 1) await gateway.keep(theRequest(at))
  return gateway
}
const idsIn = (shown: readonly { readonly request: { readonly id: string } }[]) =>
  shown.map(({ request }) => request.id)

describe('whoever may answer thousands of requests', () => {
  it('is shown fifty at a time, the oldest first, and reads no others', async () => {
    const { answers, lead, world } = await aCrowd(1_205)
    const first = await answers.list(lead)
    expect(first).toMatchObject({ waitingCount: 1_205, page: 1, pageCount: 25 })
    expect(idsIn(first.waiting)).toEqual(Array.from({ length: 50 }, (_, at) => `req-admin-${at}`))
    expect(world.gets).toBe(50)
    // Others have their turn in between: no request holds everybody up.
    expect(world.turns).toBe(2)
    const last = await answers.list(lead, { page: 25 })
    expect(idsIn(last.waiting)).toEqual(Array.from({ length: 5 }, (_, at) => `req-admin-${1_200 + at}`))
    expect(await answers.list(lead, { page: 99_999 })).toMatchObject({ page: 25 })
  })

  it('gives others their turn also while rows of older versions are read of the requests themselves', async () => {
    const { answers, lead, openRequests, world } = await aCrowd(1_205)
    for (const row of await openRequests.listByOwner(OPEN))
      await openRequests.put(openRequestKey(row), { id: row.id } as OpenRequest, {
        expiresAt: secondsAfter(NINE, 86_400),
        owner: OPEN,
      })
    expect(await answers.list(lead)).toMatchObject({ waitingCount: 1_205 })
    expect([world.gets, world.turns]).toEqual([1_205 + 50, 2 + 2])
  })

  it('finds them by role and by who asks, whatever the case', async () => {
    const { answers, lead } = await aCrowd(60)
    const found = await answers.list(lead, { question: 'PERSON-3 team-5/' })
    expect([idsIn(found.waiting), found.waitingCount, found.pageCount]).toEqual([['req-admin-30'], 1, 1])
    expect(await answers.list(lead, { question: 'nobody' })).toMatchObject({ waiting: [], waitingCount: 0, page: 1 })
  })

  it('has none counted that others have to answer, nor their own', async () => {
    const { answers, lead, keep } = await aCrowd(3)
    await keep(theRequest(7, {}, 'owner'))
    await keep(theRequest(8, { person: personIn(lead.principal) }))
    expect(await answers.list(lead)).toMatchObject({ waitingCount: 3, ownCount: 1 })
  })
})

describe('whoever asks for much', () => {
  const own = (at: number, changes = {}) => theRequest(at, { person: personIn(aPrincipal()), ...changes })

  it('is shown the newest fifty, and how many there are', async () => {
    const { answers, alice, keep } = await aCrowd(0)
    for (let at = 0; at < 53; at += 1) await keep(own(at, { expiresAt: secondsAfter(NINE, 60 + at) }))
    const { own: shown, ownCount } = await answers.list(alice)
    expect([shown.length, shown[0]?.request.id, ownCount]).toEqual([50, 'req-admin-52', 53])
  })

  it(`has ${MOST_WAITING} that wait at once, and no more (threats.md P7)`, async () => {
    const { answers, by, alice, ask, keep, requests, recorded } = await aCrowd(0)
    for (let at = 0; at < MOST_WAITING - 1; at += 1) await keep(own(at))
    const twentieth = await ask({ role: 'team-20/admin' })
    const refused = ask({ role: 'team-21/admin' })
    expect(await refusalFrom(refused)).toMatchObject({ values: { condition: 'too_many_requests' } })
    expect(recorded.filter(({ event }) => event === 'role_requested')).toHaveLength(1)
    expect((await answers.list(alice)).ownCount).toBe(MOST_WAITING)
    // What waits already is answered as ever, and room is made by what is over.
    expect((await ask({ role: 'team-20/admin' })).id).toBe(twentieth.id)
    await answers.cancel(by(alice, 'req-admin-3'))
    const next = await ask({ role: 'team-21/admin' })
    expect(await requests.get(next.id)).toMatchObject({ status: 'asked' })
  })

  it('is held up by none that nobody can answer any more', async () => {
    const { ask, keep } = await aCrowd(0)
    for (let at = 0; at < MOST_WAITING; at += 1) await keep(own(at, { wanted: ['role of-before'] }))
    expect(await ask({ role: 'team-21/admin' })).toMatchObject({ status: 'asked' })
  })

  it('keeps what nobody can answer where they may not ask anew, and that changes nothing and is on no record', async () => {
    const { ask, keep, recorded, requests } = await aCrowd(0)
    for (let at = 0; at < MOST_WAITING; at += 1) await keep(own(at))
    await keep(own(21, { wanted: ['role of-before'] }))
    const refused = ask({ role: 'team-21/admin' })
    expect(await refusalFrom(refused)).toMatchObject({ values: { condition: 'too_many_requests' } })
    expect(await requests.get('req-admin-21')).toMatchObject({ status: 'asked' })
    expect(recorded).toEqual([])
  })

  it('asks anew in the place of one of their twenty, by what their IdP says of them now', async () => {
    const { ask, keep, requests } = await aCrowd(0)
    for (let at = 0; at < MOST_WAITING; at += 1) await keep(own(at))
    const principal = aPrincipal({ personKey: { claim: 'employee_id', value: 'E-7' } })
    const next = await ask({ role: 'team-3/admin', session: aSession({ principal }) })
    expect(await requests.get('req-admin-3')).toMatchObject({ status: 'cancelled' })
    expect(next).toMatchObject({ status: 'asked', person: { personKey: { value: 'E-7' } } })
  })

  it('lets no more in by asking for many at once', async () => {
    const { answers, alice, ask, keep } = await aCrowd(0)
    for (let at = 0; at < MOST_WAITING - 2; at += 1) await keep(own(at))
    await Promise.allSettled([20, 21, 22, 23, 24].map((at) => ask({ role: `team-${at}/admin` })))
    expect((await answers.list(alice)).ownCount).toBeLessThanOrEqual(MOST_WAITING)
  })
})
