import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, form, type Person } from '../support/a-person.ts'

describe('a gateway that keeps less about people', () => {
  let demo: Demo
  let alice: Person
  beforeAll(async () => {
    demo = await aDemo({
      edit: (text) =>
        `${text.replace('audit:\n', 'audit:\n  redact: [client_ip, user_agent, username]\n')}\ntelemetry: { metrics: false }\n`,
    })
    alice = await aPersonAt(demo, 'alice')
  })
  afterAll(() => demo.close())

  it('keeps hashes of what the file names, the same for the same (threats.md P8)', async () => {
    const { refreshToken } = await aTerminalOf(demo, alice)
    await form(demo, '/oauth/token', {
      client_id: 'rolegate-cli',
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    }).expect(200)
    await alice.post('/roles/payments-dev/readonly/credentials', { _csrf: await alice.csrf() }).expect(200)
    const records = demo.audit()
    const hash = expect.stringMatching(/^hmac:[\w-]{43}$/) as string
    expect(records.find(({ event }) => event === 'issued')).toMatchObject({
      client_ip: hash,
      username: hash,
      session_name: hash,
      source_identity: hash,
      subject: 'u-alice',
    })
    expect(new Set(records.map(({ client_ip }) => client_ip)).size).toBe(1)
    expect(new Set(records.flatMap(({ username }) => username ?? [])).size).toBe(1)
    const approved = records.find(({ event }) => event === 'device_approved')
    expect(approved?.['requester_address']).toBe(approved?.['client_ip'])
    expect(JSON.stringify(records)).not.toMatch(/alice@|127\.0\.0\.1/)
  })

  it('tells AWS the name all the same', () => {
    expect(demo.world.aws.log().at(-1)?.sessionName).toMatch(/^alice@example\.com\+/)
  })

  it('answers no /metrics where they are switched off', async () => {
    await request(demo.managementUrl).get('/metrics').expect(404)
    await request(demo.managementUrl).get('/healthz').expect(200)
  })
})
