import { describe, expect, it } from 'vitest'
import type { OpenRequest } from '../../../src/domain/request/open-request.ts'
import type { RoleRequest } from '../../../src/domain/request/role-request.ts'
import { OPEN, openRequestKey } from '../../../src/usecases/request/open-requests.ts'
import { aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { anApproved, aRoleRequest } from '../../support/a-role-request.ts'
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

  it('that wait for a shorter approval than there is are asked for anew, and that one is answered', async () => {
    const { alice, answers, ask, by, isOpen, keep, lead, requests } = aRequestWorld()
    const { id } = aRoleRequest()
    await keep(aRoleRequest({ seconds: 15 * 60 }))
    const because = { values: { condition: 'request_too_short' } }
    expect(await answers.find(alice, id)).toMatchObject({ standing: 'moot', because })
    expect(await refusalFrom(answers.approve(by(lead, id), {}))).toMatchObject(because)
    expect((await answers.list(lead)).waiting).toEqual([])
    const next = await ask({ seconds: 30 * 60 })
    expect([(await requests.get(id))?.status, next.id === id]).toEqual(['cancelled', false])
    await answers.approve(by(lead, next.id), {})
    expect(await isOpen()).toBe(true)
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
