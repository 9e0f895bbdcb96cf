import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { aRule } from '../../support/a-mapping.ts'
import { conditionFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600

describe('a word', () => {
  it.each([
    ['whoever asked', aSession(), 'own_request', 'own_request:identity'],
    [
      'somebody of the same address, spelt otherwise (threats.md I3)',
      aSession({ principal: aLead({ email: 'ALICE@example.com' }) }),
      'own_request',
      'own_request:name',
    ],
    ['somebody of no such group', aSession({ principal: aLead({ groups: ['others'] }) }), 'not_found'],
    ['somebody of that group elsewhere (threats.md R3)', aSession({ principal: aLead({ idp: 'okta' }) }), 'not_found'],
    ['a job', aSession({ principal: aLead({ workload: true }) }), 'requests_for_people'],
    [
      'somebody whose groups were cut short (threats.md R5)',
      aSession({ principal: aLead({ groupsState: 'truncated' }) }),
      'groups_truncated',
    ],
    ['a terminal (threats.md I8)', aSession({ via: 'pkce', principal: aLead() }), 'browser_session'],
    ['a terminal with a code', aSession({ via: 'device', principal: aLead() }), 'browser_session'],
    ['a traded token', aSession({ via: 'token-exchange', principal: aLead() }), 'browser_session'],
    ['a session that is over', aSession({ endsAt: NINE, principal: aLead() }), 'sign_in_required'],
  ])('is not for %s', async (_whom, session, what, reason: string = what) => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const which = gateway.by(session, id)
    expect(await conditionFrom(gateway.answers.approve(which, {}))).toBe(what)
    expect(await conditionFrom(gateway.answers.deny(which, {}))).toBe(what)
    expect(await gateway.isOpen()).toBe(false)
    // On record once, where it is one of theirs to look at: jobs and strangers are told of none.
    const refused = gateway.recorded.filter(({ event }) => event === 'request_refused')
    const isToldOf = !['not_found', 'requests_for_people', 'sign_in_required'].includes(what)
    expect(refused).toMatchObject(isToldOf ? [{ approval: id, reason, session: { id: session.id } }] : [])
  })

  it('is a no alone of somebody whose groups are old, or what takes a yes back: those only close (threats.md I7)', async () => {
    const gateway = aRequestWorld()
    const { answers, by, lead, world, clock, recorded } = gateway
    const fresh = aSession({ id: 'session-5', principal: aLead(), signedInAt: secondsAfter(NINE, HOUR) })
    const oldest = { usual: HOUR, elevated: HOUR, byEnvironment: new Map() }
    world.closing = closingBy({ console: true, except: new Set() }, undefined, oldest)
    const { id } = await gateway.ask()
    clock.pass(HOUR + 1)
    expect(await conditionFrom(answers.approve(by(lead, id), {}))).toBe('sign_in_required')
    expect(recorded.at(-1)).toMatchObject({ event: 'request_refused', approval: id, reason: 'old_groups' })
    await answers.deny(by(lead, id), { note: 'no' })
    expect(recorded.at(-1)).toMatchObject({ event: 'request_denied', approval: id, approvingGroups: ['leads'] })
    const anew = aSession({ signedInAt: clock.now() })
    const next = await gateway.ask({ session: anew })
    await answers.approve(by(fresh, next.id), {})
    await answers.end(by(lead, next.id))
    expect(await gateway.isOpen()).toBe(false)
  })

  it('is not for somebody whom a deny keeps from the role', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const rules = [
      aRule({ roles: ['admin', 'dev'] }),
      aRule({ id: 'not-leads', effect: 'deny', match: { groups: ['leads'] }, roles: ['admin'] }),
    ]
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    gateway.world.index = indexAsking(BY_LEADS, rules)
    // Nor does what they have said count any more.
    expect(await gateway.isOpen()).toBe(false)
    const other = aRequestWorld()
    const asked = await other.ask()
    other.world.index = indexAsking(BY_LEADS, rules)
    expect(await conditionFrom(other.answers.approve(other.by(other.lead, asked.id), {}))).toBe('approver_denied')
  })
})
