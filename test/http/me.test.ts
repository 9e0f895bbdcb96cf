import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'
import { signedInByCode } from '../support/a-stock-client.ts'

let demo: Demo
let alice: Person
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
})
afterAll(() => demo.close())

type Row = { id: string; via: string; client: string; host?: string; address?: string; current: boolean }
const asked = (token: string) => ({ authorization: `Bearer ${token}` })
const sessionsOf = async (token: string): Promise<readonly Row[]> =>
  ((await request(demo.url).get('/v1/sessions').set(asked(token)).expect(200)).body as { sessions: Row[] }).sessions

describe('my sessions', () => {
  it('lists one’s own terminals with what they are, and which one asks', async () => {
    const { accessToken } = await aTerminalOf(demo, alice)
    const { tokens } = await signedInByCode(demo, alice)
    const rows = await sessionsOf(accessToken)
    expect(rows).toContainEqual(
      expect.objectContaining({
        via: 'device',
        client: 'rolegate',
        host: 'test-host',
        address: '127.0.0.1',
        current: true,
      }),
    )
    expect(rows).toContainEqual(expect.objectContaining({ client: 'botocore-client-gw', current: false }))
    expect(JSON.stringify(rows)).not.toContain(tokens.accessToken)
    const page = await alice.get('/me').expect(200)
    expect(page.text).toContain('test-host')
    expect(page.text).toContain('botocore-client-gw')
  })

  it('shows nobody anybody else’s, and ends none of them', async () => {
    const { accessToken } = await aTerminalOf(demo, alice)
    const mine = (await sessionsOf(accessToken)).find(({ current }) => current)?.id ?? ''
    const bob = await aPersonAt(demo, 'bob')
    const { accessToken: his } = await aTerminalOf(demo, bob)
    expect((await sessionsOf(his)).map(({ id }) => id)).not.toContain(mine)
    await request(demo.url).post('/v1/sessions/end').set(asked(his)).send({ id: mine }).expect(404)
    await bob.post('/me/end', { _csrf: await bob.csrf(), id: mine }).expect(404)
    await sessionsOf(accessToken)
  })

  it('ends one from the browser or from another terminal, with all its tokens (threats.md D3, D10)', async () => {
    for (const end of [
      async (id: string) => void (await alice.post('/me/end', { _csrf: await alice.csrf(), id }).expect(303)),
      async (id: string) => {
        const other = await aTerminalOf(demo, alice)
        await request(demo.url).post('/v1/sessions/end').set(asked(other.accessToken)).send({ id }).expect(204)
      },
    ]) {
      const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
      await end((await sessionsOf(accessToken)).find(({ current }) => current)?.id ?? '')
      await request(demo.url).get('/v1/whoami').set(asked(accessToken)).expect(401)
      await request(demo.url)
        .post('/oauth/token')
        .type('form')
        .send({ client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: refreshToken })
        .expect(400)
    }
  })
})
