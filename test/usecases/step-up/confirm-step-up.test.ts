import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { stepUpRequired } from '../../../src/domain/sign-in/step-up.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'
import { aPurpose } from '../../support/a-step-up.ts'
import { anAnswer, aStepUpWorld, aTrip, type StepUpWorld } from '../../support/a-step-up-world.ts'

const { id } = aTrip()
const gone = { code: 'step_up_required', values: { why: 'gone' } }
const proved = async () => {
  const world = aStepUpWorld()
  await world.finish.grant(anAnswer(), world.browser)
  const use = (session: GatewaySession = world.browser) => world.confirm.use({ session, id, request: aRequest() })
  return { ...world, use }
}

describe('a step-up for the browser that made the trip (threats.md H8)', () => {
  it('is used once', async () => {
    const { use } = await proved()
    expect(await use()).toMatchObject({ id, sessionId: 'session-1', purpose: aTrip().purpose, authenticatedAt: NINE })
    expect(await refusalFrom(use())).toMatchObject(gone)
  })

  it('is used by one of twenty who race for it', async () => {
    const { use } = await proved()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => use()))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it.each([
    { because: 'another session of the same person', session: aSession({ id: 'session-2' }) },
    { because: 'another person', session: aSession({ principal: aPrincipal({ subject: 'oid-other' }) }) },
  ])('is not there for $because, and stays for its own', async ({ session }) => {
    const { use } = await proved()
    expect(await refusalFrom(use(session))).toMatchObject(gone)
    expect(await use()).toMatchObject({ id })
  })

  it('is there for the session that took the place of its own, and for no other that says so of another', async () => {
    const { use } = await proved()
    expect(await refusalFrom(use(aSession({ id: 'session-3', formerly: ['session-2'] })))).toMatchObject(gone)
    const stranger = aSession({ formerly: ['session-1'], principal: aPrincipal({ subject: 'oid-other' }) })
    expect(await refusalFrom(use(stranger))).toMatchObject(gone)
    expect(await use(aSession({ id: 'session-3', formerly: ['session-2', 'session-1'] }))).toMatchObject({ id })
  })

  it('is not there for a terminal, which may confirm nothing (threats.md I8)', async () => {
    const { use } = await proved()
    for (const via of ['pkce', 'device', 'token-exchange'] as const)
      expect(await refusalFrom(use(aSession({ via })))).toMatchObject({ values: { condition: 'browser_session' } })
  })

  it('is there again once it was given back: once, for whom it was there before, and no longer', async () => {
    const { use, giveBack, clock, stepUps } = await proved()
    const used = await use()
    await giveBack(used)
    // Whoever gives it back twice makes no two of it.
    await giveBack(used)
    expect(await refusalFrom(use(aSession({ id: 'session-2' })))).toMatchObject(gone)
    expect(await use()).toEqual(used)
    expect(await refusalFrom(use())).toMatchObject(gone)
    await giveBack(used)
    clock.pass(299)
    expect(await stepUps.get(id)).toBeDefined()
    clock.pass(1)
    expect(await stepUps.get(id)).toBeUndefined()
    expect(await refusalFrom(use())).toMatchObject(gone)
  })

  it('is with one of those who race for it at any moment, however often it is given back', async () => {
    const { use, giveBack } = await proved()
    let [held, most, tries] = [0, 0, 0]
    /** A hand-over: the first ones are refused by a limit. */
    async function take() {
      const used = await use()
      most = Math.max(most, (held += 1))
      await new Promise((resolve) => setImmediate(resolve))
      held -= 1
      if ((tries += 1) > 5) return used
      await giveBack(used)
      throw new RolegateError('rate_limited')
    }
    const outcomes: PromiseSettledResult<unknown>[] = []
    for (let round = 0; round < 10; round += 1) outcomes.push(...(await Promise.allSettled([take(), take(), take()])))
    expect([most, tries]).toEqual([1, 6])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('is of no use to approve what somebody else asks for, and stays for the hand-over', async () => {
    const { use, confirm, browser } = await proved()
    for (const request of [
      { id: 'req-1', roleId: aPurpose().roleArn },
      { id: 'req-1', roleId: 'another' },
    ])
      expect(await refusalFrom(confirm.useToApprove({ session: browser, id }, request))).toMatchObject(gone)
    expect(await use()).toMatchObject({ id })
  })

  it('is over after five minutes', async () => {
    const { use, clock } = await proved()
    clock.pass(300)
    expect(await refusalFrom(use())).toMatchObject(gone)
  })

  it('is nothing to release or to deny: no terminal waits for it', async () => {
    const { confirm, browser, use } = await proved()
    const which = { session: browser, id, request: aRequest() }
    expect(await refusalFrom(confirm.release({ ...which, elsewhere: true }))).toMatchObject(gone)
    expect(await refusalFrom(confirm.deny(which))).toMatchObject(gone)
    expect(await use()).toMatchObject({ id })
  })

  it('is not there before the trip: an address opens nothing', async () => {
    const { confirm, browser } = aStepUpWorld()
    expect(await refusalFrom(confirm.use({ session: browser, id, request: aRequest() }))).toMatchObject(gone)
  })
})

/** What a terminal gets in place of an elevated role. */
async function asked(world: StepUpWorld, session = world.pkce) {
  const { role, handOver } = aPurpose()
  const thrown = await world.terminal.offer(stepUpRequired({ role }), {
    session,
    purpose: { role, handOver, seconds: 900 },
    request: aRequest(),
  })
  const { confirm } = (thrown as { values: Record<string, string> }).values
  return { thrown, id: confirm ?? '' }
}

describe('a step-up for a terminal (threats.md H8)', () => {
  async function aWaitingTerminal(options: Parameters<typeof aStepUpWorld>[0] = {}) {
    const world = aStepUpWorld(options)
    const { id } = await asked(world)
    const which = { session: world.browser, id, request: aRequest() }
    return {
      ...world,
      id,
      prove: () => world.finish.grant(anAnswer({ trip: aTrip({ id, gives: 'release' }) }), world.browser),
      release: (changes: object = {}) => world.confirm.release({ ...which, elsewhere: false, ...changes }),
      deny: () => world.confirm.deny(which),
      redeem: (session: GatewaySession = world.pkce, request = aRequest()) =>
        world.terminal.redeem({ session, id, request }),
    }
  }

  it('is given to it after trip and word, once, and is as fresh as the trip', async () => {
    const { prove, release, redeem, recorded } = await aWaitingTerminal()
    expect((await refusalFrom(redeem())).code).toBe('authorization_pending')
    await prove()
    expect((await refusalFrom(redeem())).code).toBe('authorization_pending')
    await release()
    expect(await redeem()).toMatchObject({ sessionId: 't1', authenticatedAt: NINE, purpose: { seconds: 900 } })
    expect(await refusalFrom(redeem())).toMatchObject(gone)
    expect(recorded.map(({ event }) => event)).toEqual(['step_up', 'step_up_released'])
    expect(recorded.at(-1)).toMatchObject({ terminal: 't1', requesterAddress: aRequest().address })
  })

  it('goes to one of twenty processes that hold its id', async () => {
    const { prove, release, redeem } = await aWaitingTerminal()
    await prove()
    await release()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => redeem()))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('is released by one of twenty who press the button', async () => {
    const { prove, release, recorded } = await aWaitingTerminal()
    await prove()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => release()))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(recorded.filter(({ event }) => event === 'step_up_released')).toHaveLength(1)
  })

  it('is on record as released, or as refused, when both are pressed at once: never as both', async () => {
    const { prove, release, deny, recorded } = await aWaitingTerminal()
    await prove()
    const outcomes = await Promise.allSettled([release(), deny(), release(), deny()])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(recorded.filter(({ event }) => event !== 'step_up')).toHaveLength(1)
  })

  it('is not given before its record is written, and can be pressed again when that fails', async () => {
    const { prove, release, redeem, heard } = await aWaitingTerminal()
    await prove()
    heard.onAudit = async () => {
      expect((await refusalFrom(redeem())).code).toBe('authorization_pending')
      throw new RolegateError('audit_unavailable')
    }
    expect((await refusalFrom(release())).code).toBe('audit_unavailable')
    expect((await refusalFrom(redeem())).code).toBe('authorization_pending')
    heard.onAudit = async () => undefined
    await release()
    expect(await redeem()).toMatchObject({ sessionId: 't1' })
  })

  describe('decided by the groups that the trip has read (threats.md I7)', () => {
    it.each([
      { because: 'a group is gone', groups: [], code: 'not_entitled' },
      { because: 'a new group denies it', groups: ['payments', 'leavers'], code: 'denied_by_rule' },
    ])('is refused when $because, whatever the terminal’s own say', async ({ groups, code }) => {
      const { world, prove, release, redeem, browser, recorded } = await aWaitingTerminal()
      const leavers = aRule({ id: 'leavers', effect: 'deny', match: { groups: ['leavers'] }, roles: ['admin'] })
      world.rules = anIndex({ rules: [aRule({ roles: ['dev', 'admin'] }), leavers] })
      await prove()
      const session = { ...browser, principal: aPrincipal({ groups }) }
      expect((await refusalFrom(release({ session }))).code).toBe(code)
      expect((await refusalFrom(redeem())).code).toBe('authorization_pending')
      expect(recorded.at(-1)).toMatchObject({ event: 'step_up_refused', reason: code })
    })

    it('is refused where the terminal’s address is not one the role is given to, wherever the browser is', async () => {
      const { world, prove, release } = await aWaitingTerminal()
      const networks = { ranges: ['192.0.2.0/24'], includes: (address: string) => address.startsWith('192.0.2.') }
      world.rules = anIndex({ rules: [aRule({ roles: ['admin'], require: { networks } })] })
      await prove()
      const elsewhere = { request: aRequest({ address: '192.0.2.99' }), elsewhere: true }
      expect(await refusalFrom(release(elsewhere))).toMatchObject({ values: { conditions: ['ip'] } })
    })

    it('tells the hand-over who they are now', async () => {
      const { prove, release, redeem, browser } = await aWaitingTerminal()
      await prove()
      const principal = aPrincipal({ groups: ['payments', 'new'] })
      await release({ session: { ...browser, principal } })
      expect(await redeem()).toMatchObject({ principal })
    })
  })

  it('is not released by a cookie alone: the trip comes first', async () => {
    const { release, redeem } = await aWaitingTerminal()
    expect(await refusalFrom(release())).toMatchObject(gone)
    expect((await refusalFrom(redeem())).code).toBe('authorization_pending')
  })

  it('is not released by the trip of another session of theirs', async () => {
    const { prove, release } = await aWaitingTerminal()
    await prove()
    expect(await refusalFrom(release({ session: aSession({ id: 'session-2' }) }))).toMatchObject(gone)
  })

  it('is nothing to another person: a link that somebody sends about opens nothing', async () => {
    const { confirm, id } = await aWaitingTerminal()
    const session = aSession({ principal: aPrincipal({ subject: 'oid-other' }) })
    expect(await refusalFrom(confirm.find({ session, id }))).toMatchObject(gone)
  })

  it('makes nothing of a trip of another person', async () => {
    const { finish, id, confirm, browser } = await aWaitingTerminal()
    const principal = aPrincipal({ subject: 'oid-other' })
    const session = aSession({ id: 'session-2', principal })
    await finish.grant(anAnswer({ trip: aTrip({ id, gives: 'release' }), principal }), session)
    expect(await confirm.find({ session: browser, id })).toMatchObject({ status: 'asked' })
  })

  it('is not given to another terminal of theirs, nor from another place', async () => {
    const { prove, release, redeem } = await aWaitingTerminal()
    await prove()
    await release()
    expect(await refusalFrom(redeem(aSession({ id: 't2', via: 'pkce' })))).toMatchObject(gone)
    expect(await refusalFrom(redeem(undefined, aRequest({ address: '192.0.2.99' })))).toMatchObject(gone)
    expect(await redeem()).toMatchObject({ sessionId: 't1' })
  })

  it('is over when they refuse it, released or not at all', async () => {
    const { prove, deny, release, redeem, recorded } = await aWaitingTerminal()
    await prove()
    await deny()
    expect(await refusalFrom(redeem())).toMatchObject({ code: 'step_up_required', values: { why: 'denied' } })
    expect(await refusalFrom(release())).toMatchObject(gone)
    expect(recorded.at(-1)).toMatchObject({ event: 'step_up_refused', reason: 'denied' })
  })

  it('is over five minutes after it was asked for, whenever the trip was', async () => {
    const { prove, release, redeem, clock } = await aWaitingTerminal()
    clock.pass(290)
    await prove()
    clock.pass(10)
    expect(await refusalFrom(release())).toMatchObject(gone)
    expect(await refusalFrom(redeem())).toMatchObject(gone)
  })

  describe('that asks from another network than the browser (threats.md D2)', () => {
    const elsewhere = aRequest({ address: '192.0.2.99' })

    it('is released only when they say that they know', async () => {
      const { prove, release, redeem } = await aWaitingTerminal()
      await prove()
      const refusal = await refusalFrom(release({ request: elsewhere }))
      expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'another_network' } })
      await release({ request: elsewhere, elsewhere: true })
      expect(await redeem()).toMatchObject({ sessionId: 't1' })
    })

    it('is asked for sixty times a minute, and leaves no more records (threats.md A4)', async () => {
      const { prove, release, recorded } = await aWaitingTerminal()
      await prove()
      const before = recorded.length
      for (let n = 0; n < 60; n += 1)
        expect(await refusalFrom(release({ request: elsewhere }))).toMatchObject({ code: 'condition_unmet' })
      expect(await refusalFrom(release({ request: elsewhere }))).toMatchObject({ code: 'rate_limited' })
      expect(recorded.length - before).toBe(60)
    })

    it('is not released at all where the operator says so', async () => {
      const { prove, release } = await aWaitingTerminal({ crossNetwork: 'refuse' })
      await prove()
      const refusal = await refusalFrom(release({ request: elsewhere, elsewhere: true }))
      expect(refusal).toMatchObject({ values: { condition: 'another_network' } })
    })
  })
})

