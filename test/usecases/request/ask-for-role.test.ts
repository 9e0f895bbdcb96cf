import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { conditionFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aRoleRequest } from '../../support/a-role-request.ts'
import { aSession, NINE } from '../../support/a-session.ts'

const HOUR = 3600

describe('asking', () => {
  it('is for as long as the role gives, or shorter, and on record before anybody can see it', async () => {
    const gateway = aRequestWorld()
    const { id, seconds, wanted } = await gateway.ask({ seconds: 24 * HOUR })
    expect([seconds, wanted]).toEqual([4 * HOUR, ['role admin']])
    expect(gateway.recorded).toMatchObject([
      { event: 'role_requested', approval: id, requester: 'oid-1', seconds: 4 * HOUR, reasonGiven: 'INC-1' },
    ])
    const other = aRequestWorld()
    other.world.onAudit = async () => {
      throw new RolegateError('audit_unavailable')
    }
    expect(await conditionFrom(other.ask())).toBe('audit_unavailable')
    expect((await other.answers.list(other.alice)).own).toEqual([])
  })

  it('at once from many places makes one request', async () => {
    const gateway = aRequestWorld()
    const asked = await Promise.all(Array.from({ length: 8 }, () => gateway.ask()))
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
    expect((await gateway.answers.list(gateway.alice)).own).toHaveLength(1)
    expect((await gateway.answers.list(gateway.lead)).waiting).toHaveLength(1)
    expect(gateway.recorded.filter(({ event }) => event === 'role_requested')).toMatchObject([
      { approval: asked[0]?.id },
    ])
  })

  it('is nobody else’s to see or to answer while its record is written, and its person’s to see as waiting', async () => {
    const gateway = aRequestWorld()
    let looks = 0
    gateway.world.onAudit = async ({ event }) => {
      if (event !== 'role_requested') return
      looks += 1
      const { own } = await gateway.answers.list(gateway.alice)
      expect(own.map(({ standing }) => standing)).toEqual(['asked'])
      const which = gateway.by(gateway.lead, own[0]?.request.id ?? '')
      expect((await gateway.answers.list(gateway.lead)).waiting).toEqual([])
      expect(await conditionFrom(gateway.answers.approve(which, {}))).toBe('not_found')
      expect(await conditionFrom(gateway.answers.deny(which, {}))).toBe('not_found')
    }
    const { id } = await gateway.ask()
    expect(looks).toBe(1)
    expect((await gateway.answers.list(gateway.lead)).waiting.map(({ request }) => request.id)).toEqual([id])
  })

  it('is in nobody’s way a minute after a crash has kept it from its record', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const row = await gateway.requests.get(id)
    if (row !== undefined)
      await gateway.requests.update(id, () => ({ next: { ...aRoleRequest({ id }), status: 'asking' }, answer: 0 }))
    gateway.clock.pass(60)
    expect((await gateway.ask()).id).toBe(id)
    gateway.clock.pass(1)
    const next = await gateway.ask()
    expect(next.id).not.toBe(id)
    expect(await gateway.requests.get(id)).toBeUndefined()
    expect((await gateway.answers.list(gateway.lead)).waiting.map(({ request }) => request.id)).toEqual([next.id])
  })

  it.each([
    ['nothing has to be approved', { role: 'payments-prod/dev' }, 'no_approval_needed'],
    ['no rule opens it to them', { session: aSession({ principal: aPrincipal({ groups: [] }) }) }, 'not_entitled'],
    ['there is no such role', { role: 'payments-prod/else' }, 'role_unknown'],
    ['a job asks', { session: aSession({ principal: aPrincipal({ workload: true }) }) }, 'requests_for_people'],
    ['it is over before anybody could use it', { seconds: 1799 }, 'invalid_request'],
    ['the session is over', { session: aSession({ endsAt: NINE }) }, 'sign_in_required'],
  ] as const)('is refused where %s', async (_where, changes, what) => {
    expect(await conditionFrom(aRequestWorld().ask(changes))).toBe(what)
  })

  it('is refused where a deny stands, and where it is approved already', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await conditionFrom(gateway.ask())).toBe('approved_already')
    gateway.clock.pass(4 * HOUR - 899)
    expect((await gateway.ask()).id).not.toBe(id)
    gateway.world.index = indexAsking(BY_LEADS, [
      aRule({ roles: ['admin'] }),
      aRule({ id: 'no', effect: 'deny', roles: ['admin'] }),
    ])
    expect(await conditionFrom(gateway.ask())).toBe('denied_by_rule')
  })

  it('is limited to twenty an hour', async () => {
    const gateway = aRequestWorld()
    for (let time = 0; time < 20; time += 1) await gateway.ask()
    expect(await conditionFrom(gateway.ask())).toBe('rate_limited')
    gateway.clock.pass(HOUR)
    await gateway.ask()
  })

  it('costs the store nothing for a role that takes no approval', async () => {
    const gateway = aRequestWorld()
    const index = gateway.world.index
    expect(await gateway.requestsOf.about(aPrincipal(), aTarget(index, 'payments-prod/dev'))).toEqual([])
    gateway.world.index = indexAsking({ ...BY_LEADS }, [])
    expect(gateway.world.reads).toBe(0)
  })
})
