import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'

const ROLE = 'payments-dev/developer'
const asking = (file: string) =>
  file.replace(
    /(\n {2}developer: \{.*) \}/,
    '$1, require: { approval: { by: { idp: demo, group: auditors }, valid_for: 4h } } }',
  )
/** No sign-in of the demo's says this claim. */
const keyed = (file: string) =>
  asking(file).replace(
    '    username: claims.preferred_username\n',
    (found) => `${found}    person_key: claims.employee_id\n`,
  )

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('the page of a role that was asked for before'), () => {
  let gateway: GatewayOverRestarts
  let alice: Person
  let bob: Person
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
    await gateway.start(asking)
    ;[alice, bob] = await Promise.all([aPersonAt(gateway, 'alice'), aPersonAt(gateway, 'bob')])
  }, 60_000)
  afterAll(() => gateway.close())

  const pageOf = async (path = `/roles/${ROLE}`) => (await alice.get(path).expect(200)).text.replaceAll(/\s+/g, ' ')
  async function ask(): Promise<string> {
    const fields = { _csrf: await alice.csrf(), reason: 'INC-1', seconds: '14400' }
    return String((await alice.post(`/roles/${ROLE}/request`, fields).expect(303)).headers['location'])
  }
  const say = async (path: string, fields: Record<string, string>, person = bob) =>
    person.post(path, { _csrf: await person.csrf(), ...fields }).expect(303)

  it('says what was said to the last request, and leads to it; of one taken back it says nothing', async () => {
    const denied = await ask()
    await say(denied, { decision: 'deny', note: 'ask <Hugo> first' })
    const page = await pageOf()
    expect(page).toMatch(
      /You asked for it before\.<\/strong> <em class="tag plain">denied<\/em> For 4h · answered by bob@example\.com, <time/,
    )
    expect(page).toContain(`“ask &lt;Hugo&gt; first” <a href="${denied}">Your request</a>`)
    expect(page).toContain('Ask for approval</button>')
    expect(await pageOf(denied)).toContain(
      `<strong>Denied</strong> by bob@example.com. “ask &lt;Hugo&gt; first” <a href="/roles/${ROLE}">Ask anew</a>`,
    )
    gateway.clock.offsetSeconds += 1
    const cancelled = await ask()
    await say(cancelled, { decision: 'cancel' }, alice)
    expect(await pageOf()).toContain(`<a href="${denied}">Your request</a>`)
  })

  it('says for how long it was granted, as lists do, and who ended it', async () => {
    gateway.clock.offsetSeconds += 1
    const path = await ask()
    await say(path, { decision: 'approve', seconds: '3600' })
    expect(await pageOf('/approvals')).toContain('For 1h of 4h asked for, by bob@example.com · good until <time')
    await say(path, { decision: 'end' })
    expect(await pageOf()).toMatch(
      /asked for it before\.<\/strong> <em class="tag plain">over<\/em> For 1h of 4h asked for, by bob@example\.com · bob@example\.com took it back, <time/,
    )
  })

  it('does not let anybody wait in vain: who could not ask now is told that first, and of what waits', async () => {
    gateway.clock.offsetSeconds += 1
    const path = await ask()
    expect(await pageOf()).toMatch(/Nobody has answered your request of <time[^>]*>[^<]*<\/time> yet/)
    expect(await gateway.reload(keyed)).toBe(true)
    const page = await pageOf()
    expect(page).toContain('“employee_id”')
    expect(page).not.toContain('Nobody has answered your request')
    expect(page).not.toContain('Ask for approval</button>')
    expect(page).toContain(`<a href="${path}">Your request</a>`)
  })
})
