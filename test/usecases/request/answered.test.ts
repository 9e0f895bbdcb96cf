import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { personIn } from '../../../src/domain/request/role-request.ts'
import { conditionFrom, refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aLead, aRoleRequest } from '../../support/a-role-request.ts'
import { aSession } from '../../support/a-session.ts'

const HOUR = 3600
const other = aSession({
  id: 'session-3',
  principal: aLead({ subject: 'oid-3', username: 'otto@example.com', email: 'otto@example.com' }),
})

function aWorld() {
  const gateway = aRequestWorld()
  return {
    ...gateway,
    async answered(session = gateway.lead) {
      const { answered } = await gateway.answers.list(session)
      return answered.map(({ request, standing }) => [request.id, standing])
    },
  }
}

describe('what somebody answered', () => {
  it('is theirs to see, the newest first, and how it stands; and is nobody else’s list', async () => {
    const { ask, answers, by, lead, alice, clock, answered } = aWorld()
    const { id: denied } = await ask()
    await answers.deny(by(lead, denied), {})
    clock.pass(1)
    const { id: given } = await ask()
    expect(await answered()).toEqual([[denied, 'denied']])
    await answers.approve(by(lead, given), { seconds: HOUR })
    expect(await answered()).toEqual([
      [given, 'approved'],
      [denied, 'denied'],
    ])
    expect([await answered(other), await answered(alice)]).toEqual([[], []])
    clock.pass(HOUR)
    expect((await answered())[0]).toEqual([given, 'ended'])
  })

  it('is none of it once it concerns them no more, as its page says too (threats.md P3)', async () => {
    const { ask, answers, by, lead, world, answered } = aWorld()
    const { id } = await ask()
    await answers.approve(by(lead, id), {})
    world.index = indexAsking({ ...BY_LEADS, groups: ['owners'] })
    expect(await answered()).toEqual([])
    expect(await conditionFrom(answers.find(lead, id))).toBe('not_found')
    world.index = indexAsking({ ...BY_LEADS, of: 'rule else' })
    expect(await answered()).toEqual([])
    world.index = indexAsking()
    expect(await answered(aSession({ id: 'session-8', principal: aLead({ groups: ['others'] }) }))).toEqual([])
    expect(await answered()).toEqual([[id, 'approved']])
  })

  it('is no word that came too late, or could not be put on record', async () => {
    const { ask, answers, by, lead, world, answered } = aWorld()
    const { id } = await ask()
    const { onAudit } = world
    world.onAudit = async ({ event }) => {
      if (event !== 'request_approved') return
      expect(await answered()).toEqual([])
      throw new RolegateError('audit_unavailable')
    }
    expect((await refusalFrom(answers.approve(by(lead, id), {}))).code).toBe('audit_unavailable')
    expect(await answered()).toEqual([])
    world.onAudit = onAudit
    await answers.deny(by(other, id), {})
    expect(await conditionFrom(answers.approve(by(lead, id), {}))).toBe('request_over')
    expect([await answered(), await answered(other)]).toEqual([[], [[id, 'denied']]])
  })

  it('is the newest fifty', async () => {
    const { keep, answers, by, lead, clock, answered } = aWorld()
    for (let at = 0; at <= 50; at += 1) {
      const person = personIn(
        aPrincipal({ subject: `oid-1${at}`, username: `p${at}@example.com`, email: `p${at}@example.com` }),
      )
      await keep(aRoleRequest({ id: `req-${at}`, person }))
      clock.pass(2)
      await answers.deny(by(lead, `req-${at}`), {})
    }
    const ids = (await answered()).map(([id]) => id)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([50, 'req-50', 'req-1'])
    expect(await answers.list(lead)).toMatchObject({ answeredMore: true, answeredPageCount: 2 })
    const older = await answers.list(lead, { answeredPage: 2 })
    expect(older.answered.map(({ request }) => request.id)).toEqual(['req-0'])
    expect(older).toMatchObject({ answeredMore: false, answeredPage: 2 })
  })

  it('is gone when the request is', async () => {
    const { ask, answers, by, lead, clock } = aWorld()
    const { id } = await ask()
    await answers.deny(by(lead, id), {})
    clock.pass(8 * 24 * HOUR)
    const later = aSession({
      principal: aLead(),
      signedInAt: clock.now(),
      endsAt: new Date(clock.now().getTime() + 1e6),
    })
    expect(await answers.list(later)).toMatchObject({ answered: [], answeredMore: false })
  })
})
