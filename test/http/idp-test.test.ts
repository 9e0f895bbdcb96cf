import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSql, sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import { inTheDirectory } from '../support/in-the-directory.ts'

let demo: Demo
let alice: Person
/** Her directory is not hers alone. */
let mallory: ReturnType<typeof inTheDirectory>
beforeAll(async () => {
  mallory = inTheDirectory('mallory', {
    name: '\u202e</code><script>alert(1)</script>',
    groups: ['</code><img src=x onerror=alert(1)>'],
  })
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
})
afterAll(async () => {
  mallory.leave()
  await demo.close()
})

const AT_DEMO = '/admin/idps/demo/test/start'
const AT_CONTRACTORS = '/admin/idps/contractors/test/start'
/** As a browser follows: its cookies, no jump back. */
const back = async (person: Person, url: string) => {
  const answer = await person.fetch(url)
  return { status: answer.status, text: await answer.text() }
}
const lastRecord = () => demo.audit().at(-1)

describe('the test of an IdP', () => {
  it('shows what an OIDC directory sends, what is read from it, and which rules that meets', async () => {
    const page = await back(alice, await alice.callbackUrl('alice', AT_DEMO))
    expect(page.status).toBe(200)
    expect(page.text).toContain('A sign-in would succeed')
    expect(page.text).toMatch(/<code>sub<\/code> <em class="tag plain">subject<\/em>/)
    expect(page.text).toMatch(/<code>groups<\/code> <em class="tag plain">groups<\/em>/)
    expect(page.text).toContain('&quot;u-alice&quot;')
    expect(page.text).toContain('<code>payments-admins</code>')
    expect(page.text).toContain('payments-prod/admin')
    expect(page.text).toContain('3 of at most 200')
    // It is still alice's page.
    expect(page.text).toContain('alice@example.com</strong>')
  })

  it('shows what a SAML directory sends, to a browser that posts without its session’s cookie', async () => {
    const fields = await alice.samlAnswer('erin', AT_CONTRACTORS)
    const kept = alice.jar.header(demo.url).split('; ')
    const attempt = kept.filter((pair) => pair.startsWith('rolegate-test-attempt-'))
    const page = await request(demo.url)
      .post('/saml/contractors/acs')
      .set({ cookie: attempt.join('; '), 'sec-fetch-site': 'cross-site', accept: 'text/html' })
      .type('form')
      .send(fields)
      .expect(200)
    expect(page.text).toContain('as <code>erin@acme.example</code>')
    expect(page.text).toMatch(/<code>uid<\/code> <em class="tag plain">subject<\/em>/)
    expect(page.text).toContain('<code>/acme/aws-devs</code>')
    // Whose page it is; erin is nobody here.
    expect(page.text).toContain('alice@example.com</strong>')
    expect(page.headers['set-cookie']?.toString()).not.toMatch(/rolegate=|session/)
    await alice.get('/me').expect(200)
  })

  it('signs nobody in, whoever the directory names', async () => {
    const operator = await aPersonAt(demo, 'alice')
    operator.jar.forget(demo.world.urls.idp)
    const page = await back(operator, await operator.callbackUrl('bob', AT_DEMO))
    expect(page.text).toContain('as <code>bob@example.com</code>')
    expect((await operator.get('/me').expect(200)).text).toContain('alice@example.com')
  })

  it('steers no browser with what an IdP sends (security.md W-15)', async () => {
    const operator = await aPersonAt(demo, 'alice')
    operator.jar.forget(demo.world.urls.idp)
    const page = await back(operator, await operator.callbackUrl('mallory', AT_DEMO))
    expect(page.text).toContain('A sign-in would succeed')
    expect(page.text).not.toMatch(/<img src=x|<script>alert|\u202e/)
    expect(page.text).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(page.text).toContain('\\u{202e}')
  })

  it('is on record, without a word of what was sent', async () => {
    await back(alice, await alice.callbackUrl('alice', AT_DEMO))
    const record = lastRecord()
    expect(record).toMatchObject({ event: 'idp_tested', tested_idp: 'demo', subject: 'u-alice', via: 'browser' })
    expect(JSON.stringify(record)).not.toMatch(/payments-developers|auth_time|Alice Archer/)
  })

  it('shows a refusal with its reason, and the claims that led to it', async () => {
    const operator = await aPersonAt(demo, 'alice')
    // Another person of that directory, in a browser that knows nobody there.
    operator.jar.forget(demo.world.urls.idp)
    const page = await back(operator, await operator.callbackUrl('dave', AT_DEMO))
    expect(page.status).toBe(200)
    expect(page.text).toContain('A sign-in would be refused')
    expect(page.text).toContain('groups_truncated')
    expect(page.text).toContain('cut: some may be missing')
    expect(page.text).toContain('and 700 more')
    expect(lastRecord()).toMatchObject({ event: 'idp_tested', code: 'groups_truncated' })
  })

  it('believes nothing of an answer that is not genuine, and shows nothing of it', async () => {
    const url = new URL(await alice.callbackUrl('alice', AT_DEMO))
    url.searchParams.set('iss', 'https://evil.example')
    const page = await back(alice, url.href)
    expect(page.text).toContain('Nothing it sent could be believed')
    expect(page.text).toContain('sign_in_rejected')
    expect(page.text).not.toContain('payments-developers')
    expect(lastRecord()).toMatchObject({ event: 'idp_tested', code: 'sign_in_rejected', reason: expect.any(String) })
  })

  it('counts an answer once, and none as a sign-in', async () => {
    const operator = await aPersonAt(demo, 'alice')
    const url = await operator.callbackUrl('alice', AT_DEMO)
    const kept = operator.jar.header(demo.url)
    await back(operator, url)
    const again = await request(demo.url).get(url.replace(demo.url, '')).set({ cookie: kept, accept: 'text/html' })
    expect(again.text).toContain('attempt_used_before')
    // Without the test's cookie the answer belongs to nothing.
    const other = await operator.callbackUrl('alice', AT_DEMO)
    const session = operator.jar
      .header(demo.url)
      .split('; ')
      .filter((pair) => !pair.includes('test-attempt'))
    await request(demo.url)
      .get(other.replace(demo.url, ''))
      .set({ cookie: session.join('; ') })
      .expect(403)
  })

  it('ends with the operator’s own session', async () => {
    const operator = await aPersonAt(demo, 'alice')
    const url = await operator.callbackUrl('alice', AT_DEMO)
    await operator.post('/sign-out', { _csrf: await operator.csrf() }).expect(303)
    const answer = await operator.fetch(url)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringContaining('/sign-in')])
  })

  it('is started from our own page alone', async () => {
    for (const site of ['cross-site', 'same-site', 'none']) {
      const answer = await alice.get(AT_DEMO).set('sec-fetch-site', site).expect(303)
      expect(answer.headers['location']).toBe('/admin/idps/demo/test')
    }
    const own = await alice.get(AT_DEMO).set('sec-fetch-site', 'same-origin').expect(303)
    expect(own.headers['location']).toContain(demo.world.urls.idp)
    await alice.get('/admin/idps/nowhere/test').expect(404)
    await alice.get('/admin/idps/nowhere/test/start').expect(404)
  })
})

describe.skipIf(whyNoSqlite)(sqliteTitle('the test of an IdP, in the store'), () => {
  let gateway: GatewayOverRestarts
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
    await gateway.start()
  })
  afterAll(() => gateway.close())

  it('keeps nothing but that the trip was made, and the record', async () => {
    const operator = await aPersonAt(gateway, 'alice')
    const rows = () => {
      const database = openSql(gateway.database)
      const counted = database.prepare('select tbl, count(*) as many from rows group by tbl').all()
      database.close()
      return new Map((counted as { tbl: string; many: number }[]).map(({ tbl, many }) => [tbl, many]))
    }
    const before = rows()
    const page = await back(operator, await operator.callbackUrl('alice', AT_DEMO))
    expect(page.text).toContain('A sign-in would succeed')
    const after = rows()
    const grown = [...after].flatMap(([table, many]) => {
      const more = many - (before.get(table) ?? 0)
      return more === 0 ? [] : [[table, more] as const]
    })
    expect(Object.fromEntries(grown)).toEqual({ audit: 1, 'used-attempts': 1 })
  })
})
