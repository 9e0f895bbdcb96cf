import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { makeNoteTurnedAway } from '../../../src/usecases/admin/note-turned-away.ts'
import { aClock, aRequest, aSession } from '../../support/a-session.ts'

function aDoor({ fails = false } = {}) {
  const clock = aClock()
  const recorded: AuditEvent[] = []
  const noteTurnedAway = makeNoteTurnedAway({
    async audit(event) {
      if (fails) throw new RolegateError('audit_unavailable')
      recorded.push(event)
    },
    now: clock.now,
  })
  return { clock, recorded, noteTurnedAway }
}
const malformed = new RolegateError('invalid_request')

describe('what no story saw', () => {
  it('is on record, with who it was where that is known', () => {
    const { noteTurnedAway, recorded } = aDoor()
    const [request, session] = [aRequest(), aSession()]
    noteTurnedAway(malformed, request)
    noteTurnedAway(new RolegateError('csrf_rejected', {}, { reason: 'why' }), request, session)
    expect(recorded).toEqual([
      { event: 'turned_away', request, code: 'invalid_request', unrecorded: 0 },
      {
        event: 'turned_away',
        request,
        principal: session.principal,
        session,
        code: 'csrf_rejected',
        reason: 'why',
        unrecorded: 0,
      },
    ])
  })

  it('is counted where there is much of it: a record a minute of each code, however many ask (threats.md A4)', () => {
    const { noteTurnedAway, recorded, clock } = aDoor()
    for (let asked = 0; asked < 1_000; asked += 1) noteTurnedAway(malformed, aRequest())
    noteTurnedAway(new RolegateError('payload_too_large'), aRequest())
    clock.pass(60)
    noteTurnedAway(malformed, aRequest())
    clock.pass(60)
    noteTurnedAway(malformed, aRequest())
    expect(recorded).toMatchObject([
      { code: 'invalid_request', unrecorded: 0 },
      { code: 'payload_too_large', unrecorded: 0 },
      { code: 'invalid_request', unrecorded: 999 },
      { code: 'invalid_request', unrecorded: 0 },
    ])
  })

  it.each(['not_entitled', 'sign_in_required', 'not_found', 'internal'] as const)(
    'is not %s: that has a record of its own, or deserves none',
    (code) => {
      const { noteTurnedAway, recorded } = aDoor()
      noteTurnedAway(new RolegateError(code), aRequest())
      expect(recorded).toEqual([])
    },
  )

  it('is a proof that opens nothing too, of each kind one a minute (security.md A-8, A-10)', () => {
    const { noteTurnedAway, recorded, clock } = aDoor()
    const shown = (reason: string) => noteTurnedAway(new RolegateError('sign_in_required', {}, { reason }), aRequest())
    for (const reason of [
      'unknown_token',
      'ended_token',
      'altered_cookie',
      'unknown_token',
      'too_old',
      'unknown_token',
    ])
      shown(reason)
    noteTurnedAway(new RolegateError('invalid_grant', {}, { reason: 'unknown_code' }), aRequest())
    clock.pass(60)
    shown('unknown_token')
    expect(recorded).toMatchObject([
      { code: 'sign_in_required', reason: 'unknown_token', unrecorded: 0 },
      { code: 'sign_in_required', reason: 'ended_token', unrecorded: 0 },
      { code: 'sign_in_required', reason: 'altered_cookie', unrecorded: 0 },
      { code: 'invalid_grant', reason: 'unknown_code', unrecorded: 0 },
      { code: 'sign_in_required', reason: 'unknown_token', unrecorded: 2 },
    ])
  })

  it('is refused all the same when it cannot be recorded', async () => {
    const { noteTurnedAway } = aDoor({ fails: true })
    noteTurnedAway(malformed, aRequest())
    await new Promise((turn) => setImmediate(turn))
  })
})
