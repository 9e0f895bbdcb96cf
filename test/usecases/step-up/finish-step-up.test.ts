import { describe, expect, it } from 'vitest'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'
import { anAnswer, aStepUpWorld, aTrip } from '../../support/a-step-up-world.ts'

describe('what the IdP answered after a step-up (threats.md I6, H8)', () => {
  it('is a proof when the same person has just signed in', async () => {
    const { finish, recorded } = aStepUpWorld()
    expect(await finish.isProof(anAnswer())).toBe(true)
    expect(recorded).toEqual([])
  })

  it.each([
    { because: 'another subject', principal: aPrincipal({ subject: 'oid-other' }) },
    { because: 'the same subject of another issuer', principal: aPrincipal({ issuer: 'https://other.example.com' }) },
    { because: 'the same of another IdP in the file', principal: aPrincipal({ idp: 'okta' }) },
  ])('is no proof for $because: that is a sign-in of theirs (threats.md H9)', async ({ principal }) => {
    const { finish, recorded } = aStepUpWorld()
    expect(await finish.isProof(anAnswer({ principal }))).toBe(false)
    expect(recorded).toMatchObject([
      { event: 'step_up_refused', reason: 'other_person', principal, stepUp: aTrip().id },
    ])
  })

  it('is no proof when they have signed out meanwhile', async () => {
    const { finish, live, recorded } = aStepUpWorld()
    live.clear()
    expect(await finish.isProof(anAnswer())).toBe(false)
    expect(recorded).toMatchObject([{ event: 'step_up_refused', reason: 'signed_out' }])
  })

  it('is no proof when the session it began in has ended meanwhile', async () => {
    const { finish, keep } = aStepUpWorld()
    keep(aSession({ endsAt: NINE }))
    expect(await finish.isProof(anAnswer())).toBe(false)
  })

  it('is one when another tab of this browser has made the same person’s session anew', async () => {
    const { finish, live } = aStepUpWorld()
    live.clear()
    expect(await finish.isProof(anAnswer({ former: aSession({ id: 'session-2' }) }))).toBe(true)
  })

  it.each([
    { because: 'it does not say when', authentication: {}, needsMfa: false, why: 'auth_time_missing' },
    {
      because: 'it was before',
      authentication: { authenticatedAt: secondsAfter(NINE, -60) },
      needsMfa: false,
      why: 'auth_time_stale',
    },
    {
      because: 'no second factor was used',
      authentication: { authenticatedAt: NINE },
      needsMfa: true,
      why: 'no_second_factor',
    },
  ])('is refused when $because, and the session stays as it was', async ({ authentication, needsMfa, why }) => {
    const { finish, recorded, stepUps } = aStepUpWorld()
    const refusal = await refusalFrom(finish.isProof(anAnswer({ authentication, needsMfa })))
    expect(refusal).toMatchObject({ code: 'step_up_required', reason: why, values: { why } })
    expect(recorded).toMatchObject([{ event: 'step_up_refused', reason: why, session: { id: 'session-1' } }])
    expect(await stepUps.get(aTrip().id)).toBeUndefined()
  })
})

describe('a proof', () => {
  it('is kept for the session the trip ended in, for five minutes', async () => {
    const { finish, stepUps, recorded, clock } = aStepUpWorld()
    const session = aSession({ id: 'session-2' })
    await finish.grant(anAnswer(), session)
    expect(recorded).toMatchObject([{ event: 'step_up', session: { id: 'session-2' }, role: 'payments-prod/admin' }])
    expect(await stepUps.get(aTrip().id)).toMatchObject({
      provedBy: 'session-2',
      status: 'proved',
      purpose: aTrip().purpose,
      authenticatedAt: NINE,
      expiresAt: secondsAfter(NINE, 300),
    })
    clock.pass(300)
    expect(await stepUps.get(aTrip().id)).toBeUndefined()
  })

  it('of a role that is not elevated is a fresh session, and no more', async () => {
    const { finish, stepUps } = aStepUpWorld()
    await finish.grant(anAnswer({ trip: aTrip({ gives: 'freshness' }) }), aSession())
    expect(await stepUps.get(aTrip().id)).toBeUndefined()
  })

  it('for a terminal makes nothing of what was never asked, or is over', async () => {
    const { finish, stepUps, recorded } = aStepUpWorld()
    await finish.grant(anAnswer({ trip: aTrip({ gives: 'release' }), request: aRequest() }), aSession())
    expect(await stepUps.get(aTrip().id)).toBeUndefined()
    expect(recorded.map(({ event }) => event)).toEqual(['step_up', 'step_up_refused'])
  })
})
