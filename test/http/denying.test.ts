import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

const ROLE = 'payments-dev/developer'
const APPROVE = 'value="approve"'
const DENY = 'value="deny"'

/** Bob is an auditor, whose word the role takes. */
const asking = (more: string) => (file: string) =>
  file.replace(
    /(\n {2}developer: \{.*) \}/,
    `$1, require: { approval: { by: { idp: demo, group: auditors }, valid_for: 4h } }${more} }`,
  )

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('an approver who cannot say yes now'), () => {
  let gateway: GatewayOverRestarts
  let alice: Person
  let bob: Person
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
    await gateway.start(asking(''))
    ;[alice, bob] = await Promise.all([aPersonAt(gateway, 'alice'), aPersonAt(gateway, 'bob')])
  }, 60_000)
  afterAll(() => gateway.close())

  async function ask(): Promise<string> {
    const fields = { _csrf: await alice.csrf(), reason: 'INC-1', seconds: '3600' }
    return String((await alice.post(`/roles/${ROLE}/request`, fields).expect(303)).headers['location'])
  }
  const say = async (path: string, decision: string) =>
    bob.post(path, { _csrf: await bob.csrf(), decision, note: 'not like this' })
  const pageOf = async (path: string) => (await bob.get(path).expect(200)).text

  async function denies(path: string): Promise<void> {
    expect((await say(path, 'deny')).status).toBe(303)
    expect(gateway.audit().at(-1)).toMatchObject({ event: 'request_denied', subject: 'u-bob', note: 'not like this' })
    expect(await pageOf(path)).toContain('<strong>Denied</strong> by bob@example.com')
  }

  it('says no while the clock of the gateway is wrong, and reads why a yes is not taken', async () => {
    const path = await ask()
    gateway.clock.aheadSeconds = 200
    await gateway.start(asking(''))
    await expect.poll(() => pageOf(path)).not.toContain(APPROVE)
    const page = await pageOf(path)
    expect(page).toContain(
      '<strong>You can deny it, and not approve it now.</strong> The clock of this gateway differs',
    )
    expect(page).toContain(DENY)
    expect(page).not.toContain('sign-in?returnTo')
    expect((await say(path, 'approve')).status).toBe(503)
    const { accessToken } = await aTerminalOf(gateway, bob)
    const row = await request(gateway.url)
      .get(path.replace('/approvals', '/v1/requests'))
      .set('authorization', `Bearer ${accessToken}`)
    expect(row.body).toMatchObject({ status: 'asked', mayApprove: false })
    await denies(path)
    gateway.clock.aheadSeconds = 0
  })

  it.each([
    ['whose groups are too old for a yes', '', 'Sign in again</a>'],
    ['who is not by their security key, of an elevated role', ', elevated: true', 'That takes no fresh sign-in.</p>'],
  ])('says no without a fresh sign-in: %s', async (_who, more, link) => {
    const file = (text: string) =>
      asking(more)(text).replace('\nsts:', '\nsessions: { claims_max_age: { default: 1h, elevated: 15m } }\n\nsts:')
    await gateway.start(file)
    gateway.clock.offsetSeconds = 0
    ;[alice, bob] = await Promise.all([aPersonAt(gateway, 'alice'), aPersonAt(gateway, 'bob')])
    const path = await ask()
    const rules = (text: string) => file(text).replace('default: 1h', 'default: 2h, env: { dev: 15m }')
    expect(await gateway.reload(rules)).toBe(true)
    gateway.clock.offsetSeconds = 1000
    const page = await pageOf(path)
    expect(page).toContain(link)
    expect(page).not.toContain(APPROVE)
    expect(page).toContain(DENY)
    expect((await say(path, 'approve')).status).not.toBe(303)
    await denies(path)
  })
})
