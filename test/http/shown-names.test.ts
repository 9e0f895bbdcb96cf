import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => {
  demo = await aDemo({
    edit: (file) => file.replace('username_domains: [example.com]', 'username_domains: [example.org]'),
  })
})
afterAll(() => demo.close())

describe('somebody whose name their IdP does not answer for (threats.md I1)', () => {
  it('is called so with the IdP in front, on pages, in answers, on record and at AWS', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { accessToken } = await aTerminalOf(demo, alice)
    const bearer = { authorization: `Bearer ${accessToken}` }
    const { body: me } = await request(demo.url).get('/v1/whoami').set(bearer).expect(200)
    expect([me.username, me.email]).toEqual(['demo:alice@example.com', 'demo:alice@example.com'])
    const role = 'payments-dev/readonly'
    await request(demo.url).post('/v1/credentials').set(bearer).send({ role }).expect(200)
    expect(demo.audit().at(-1)).toMatchObject({
      event: 'issued',
      username: 'demo:alice@example.com',
      session_name: expect.stringMatching(/^demo=alice@example\.com\+[a-z2-7]{16}$/),
      source_identity: expect.stringMatching(/^demo=alice@example\.com\+[a-z2-7]{16}$/),
    })
    const pages = await Promise.all(['/', '/me', `/roles/${role}`].map(async (path) => alice.get(path).expect(200)))
    for (const { text } of pages) {
      expect(text).toContain('demo:alice@example.com')
      expect(text).not.toMatch(/(?<!demo[:=])alice@example\.com/)
    }
    expect(demo.printed()).not.toMatch(/(?<!demo[:=])alice@example\.com/)
  })

  it('is called so by whoever may approve what they ask for', async () => {
    const [gina, hugo] = await Promise.all([aPersonAt(demo, 'gina'), aPersonAt(demo, 'hugo')])
    const asking = { _csrf: await gina.csrf(), reason: 'INC-1' }
    const asked = await gina.post('/roles/payments-prod/operator/request', asking).expect(303)
    const { text } = await hugo.get(String(asked.headers['location'])).expect(200)
    expect(text).toContain('demo:gina@example.com asks for')
    expect(text).not.toMatch(/(?<!demo:)gina@example\.com/)
  })
})
