import { describe, expect, it } from 'vitest'
import { endWithin, requireSessionMay, type Act } from '../../../src/domain/sign-in/session.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const look: Act = { kind: 'look' }
const approve: Act = { kind: 'approve-terminal' }
const approveRole: Act = { kind: 'approve-role' }
const take: Act = { kind: 'take-role', elevated: false, handOver: 'credentials', closedToDevices: false }
const takeElevated: Act = { ...take, elevated: true }
const openConsole: Act = { ...take, handOver: 'console' }
const closed: Act = { ...take, closedToDevices: true }

describe('requireSessionMay', () => {
  it.each([
    { via: 'browser', act: look },
    { via: 'browser', act: approve },
    { via: 'browser', act: approveRole },
    { via: 'browser', act: take },
    { via: 'browser', act: takeElevated },
    { via: 'browser', act: closed },
    { via: 'pkce', act: look },
    { via: 'pkce', act: take },
    { via: 'pkce', act: openConsole },
    { via: 'pkce', act: closed },
    // Once its person has confirmed it in the browser: threats.md H8.
    { via: 'pkce', act: takeElevated },
    { via: 'device', act: look },
    { via: 'device', act: take },
    { via: 'device', act: openConsole },
    { via: 'token-exchange', act: look },
    { via: 'token-exchange', act: take },
    { via: 'token-exchange', act: closed },
  ] as const)('lets a $via session $act.kind ($act.handOver, elevated: $act.elevated)', ({ via, act }) => {
    expect(() => requireSessionMay(aSession({ via }), act, NINE)).not.toThrow()
  })

  it.each(
    (['pkce', 'device', 'token-exchange'] as const).flatMap((via) => [
      { via, act: approve, condition: 'browser_session', because: 'I8' },
      { via, act: approveRole, condition: 'browser_session', because: 'I8' },
      ...(via === 'pkce'
        ? []
        : [{ via, act: takeElevated, condition: 'browser_session_for_elevated', because: 'D4, D16' }]),
    ]),
  )('lets no $via session $act.kind, elevated: $act.elevated (threats.md $because)', ({ via, act, condition }) => {
    const refusal = refusalOf(() => requireSessionMay(aSession({ via }), act, NINE))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition } })
  })

  it('keeps what the operator closes from sessions that began with a code, and from no others (threats.md D4)', () => {
    const refusal = refusalOf(() => requireSessionMay(aSession({ via: 'device' }), closed, NINE))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'closed_to_devices' } })
  })

  it('opens no console for a job (threats.md D16)', () => {
    const refusal = refusalOf(() => requireSessionMay(aSession({ via: 'token-exchange' }), openConsole, NINE))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'console_for_people' } })
  })

  const acts = [look, approve, approveRole, take, takeElevated, openConsole, closed]
  const classes = (['browser', 'pkce', 'device', 'token-exchange'] as const).flatMap((via) =>
    acts.map((act) => ({ via, act })),
  )
  it.each(classes)('lets an ended $via session do nothing, not even $act.kind (threats.md I7)', ({ via, act }) => {
    for (const endsAt of [NINE, secondsAfter(NINE, -1)]) {
      expect(refusalOf(() => requireSessionMay(aSession({ via, endsAt }), act, NINE)).code).toBe('sign_in_required')
    }
  })

  it('gives a session its last millisecond', () => {
    const session = aSession({ endsAt: new Date(NINE.getTime() + 1) })
    expect(() => requireSessionMay(session, look, NINE)).not.toThrow()
  })
})

describe('endWithin', () => {
  it.each([
    { because: 'of its own', seconds: 60, parent: undefined, ends: 60 },
    { because: 'inside a parent that lasts longer', seconds: 60, parent: 61, ends: 60 },
    { because: 'never after the sign-in it descends from (threats.md I7)', seconds: 60, parent: 59, ends: 59 },
    { because: 'at once when the parent has ended', seconds: 60, parent: -1, ends: -1 },
  ])('ends $because', ({ seconds, parent, ends }) => {
    const parentEndsAt = parent === undefined ? undefined : secondsAfter(NINE, parent)
    expect(endWithin(NINE, seconds, parentEndsAt)).toEqual(secondsAfter(NINE, ends))
  })
})
