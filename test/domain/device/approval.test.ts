import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { approvalFault, checksFor, type Answer, type Checks } from '../../../src/domain/device/approval.ts'
import type { DeviceLogin } from '../../../src/domain/device/device-login.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const CODE = 'WDJBMJHT'
const NUMBERS = { right: '42', offered: ['17', '42', '93'] }

/** A terminal of ours that session-1 has been looking at since nine. */
function aLogin(changes: Partial<DeviceLogin> = {}): DeviceLogin {
  return {
    clientId: 'rolegate-cli',
    clientName: 'rolegate',
    numbers: NUMBERS,
    shownTo: 'session-1',
    shownAt: NINE,
    polls: 0,
    startedAt: NINE,
    expiresAt: secondsAfter(NINE, 300),
    address: '203.0.113.7',
    claims: {},
    intervalSeconds: 5,
    lastPolledAt: null,
    state: { status: 'pending' },
    ...changes,
  }
}
const ours = aLogin()
const stock = aLogin({ numbers: null })

describe('what the page asks (threats.md D3)', () => {
  it.each([
    {
      who: 'ours from here',
      login: ours,
      same: true,
      policy: 'retype',
      checks: { refused: false, numbers: NUMBERS.offered, retype: false, lookSeconds: 0 },
    },
    {
      who: 'ours from elsewhere',
      login: ours,
      same: false,
      policy: 'retype',
      checks: { refused: false, numbers: NUMBERS.offered, retype: false, lookSeconds: 10 },
    },
    {
      who: 'a stock tool from here',
      login: stock,
      same: true,
      policy: 'retype',
      checks: { refused: false, numbers: null, retype: false, lookSeconds: 0 },
    },
    {
      who: 'a stock tool from elsewhere',
      login: stock,
      same: false,
      policy: 'retype',
      checks: { refused: false, numbers: null, retype: true, lookSeconds: 10 },
    },
    {
      who: 'anyone from elsewhere, where nobody is let in from there',
      login: stock,
      same: false,
      policy: 'refuse',
      checks: { refused: true, numbers: null, retype: true, lookSeconds: 10 },
    },
    {
      who: 'anyone from here, where nobody is let in from elsewhere',
      login: ours,
      same: true,
      policy: 'refuse',
      checks: { refused: false, numbers: NUMBERS.offered, retype: false, lookSeconds: 0 },
    },
  ] as const)('of $who', ({ login, same, policy, checks }) => {
    expect(checksFor(login, same, policy)).toEqual({ sameNetwork: same, ...checks })
  })

  it('never tells the page which number is right', () => {
    for (const same of [true, false]) expect(JSON.stringify(checksFor(ours, same, 'retype'))).not.toContain('"right"')
  })
})

describe('why an approval does not count', () => {
  const faultOf = (login: DeviceLogin, checks: Checks, answer: Partial<Answer> = {}, now = NINE): string | undefined =>
    approvalFault(login, CODE, checks, { sessionId: 'session-1', ...answer }, now)
  const here = checksFor(ours, true, 'retype')
  const away = checksFor(stock, false, 'retype')
  const later = secondsAfter(NINE, 10)

  it('is nothing, when everything that was asked is answered', () => {
    expect(faultOf(ours, here, { number: '42' })).toBeUndefined()
    expect(faultOf(ours, checksFor(ours, false, 'retype'), { number: '42' }, later)).toBeUndefined()
    expect(faultOf(stock, checksFor(stock, true, 'retype'))).toBeUndefined()
    expect(faultOf(stock, away, { retyped: CODE }, later)).toBeUndefined()
  })

  it.each(['17', '93', '43', '', ' 42', '042', '42 '])('is the number, when it is %j', (number) => {
    expect(faultOf(ours, here, { number })).toBe('wrong_number')
  })

  it('is the number, when none was picked', () => {
    expect(faultOf(ours, here)).toBe('wrong_number')
    expect(faultOf(ours, here, { retyped: CODE })).toBe('wrong_number')
  })

  it('is haste, up to the tenth second', () => {
    expect(faultOf(stock, away, { retyped: CODE }, secondsAfter(NINE, 9.999))).toBe('too_soon')
    expect(faultOf(stock, away, { retyped: CODE }, later)).toBeUndefined()
    // A clock that went back has let nobody look.
    expect(faultOf(stock, away, { retyped: CODE }, secondsAfter(NINE, -60))).toBe('too_soon')
  })

  it.each(['WDJBMJHV', '', CODE.toLowerCase(), `${CODE}X`])('is the code, when %j is typed for it', (retyped) => {
    expect(faultOf(stock, away, { retyped }, later)).toBe('not_retyped')
  })

  it('is the code, when it was not typed, and a number is no code', () => {
    expect(faultOf(stock, away, {}, later)).toBe('not_retyped')
    expect(faultOf(stock, away, { number: '42' }, later)).toBe('not_retyped')
  })

  it.each([
    ['to nobody', { shownTo: null, shownAt: null }],
    ['to another session', { shownTo: 'session-2' }],
    ['nobody knows when', { shownAt: null }],
  ] as const)('is the session, when the page was shown %s (security.md D-14)', (_whom, changes) => {
    expect(faultOf(aLogin(changes), here, { number: '42' }, later)).toBe('not_shown')
  })

  it('is the network, whatever else is right, where nobody is let in from elsewhere', () => {
    expect(faultOf(ours, checksFor(ours, false, 'refuse'), { number: '42' }, later)).toBe('another_network')
    expect(faultOf(stock, checksFor(stock, false, 'refuse'), { retyped: CODE }, later)).toBe('another_network')
  })

  it('is the first of them, in an order that gives nothing away', () => {
    const order = ['another_network', 'not_shown', 'too_soon', 'wrong_number', 'not_retyped'] as const
    const bit = fc.boolean()
    fc.assert(
      fc.property(bit, bit, bit, bit, bit, (refused, unseen, hasty, misread, untyped) => {
        const login = aLogin({
          ...(unseen && { shownTo: 'session-2' }),
          // Nothing of ours asks for both; were it so, both would have to be right.
          numbers: misread || !untyped ? NUMBERS : null,
        })
        const checks: Checks = { sameNetwork: false, refused, numbers: null, retype: true, lookSeconds: 10 }
        const answer = { number: misread ? '17' : '42', ...(!untyped && { retyped: CODE }) }
        const wrong = [refused, unseen, hasty, misread, untyped]
        const first = order.find((_, n) => wrong[n] === true)
        expect(faultOf(login, checks, answer, hasty ? NINE : later)).toBe(first)
      }),
    )
  })
})
