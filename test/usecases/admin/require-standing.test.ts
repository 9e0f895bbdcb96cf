import { describe, expect, it } from 'vitest'
import type { Staff } from '../../../src/domain/admin/standing.ts'
import { makeRequireStanding } from '../../../src/usecases/admin/require-standing.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aClock, aSession, NINE } from '../../support/a-session.ts'

const operator = aPrincipal({ groups: ['platform'] })

function aWorld() {
  const clock = aClock(NINE)
  const file: { staff: Staff } = { staff: { operators: [{ idp: 'entra', groups: ['platform'] }], auditors: [] } }
  return { clock, file, requireStanding: makeRequireStanding({ staff: () => file.staff, now: clock.now }) }
}

describe('requireStanding', () => {
  it('lets an operator’s browser in everywhere, and a terminal beside it to the API (threats.md P1)', () => {
    const { requireStanding } = aWorld()
    expect(requireStanding(aSession({ principal: operator }), 'page')).toBe('operator')
    expect(requireStanding(aSession({ principal: operator }), 'api')).toBe('operator')
    expect(requireStanding(aSession({ principal: operator, via: 'pkce' }), 'api')).toBe('operator')
  })

  it.each([
    ['pkce', 'page', 'browser_session'],
    ['device', 'page', 'browser_session'],
    ['device', 'api', 'not_by_code'],
    ['token-exchange', 'api', 'not_by_code'],
  ] as const)('keeps a %s session from the %s (threats.md P1)', (via, door, condition) => {
    const { requireStanding } = aWorld()
    expect(refusalOf(() => requireStanding(aSession({ principal: operator, via }), door))).toMatchObject({
      code: 'condition_unmet',
      values: { condition },
    })
  })

  it('goes by groups of the last hour, and asks for a sign-in past it', () => {
    const { clock, requireStanding } = aWorld()
    clock.pass(3_600)
    expect(requireStanding(aSession({ principal: operator }), 'page')).toBe('operator')
    clock.pass(1)
    for (const via of ['browser', 'pkce'] as const)
      expect(refusalOf(() => requireStanding(aSession({ principal: operator, via }), 'api'))).toMatchObject({
        code: 'sign_in_required',
        values: { why: 'old_claims' },
      })
  })

  it('tells nobody else that there is a page, and the API’s door by name', () => {
    const { clock, requireStanding } = aWorld()
    const door = (at: 'page' | 'api') => refusalOf(() => requireStanding(aSession(), at))
    expect(door('page')).toMatchObject({ code: 'not_found', values: {} })
    expect(door('api')).toMatchObject({ code: 'not_entitled', values: {} })
    // Nor by asking them to sign in again.
    clock.pass(7_200)
    expect(door('page').code).toBe('not_found')
  })

  it('goes by the configuration of the moment', () => {
    const { file, requireStanding } = aWorld()
    file.staff = { operators: [], auditors: [{ idp: 'entra', groups: ['platform'] }] }
    expect(requireStanding(aSession({ principal: operator }), 'page')).toBe('auditor')
    file.staff = { operators: [], auditors: [] }
    expect(refusalOf(() => requireStanding(aSession({ principal: operator }), 'page')).code).toBe('not_found')
  })
})
