import { describe, expect, it } from 'vitest'
import { unmet } from '../../src/domain/errors.ts'
import { unmetWhy } from '../../src/http/reasons.ts'
import { requestRow } from '../../src/http/requests.ts'
import { stepUpWords } from '../../src/http/step-up-words.ts'
import { anApproved } from '../support/a-role-request.ts'

describe('why somebody may not approve (threats.md I3)', () => {
  it.each([
    ['identity', 'you asked for it yourself'],
    ['name', 'your user name or e-mail address is the same as the requester’s'],
    ['key', 'is the same for you as for the requester'],
  ])('is told by what they may be whoever asked: %s', (by, words) =>
    expect(unmetWhy({ condition: 'own_request', by })).toContain(words),
  )
})

describe('why an approval counts no more', () => {
  const whyOf = (condition: string, facts?: Record<string, string>, isOwn = true) =>
    requestRow(
      {
        request: anApproved(),
        standing: 'void',
        because: unmet(condition, facts),
        isOwn,
        wanted: [],
        takesStepUp: false,
      },
      { publicUrl: 'https://aws.example.com', groupName: () => undefined },
    ).why

  it.each([
    ['request_moot', {}, 'The rules have changed since it was asked'],
    ['request_too_short', {}, 'asked for less than 30m'],
    ['approver_no_more', {}, 'Whoever approved it could not do so now'],
    // It may have been elevated all along, and the row of an older version.
    [
      'approved_without_step_up',
      {},
      'The role is an elevated one, and no fresh sign-in of whoever approved it is kept',
    ],
    ['own_request', { by: 'identity' }, 'Whoever approved it is known by the same identity'],
    ['own_request', { by: 'name' }, 'Whoever approved it has the same user name or e-mail address'],
    ['own_request', { by: 'key' }, 'Whoever approved it counts as the same person'],
    ['person_key_missing', { whose: 'requester', claim: 'badge' }, 'sign-in of whoever asked did not say it'],
    ['person_key_missing', { whose: 'approver', claim: 'badge' }, 'sign-in of whoever approved it did not say it'],
  ])('speaks neither to its owner nor to another approver of what only whoever approved it did: %s %j', (...told) => {
    const [condition, facts, words] = told
    expect(whyOf(condition, facts)).toContain(words)
    expect(whyOf(condition, facts)).not.toMatch(/\byour?\b|take this request back/i)
    expect(whyOf(condition, facts, false)).toBe(whyOf(condition, facts))
  })
})

describe('what somebody is told who is about to approve', () => {
  it('is about their own sign-in where that does not say who they are', () => {
    const values = { condition: 'person_key_missing', whose: 'approver', claim: 'badge' }
    expect(unmetWhy(values)).toContain('your sign-in did not say it, or said several. Sign in again.')
  })

  it('is that whoever asked asks anew, where their sign-in did not say it: what nobody can answer is in no way', () => {
    const why = unmetWhy({ condition: 'person_key_missing', whose: 'requester', claim: 'badge' })
    expect(why).toContain('They sign in again, and ask anew.')
  })

  it.each(['gone', 'auth_time_missing'])('of a fresh sign-in that was none is about approving: %s', (why) => {
    const [approving, taking] = [stepUpWords({ why, approval: 'req-1' }), stepUpWords({ why })]
    expect(approving.next).not.toMatch(/role’s page|terminal|are given to/)
    expect(approving.why).toBe(taking.why)
    expect(approving.next).not.toBe(taking.next)
  })
})
