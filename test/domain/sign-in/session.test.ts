import { describe, expect, it } from 'vitest'
import { endWithin, requireSessionMay, type Act } from '../../../src/domain/sign-in/session.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const look: Act = { kind: 'look' }
const approve: Act = { kind: 'approve-device' }
const take: Act = { kind: 'take-role', elevated: false }
const takeElevated: Act = { kind: 'take-role', elevated: true }

describe('requireSessionMay', () => {
  it.each([
    { via: 'browser', act: look },
    { via: 'browser', act: approve },
    { via: 'browser', act: take },
    { via: 'browser', act: takeElevated },
    { via: 'device', act: look },
    { via: 'device', act: take },
  ] as const)('lets a $via session $act.kind (elevated: $act.elevated)', ({ via, act }) => {
    expect(() => requireSessionMay(aSession({ via }), act, NINE)).not.toThrow()
  })

  it('lets no terminal sign in further terminals (threats.md I8)', () => {
    const refusal = refusalOf(() => requireSessionMay(aSession({ via: 'device' }), approve, NINE))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'browser_session' } })
  })

  it('lets no terminal take an elevated role (threats.md D4)', () => {
    const refusal = refusalOf(() => requireSessionMay(aSession({ via: 'device' }), takeElevated, NINE))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'browser_session_for_elevated' } })
  })

  const acts = [look, approve, take, takeElevated]
  const classes = (['browser', 'device'] as const).flatMap((via) => acts.map((act) => ({ via, act })))
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
