import { describe, expect, it } from 'vitest'
import type { OpenRequest } from '../../../src/domain/request/open-request.ts'
import type { RoleRequest } from '../../../src/domain/request/role-request.ts'
import { OPEN, openRequestKey } from '../../../src/usecases/request/open-requests.ts'
import { aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { anApproved } from '../../support/a-role-request.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

describe('rows of older versions', () => {
  const older = {
    'with no more than the id': ({ id }: OpenRequest) => ({ id }),
    'without the grant it is for': ({ id, person, role, roleId, wanted, askedAt }: OpenRequest) => ({
      id,
      person,
      role,
      roleId,
      wanted,
      askedAt,
    }),
  }
  it.each(Object.entries(older))('that wait are listed and answered as ever, %s', async (_how, rowOf) => {
    const gateway = aRequestWorld()
    const [{ id }, carol] = [await gateway.ask(), aPrincipal({ subject: 'oid-5', username: 'carol', email: 'c@x.org' })]
    const [row] = await gateway.openRequests.listByOwner(OPEN)
    if (row !== undefined)
      await gateway.openRequests.put(openRequestKey(row), rowOf(row) as OpenRequest, {
        expiresAt: secondsAfter(NINE, 86_400),
        owner: OPEN,
      })
    const next = await gateway.ask({ session: aSession({ id: 'session-5', principal: carol }) })
    const { waiting } = await gateway.answers.list(gateway.lead)
    expect(waiting.map(({ request }) => request.id).toSorted()).toEqual([id, next.id].toSorted())
    expect((await gateway.ask()).id).toBe(id)
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await gateway.isOpen()).toBe(true)
    expect((await gateway.answers.list(gateway.lead)).waiting.map(({ request }) => request.id)).toEqual([next.id])
  })

  it('that are approved count no more where they do not say all groups of whoever did', async () => {
    const gateway = aRequestWorld()
    const denied = aRule({ id: 'no', effect: 'deny', match: { groups: ['suspended'] }, roles: ['admin'] })
    gateway.world.index = indexAsking(BY_LEADS, [aRule({ roles: ['admin', 'dev'] }), denied])
    const { allGroups: _, ...row } = anApproved()
    await gateway.keep(row as RoleRequest)
    expect(await gateway.isOpen()).toBe(false)
    expect((await gateway.answers.find(gateway.alice, row.id)).standing).toBe('void')
  })
})
