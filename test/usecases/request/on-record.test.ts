import { describe, expect, it } from 'vitest'
import { aRequestWorld } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600

describe('the records of a request', () => {
  const asked = {
    role: 'payments-prod/admin',
    roleArn: 'arn:aws:iam::012345678901:role/rolegate/Admin',
    rule: 'payments-team',
    group: 'payments',
    wanted: ['role admin'],
    reasonGiven: 'INC-1',
    requester: 'oid-1',
    requesterIssuer: 'https://idp.example.com/tenant',
    requesterName: 'alice@example.com',
    expiresAt: secondsAfter(NINE, 86_400),
    configHash: 'c0ffee',
  }

  it('say each time what was wanted; of a yes by which groups, and until when', async () => {
    const gateway = aRequestWorld()
    const lead = aSession({ id: 'session-2', principal: aLead({ groups: ['others', 'leads'] }) })
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(lead, id), { seconds: HOUR })
    await gateway.answers.end(gateway.by(gateway.alice, id))
    const granted = { approvingGroups: ['leads'], seconds: HOUR, until: secondsAfter(NINE, HOUR) }
    expect(gateway.recorded).toMatchObject([
      { event: 'role_requested', approval: id, ...asked, seconds: 4 * HOUR },
      { event: 'request_approved', approval: id, ...asked, ...granted },
      { event: 'approval_ended', approval: id, ...asked, ...granted },
    ])
  })

  it('say of a no by which groups, and of what was taken back that nobody answered', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.deny(gateway.by(gateway.lead, id), { note: 'no' })
    const other = await gateway.ask()
    await gateway.answers.cancel(gateway.by(gateway.alice, other.id))
    const [, denied, , cancelled] = gateway.recorded
    expect(denied).toMatchObject({ event: 'request_denied', ...asked, approvingGroups: ['leads'], note: 'no' })
    expect(denied).not.toHaveProperty('until')
    expect(cancelled).toMatchObject({ event: 'request_cancelled', ...asked })
    expect(cancelled).not.toHaveProperty('approvingGroups')
  })
})
