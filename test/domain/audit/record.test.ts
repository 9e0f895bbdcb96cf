import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import type { HandOverFacts } from '../../../src/domain/audit/facts.ts'
import { auditRecord } from '../../../src/domain/audit/record.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const facts: HandOverFacts = {
  handOver: 'credentials',
  account: '012345678901',
  role: 'payments-prod/dev',
  roleArn: 'arn:aws:iam::012345678901:role/rolegate/Developer',
  seconds: 3600,
  limitedBy: 'default',
  rule: 'payments-team',
  group: 'payments',
  strategy: 'web_identity',
  jti: 'jti-1',
  sessionName: 'alice+aaaa',
  sourceIdentity: null,
  configHash: 'c0ffee',
}
const subject = { request: aRequest(), principal: aPrincipal(), session: aSession() }
const recordOf = (event: AuditEvent) => auditRecord(event, NINE, 'record-1')
const refused = (changes: Partial<Extract<AuditEvent, { event: 'refused' }>> = {}) =>
  recordOf({ ...subject, event: 'refused', handOver: 'console', role: 'a/b', code: 'not_entitled', ...changes })

describe('auditRecord', () => {
  it('says when, what, who and from where, in flat names and UTC', () => {
    expect(recordOf({ ...subject, event: 'intent', facts })).toEqual({
      stream: 'audit',
      time: '2030-01-07T09:00:00.000Z',
      id: 'record-1',
      event: 'intent',
      request_id: 'request-1',
      client_ip: '52.94.76.7',
      user_agent: 'test/1',
      idp: 'entra',
      issuer: 'https://idp.example.com/tenant',
      subject: 'oid-1',
      username: 'alice@example.com',
      groups_count: 1,
      session: 'session-1',
      via: 'browser',
      hand_over: 'credentials',
      account: '012345678901',
      role: 'payments-prod/dev',
      role_arn: 'arn:aws:iam::012345678901:role/rolegate/Developer',
      seconds: 3600,
      limited_by: 'default',
      rule: 'payments-team',
      group: 'payments',
      strategy: 'web_identity',
      jti: 'jti-1',
      session_name: 'alice+aaaa',
      source_identity: null,
      config_hash: 'c0ffee',
    })
  })

  it('says which key was lent and until when', () => {
    const issued = recordOf({
      ...subject,
      event: 'issued',
      facts,
      accessKeyId: 'ASIA1',
      expiresAt: secondsAfter(NINE, 60),
    })
    expect(JSON.parse(JSON.stringify(issued))).toMatchObject({
      access_key_id: 'ASIA1',
      expires_at: '2030-01-07T09:01:00.000Z',
    })
  })

  it('says nobody’s name where nobody is known', () => {
    const record = recordOf({
      request: aRequest(),
      event: 'sign_in_refused',
      idp: 'entra',
      code: 'sign_in_rejected',
      reason: 'nonce',
    })
    expect(record).toMatchObject({ event: 'sign_in_refused', idp: 'entra', code: 'sign_in_rejected', reason: 'nonce' })
    expect(record).not.toHaveProperty('subject')
    expect(record).not.toHaveProperty('session')
  })

  const everything: readonly AuditEvent[] = [
    { ...subject, event: 'sign_in' },
    { ...subject, event: 'decision', groups: ['payments'], roles: 1, rules: ['payments-team'] },
    { request: aRequest(), event: 'sign_in_refused', idp: 'entra', code: 'sign_in_expired' },
    { ...subject, event: 'sign_out' },
    { ...subject, event: 'intent', facts },
    { ...subject, event: 'issued', facts, accessKeyId: 'ASIA1', expiresAt: NINE },
    { ...subject, event: 'withheld', facts, accessKeyId: 'ASIA1', expiresAt: NINE, code: 'not_entitled' },
    { ...subject, event: 'refused', handOver: 'console', role: 'a/b', code: 'not_entitled', reason: 'r', jti: 'j' },
    { request: aRequest(), event: 'device_started', clientId: 'c', claims: { host: 'h' } },
    { ...subject, event: 'device_approved', clientId: 'c', requesterAddress: 'x' },
    { ...subject, event: 'device_denied', clientId: 'c', requesterAddress: 'x' },
    { ...subject, event: 'device_redeemed', clientId: 'rolegate-cli' },
  ]

  it.each(everything)(
    'has no field for a secret, a token, a code or an assertion in $event (security.md A-4)',
    (event) => {
      const record = recordOf(event)
      for (const name of Object.keys(record)) {
        expect(name).not.toMatch(/secret|token|assertion|cookie|password|verifier|(user|device)_code|email|url/)
      }
      expect(record).toMatchObject({ stream: 'audit', id: 'record-1', event: event.event, request_id: 'request-1' })
    },
  )

  it('lists groups where they decided, and elsewhere counts them', () => {
    const groups = Array.from({ length: 5000 }, (_, n) => `group-${n}`)
    const record = recordOf({ ...subject, principal: aPrincipal({ groups }), event: 'sign_in' })
    expect(record['groups_count']).toBe(5000)
    expect(JSON.stringify(record)).not.toContain('group-1')
    const decision = recordOf({ ...subject, event: 'decision', groups: ['a', 'b'], roles: 1, rules: [] })
    expect(decision['groups']).toEqual(['a', 'b'])
  })

  it('cuts every long text and says so (security.md A-5)', () => {
    const long = 'x'.repeat(600)
    const cut = `${'x'.repeat(512)}…[cut 88]`
    const record = refused({
      request: aRequest({ userAgent: long }),
      principal: aPrincipal({ username: long }),
      role: long,
      reason: long,
    })
    expect(record).toMatchObject({ user_agent: cut, username: cut, role: cut, reason: cut })
  })

  it('cuts what a terminal says about itself too', () => {
    const claims = { host: 'h'.repeat(100_000), tool: 'aws-cli' }
    const record = recordOf({ request: aRequest(), event: 'device_started', clientId: 'c', claims })
    expect(record['claims']).toEqual({ host: `${'h'.repeat(512)}…[cut 99488]`, tool: 'aws-cli' })
  })

  it('cuts what stands in a list, and leaves it a list', () => {
    const record = recordOf({ ...subject, event: 'decision', groups: [], roles: 2, rules: ['a', 'x'.repeat(600)] })
    expect(record).toMatchObject({ roles: 2, rules: ['a', `${'x'.repeat(512)}…[cut 88]`] })
  })

  it('leaves a text of 512 characters whole', () => {
    expect(refused({ reason: 'x'.repeat(512) })['reason']).toBe('x'.repeat(512))
  })

  it.each([
    ['a line feed', 'a\n{"stream":"audit","event":"issued"}'],
    ['a carriage return', 'a\r\nb'],
    ['an ANSI sequence', 'a\u001b[2Jb'],
    ['a quote', 'a","event":"issued'],
    ['a null', 'a\u0000b'],
    ['a line separator', 'a\u2028b\u2029c'],
    ['half a surrogate pair', 'a\ud800'],
  ])('keeps %s inside its own field of one JSON line (security.md A-3)', (_, text) => {
    const line = JSON.stringify(refused({ request: aRequest({ userAgent: text }), reason: text }))
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f]/)
    expect(JSON.parse(line)).toMatchObject({ event: 'refused', user_agent: text, reason: text })
  })

  it('lets no value of a request take the place of a field of ours', () => {
    const claims = { event: 'issued', time: 'never', stream: 'log' }
    const record = recordOf({ request: aRequest(), event: 'device_started', clientId: 'c', claims })
    expect(record).toMatchObject({ stream: 'audit', time: NINE.toISOString(), event: 'device_started' })
  })
})
