import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'

const ROLE = 'payments-dev/developer'
const REQUIRE = 'require: { approval: { by: { idp: demo, group: auditors }, valid_for: 4h } }'
/** The role takes an approval. */
const byRole = (text: string) =>
  text.replace(/(\n {2}developer: \{.*) \}/, `$1, ${REQUIRE} }`).replace(/\ntests:[\s\S]*$/, '\n')
/** And its only grant takes one as well. */
const byBoth = (text: string) =>
  byRole(text).replace('roles: [readonly, developer] }', `roles: [readonly, developer], ${REQUIRE} }`)

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('a request that nobody can answer any more'), () => {
  let gateway: GatewayOverRestarts
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
    await gateway.start(byRole)
  }, 60_000)
  afterAll(() => gateway.close())

  it('is in nobody’s way: its page and the terminal say why, and it is asked anew where it was asked', async () => {
    const [alice, bob] = await Promise.all([aPersonAt(gateway, 'alice'), aPersonAt(gateway, 'bob')])
    const { accessToken } = await aTerminalOf(gateway, alice)
    const api = (path: string) => request(gateway.url).get(path).set('authorization', `Bearer ${accessToken}`)
    const ask = async () => {
      const fields = { _csrf: await alice.csrf(), reason: 'INC-1', seconds: '3600' }
      const { headers } = await alice.post(`/roles/${ROLE}/request`, fields).expect(303)
      return String(headers['location'])
    }
    const path = await ask()
    expect((await alice.get(`/roles/${ROLE}`)).text).toContain('Nobody has answered your request of')
    expect(await gateway.reload(byBoth)).toBe(true)

    expect((await alice.get(`/roles/${ROLE}`)).text).toContain('Ask for approval</button>')
    expect((await alice.get('/')).text).not.toContain('waiting for approval')
    const page = (await alice.get(path).expect(200)).text
    expect(page).toContain('<strong>Nobody can answer it.</strong> The rules have changed')
    expect(page).toContain('Take the request back')
    expect((await alice.get('/approvals').expect(200)).text).toContain('nobody can answer')
    const { body } = await api(`/v1${path.replace('/approvals', '/requests')}`).expect(200)
    expect(body).toMatchObject({ status: 'moot', why: expect.stringContaining('The rules have changed') })
    await bob.get(path).expect(404)

    const next = await ask()
    expect(next).not.toBe(path)
    expect((await bob.get(next).expect(200)).text).toContain('INC-1')
    expect((await alice.get(path)).text).toContain('<strong>Taken back</strong>')
  })
})
