import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aRequest, aSession } from '../../support/a-session.ts'

const elevated = indexAsking(BY_LEADS, undefined, { elevated: true })

/** A request for an elevated role, and a lead who may approve it. */
async function asked() {
  const gateway = aRequestWorld()
  gateway.world.index = elevated
  const request = await gateway.ask()
  const approve = (stepUp?: string, session = gateway.lead, { id } = request) =>
    gateway.answers.approve(gateway.by(session, id), { ...(stepUp !== undefined && { stepUp }) })
  return { ...gateway, request, approve }
}

const refused = async (promise: Promise<unknown>) => {
  const { code, values } = await refusalFrom(promise)
  return [code, values['why'] ?? values['condition']]
}

describe('whoever approves an elevated role (threats.md H8)', () => {
  it('uses up a fresh sign-in that was made for it, and it is on record', async () => {
    const { prove, approve, lead, request, recorded, isOpen, stepUps } = await asked()
    const stepUp = await prove(lead, request)
    expect(await stepUps.get(stepUp)).toMatchObject({ purpose: { approval: request.id } })
    await approve(stepUp)
    expect(await stepUps.get(stepUp)).toBeUndefined()
    expect(recorded.slice(1)).toMatchObject([
      { event: 'step_up', role: 'payments-prod/admin', approval: request.id, principal: { subject: 'oid-2' } },
      { event: 'request_approved', approval: request.id, stepUp: 'T'.repeat(22) },
    ])
    expect(await isOpen()).toBe(true)
  })

  it('cannot without one, however lately they signed in, and that is on record', async () => {
    const { approve, request, recorded, isOpen } = await asked()
    expect(await refusalFrom(approve())).toMatchObject({
      code: 'step_up_required',
      values: { approval: request.id },
    })
    expect(recorded.at(-1)).toMatchObject({ event: 'request_refused', approval: request.id, reason: 'elevated' })
    expect(await isOpen()).toBe(false)
  })

  it('denies it without one', async () => {
    const { answers, by, lead, request, requests } = await asked()
    await answers.deny(by(lead, request.id), {})
    expect(await requests.get(request.id)).toMatchObject({ status: 'denied' })
  })

  it('uses it once: what was approved and given back takes another', async () => {
    const { answers, by, prove, approve, lead, alice, ask, request } = await asked()
    const stepUp = await prove(lead, request)
    await approve(stepUp)
    await answers.end(by(alice, request.id))
    const again = await ask()
    expect(await refused(approve(stepUp, lead, again))).toEqual(['step_up_required', 'gone'])
    await approve(await prove(lead, again, 'U'.repeat(22)), lead, again)
  })

  it('is one of many who press at the same moment', async () => {
    const { prove, approve, lead, request, recorded } = await asked()
    const stepUp = await prove(lead, request)
    const done = await Promise.allSettled(Array.from({ length: 12 }, () => approve(stepUp)))
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(recorded.filter(({ event }) => event === 'request_approved')).toHaveLength(1)
  })

  it('cannot use one that was made for another request, which stays for that', async () => {
    const { world, prove, approve, lead, request, ask, isOpen } = await asked()
    world.index = indexAsking(BY_LEADS, undefined, { elevated: true, requires: [{ approval: BY_LEADS }] })
    const other = await ask({
      session: aSession({
        id: 's9',
        principal: aPrincipal({ subject: 'oid-9', username: 'zoe@example.com', email: 'zoe@example.com' }),
      }),
    })
    const stepUp = await prove(lead, request)
    expect(await refused(approve(stepUp, lead, other))).toEqual(['step_up_required', 'gone'])
    expect(await isOpen()).toBe(false)
    await approve(stepUp)
    expect(await isOpen()).toBe(true)
  })

  it.each([
    [
      'another approver’s',
      aSession({
        id: 'session-2',
        principal: aLead({ subject: 'oid-3', username: 'otto@example.com', email: 'otto@example.com' }),
      }),
    ],
    ['another session of theirs', aSession({ id: 'session-7', principal: aLead() })],
  ])('cannot use %s', async (_whose, session) => {
    const { prove, approve, lead, request, isOpen } = await asked()
    const stepUp = await prove(lead, request)
    expect(await refused(approve(stepUp, session))).toEqual(['step_up_required', 'gone'])
    expect(await isOpen()).toBe(false)
    await approve(stepUp)
  })

  it('cannot use one that is older than five minutes', async () => {
    const { clock, prove, approve, lead, request } = await asked()
    const stepUp = await prove(lead, request)
    clock.pass(300)
    expect(await refused(approve(stepUp))).toEqual(['step_up_required', 'gone'])
  })

  it('is of no use to a hand-over, and stays for what it was made for', async () => {
    const { confirmStepUp, prove, approve, lead, request } = await asked()
    const stepUp = await prove(lead, request)
    const input = { session: lead, id: stepUp, request: aRequest() }
    for (const act of [confirmStepUp.find, confirmStepUp.use])
      expect(await refused(act(input))).toEqual(['step_up_required', 'gone'])
    await approve(stepUp)
  })

  it('cannot by a terminal, whatever their browser has proved (threats.md I8)', async () => {
    const { prove, approve, lead, request } = await asked()
    const stepUp = await prove(lead, request)
    for (const via of ['pkce', 'device', 'token-exchange'] as const)
      expect(await refused(approve(stepUp, { ...lead, via }))).toEqual(['condition_unmet', 'browser_session'])
  })

  it('loses it neither to a slip of the pen nor to a rule that is in the way', async () => {
    const { answers, by, prove, approve, lead, request, world } = await asked()
    const stepUp = await prove(lead, request)
    expect(await refused(answers.approve(by(lead, request.id), { seconds: 60, stepUp }))).toEqual([
      'invalid_request',
      undefined,
    ])
    world.index = indexAsking({ ...BY_LEADS, groups: ['owners'] }, undefined, { elevated: true })
    expect(await refused(approve(stepUp))).toEqual(['not_found', undefined])
    world.index = elevated
    await approve(stepUp)
  })

  it('opens nothing where the word could not be put on record, and takes another to say it again', async () => {
    const { world, prove, approve, lead, request, isOpen } = await asked()
    const stepUp = await prove(lead, request)
    const { onAudit } = world
    world.onAudit = async () => {
      throw new RolegateError('audit_unavailable')
    }
    expect((await refusalFrom(approve(stepUp))).code).toBe('audit_unavailable')
    expect(await isOpen()).toBe(false)
    world.onAudit = onAudit
    expect(await refused(approve(stepUp))).toEqual(['step_up_required', 'gone'])
    expect(await isOpen()).toBe(false)
    await approve(await prove(lead, request, 'U'.repeat(22)))
    expect(await isOpen()).toBe(true)
  })

  it('is not sent away where they might not approve it, but for groups that the trip reads anew', async () => {
    const { answers, world, lead, alice, request, clock } = await asked()
    const may = (session = lead) => answers.requireApprovable(session, request.id)
    expect(await may()).toMatchObject({ takesStepUp: true })
    expect(await refused(may(alice))).toEqual(['condition_unmet', 'own_request'])
    expect(await refused(may({ ...lead, via: 'pkce' }))).toEqual(['condition_unmet', 'browser_session'])
    const oldest = { usual: 3600, elevated: 3600, byEnvironment: new Map() }
    world.closing = closingBy({ console: true, except: new Set() }, undefined, oldest)
    clock.pass(3_601)
    expect(await may()).toMatchObject({ takesStepUp: true, approvingFault: { code: 'sign_in_required' } })
    await answers.cancel({ session: alice, id: request.id, request: aRequest() })
    expect(await refused(may())).toEqual(['condition_unmet', 'request_over'])
  })

  it('is asked anew once the role has become an elevated one: without a fresh sign-in, what they approved counts no more', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    // What a page sends that had nothing to use up.
    await gateway.answers.approve(gateway.by(gateway.lead, id), { stepUp: 'T'.repeat(22) })
    expect(await gateway.isOpen()).toBe(true)
    gateway.world.index = elevated
    expect(await gateway.isOpen()).toBe(false)
    expect(await gateway.answers.find(gateway.alice, id)).toMatchObject({
      standing: 'void',
      because: { values: { condition: 'approved_without_step_up' } },
    })
    const anew = await gateway.ask()
    const stepUp = await gateway.prove(gateway.lead, anew)
    await gateway.answers.approve(gateway.by(gateway.lead, anew.id), { stepUp })
    expect(await gateway.isOpen()).toBe(true)
  })

  it('comes too late for what is answered, and is told so: without a fresh sign-in, and with one, which is kept', async () => {
    const { answers, by, prove, approve, lead, request, recorded, confirmStepUp, world } = await asked()
    const principal = aLead({ subject: 'oid-3', username: 'otto@example.com', email: 'otto@example.com' })
    const other = aSession({ id: 'session-3', principal })
    const stepUp = await prove(lead, request)
    world.onAudit = async ({ event }) => {
      if (event !== 'request_approved') return
      // While the other's yes is not on record yet.
      expect(await refused(approve(stepUp))).toEqual(['condition_unmet', 'request_over'])
    }
    await approve(await prove(other, request, 'U'.repeat(22)), other)
    for (const late of [undefined, stepUp])
      expect(await refused(approve(late))).toEqual(['condition_unmet', 'request_over'])
    await answers.end(by(other, request.id))
    expect(await refused(approve())).toEqual(['condition_unmet', 'request_over'])
    await confirmStepUp.requireToApprove({ session: lead, id: stepUp }, request)
    expect(recorded.filter(({ event }) => event === 'request_refused')).toEqual([])
  })

  it('needs none for a role that is not elevated', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    expect(await gateway.answers.requireApprovable(gateway.lead, id)).toMatchObject({ takesStepUp: false })
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await gateway.isOpen()).toBe(true)
  })
})