describe('what a terminal is offered', () => {
  it('is a confirmation, with how long it is good for and how often to ask', async () => {
    const { thrown, id } = await asked(aStepUpWorld())
    expect(id).toMatch(/^[\w-]{22}$/)
    expect(thrown).toMatchObject({
      code: 'step_up_required',
      values: { role: 'payments-prod/admin', expiresInSeconds: 300, intervalSeconds: 2 },
    })
  })

  it.each(['device', 'token-exchange', 'browser'] as const)(
    'is none for a %s session (threats.md D4, D16)',
    async (via) => {
      const { thrown } = await asked(aStepUpWorld(), aSession({ via }))
      expect(thrown).toMatchObject({ code: 'step_up_required', values: { role: 'payments-prod/admin' } })
      expect((thrown as { values: object }).values).not.toHaveProperty('confirm')
    },
  )

  it('is nothing where something else is in the way', async () => {
    const world = aStepUpWorld()
    const thrown = new RolegateError('not_entitled')
    const { role, handOver } = aPurpose()
    const purpose = { role, handOver }
    expect(await world.terminal.offer(thrown, { session: world.pkce, purpose, request: aRequest() })).toBe(thrown)
  })

  it('is limited, and so is asking whether it was confirmed', async () => {
    const world = aStepUpWorld()
    for (let count = 0; count < 20; count += 1) await asked(world)
    expect((await refusalFrom(asked(world))).code).toBe('rate_limited')
    const { id } = await asked(aStepUpWorld())
    const redeem = () => world.terminal.redeem({ session: world.pkce, id, request: aRequest() })
    for (let count = 0; count < 60; count += 1) await refusalFrom(redeem())
    expect((await refusalFrom(redeem())).code).toBe('rate_limited')
  })
})
