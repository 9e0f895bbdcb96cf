import { describe, expect, it } from 'vitest'
import { anIndex } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { conditionFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aRequest, aSession } from '../../support/a-session.ts'

describe('looking', () => {
  const stranger = aSession({
    id: 'session-9',
    principal: aPrincipal({ subject: 'oid-7', username: 'mallory', email: 'mallory@example.com', groups: [] }),
  })
  const job = aSession({ id: 'session-10', via: 'token-exchange', principal: aLead({ workload: true }) })

  it.each([
    ['as it was', BY_LEADS],
    ['once its rule is called something else', { ...BY_LEADS, of: 'rule else' }],
  ])('is for whom it concerns, with the file %s', async (_how, approval) => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.world.index = indexAsking(approval)
    expect((await gateway.answers.list(stranger)).waiting).toEqual([])
    expect(await conditionFrom(gateway.answers.find(stranger, id))).toBe('not_found')
    expect((await gateway.answers.find(gateway.alice, id)).isOwn).toBe(true)
    expect((await gateway.answers.list(gateway.alice)).own).toHaveLength(1)
  })

  it('is for nobody else once the file wants no word for it, or has no such role', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    for (const index of [indexAsking({ ...BY_LEADS, of: 'rule else' }), anIndex({ roles: [], rules: [] })]) {
      gateway.world.index = index
      expect((await gateway.answers.list(gateway.lead)).waiting).toEqual([])
      expect(await conditionFrom(gateway.answers.find(gateway.lead, id))).toBe('not_found')
    }
  })

  it('reads what everybody waits for only for somebody who may answer', async () => {
    const gateway = aRequestWorld()
    await gateway.ask()
    await gateway.answers.list(stranger)
    await gateway.answers.list(gateway.alice)
    expect(gateway.world.looks).toBe(0)
    expect((await gateway.answers.list(gateway.lead)).waiting).toHaveLength(1)
    expect(gateway.world.looks).toBe(1)
  })

  it('is for no job (threats.md R3)', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    expect(await conditionFrom(gateway.answers.list(job))).toBe('requests_for_people')
    expect(await conditionFrom(gateway.answers.find(job, id))).toBe('requests_for_people')
  })
})

describe('rows that somebody has moved in the store', () => {
  it('are nobody’s whose name they do not bear', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    const row = await gateway.requests.get(id)
    const { askedAt: _ } = row ?? {}
    const mallory = aPrincipal({ subject: 'oid-7', email: 'mallory@example.com' })
    const session = aSession({ principal: mallory })
    expect((await gateway.answers.list(session)).own).toEqual([])
    expect(await gateway.isOpen(mallory)).toBe(false)
    expect(await conditionFrom(gateway.answers.cancel({ session, id, request: aRequest() }))).toBe('not_found')
  })
})
