import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'
import { inTheDirectory } from '../support/in-the-directory.ts'

let demo: Demo
/** An operator, an auditor, and somebody. */
let alice: Person
let bob: Person
let carol: Person
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  bob = await aPersonAt(demo, 'bob')
  carol = await aPersonAt(demo, 'carol')
})
afterAll(() => demo.close())

const PAGES = ['/admin/status', '/admin/access'] as const
/** Of operators alone. */
const OPERATORS = [
  '/admin/idps/demo/test',
  '/admin/idps/demo/test/start',
  '/admin/idps/contractors/test/start',
] as const

/** What is different on every page. */
const stripped = (text: string) => text.replace(/Request <code>[^<]+|request {2}\S+|time {5}\S+|value="[\w-]{86}"/g, '')

describe('pages of operators and auditors (threats.md P1)', () => {
  it.each(PAGES)('%s is open to both, and for everybody else there is nothing', async (path) => {
    for (const person of [alice, bob]) await person.get(path).expect(200)
    const [refused, nowhere] = [await carol.get(path).expect(404), await carol.get('/admix/nowhere').expect(404)]
    expect(stripped(refused.text)).toBe(stripped(nowhere.text))
  })

  it.each(OPERATORS)('%s is an operator’s, and an auditor is told so (threats.md P1)', async (path) => {
    expect([200, 303]).toContain((await alice.get(path)).status)
    expect((await bob.get(path).expect(403)).text).toContain('It is for operators of Rolegate.')
    await carol.get(path).expect(404)
    await carol.get(path.replace('demo', 'nowhere')).expect(404)
  })

  it('shows the way to operators and auditors alone', async () => {
    for (const person of [alice, bob]) expect((await person.get('/me')).text).toContain('href="/admin"')
    expect((await carol.get('/me')).text).not.toContain('/admin')
    await alice.get('/admin').expect(303).expect('location', '/admin/status')
    await alice.get('/admin/nowhere').expect(404)
    await carol.get('/admin').expect(404)
    await carol.get('/admin/nowhere').expect(404)
  })

  it.each(PAGES)('%s reads no bearer token, whosever it is', async (path) => {
    const { accessToken } = await aTerminalOf(demo, alice)
    const asked = await request(demo.url).get(path).set('authorization', `Bearer ${accessToken}`)
    expect([asked.status, String(asked.headers['location'])]).toEqual([303, expect.stringMatching(/^\/sign-in/)])
  })

  it.each(PAGES)('%s asks for a new sign-in once the groups are an hour old, and comes back', async (path) => {
    const operator = await aPersonAt(demo, 'alice')
    demo.clock.offsetSeconds = 1_800
    await operator.get(path).expect(200)
    demo.clock.offsetSeconds = 3_605
    const page = await operator.get(path).expect(401)
    expect(page.text).toContain('yours are older')
    expect(page.text).toContain(`href="/sign-in?returnTo=${encodeURIComponent(path)}"`)
    // The rest of the portal stands.
    await operator.get('/').expect(200)
    demo.clock.offsetSeconds = 0
  })
})

describe('the status page', () => {
  it('says what is in force, what its tests are, and which IdPs answer', async () => {
    const { text } = await bob.get('/admin/status').expect(200)
    expect(text).toContain('4 accounts, 4 roles, 9 rules')
    expect(text).toMatch(/\d+ questions, each answered as written/)
    expect(text).toContain('Contractors’ directory (SAML)')
  })

  it('says where the configuration is, and that what is on disk is in force', async () => {
    const { text } = await bob.get('/admin/status').expect(200)
    expect(text).toMatch(/demo\.yaml<\/code>/)
    expect(text).toContain('What is on disk is in force.')
  })

  it('promises how long somebody who was removed may go on, at most (threats.md I7)', async () => {
    const { text } = await alice.get('/admin/status').expect(200)
    expect(text).toContain('at most 12h')
    expect(text).toContain('Of an elevated role: at most 2h.')
    expect(text).toContain('ends within 12h15m')
  })

  it('goes by the settings', async () => {
    const other = await aDemo({
      edit: (text) => text.replace('store: {', 'sessions: { browser: { idle: 1h, absolute: 8h } }\nstore: {'),
    })
    const operator = await aPersonAt(other, 'alice')
    expect((await operator.get('/admin/status').expect(200)).text).toContain('at most 8h')
    await other.close()
  })

  it('says how many came lately, how long their lists of groups are, and which groups rules wait for in vain', async () => {
    const other = await aDemo({
      edit: (text) =>
        text
          .replace(/\ntests:[\s\S]*/, '\n')
          .replace(
            '\nsts:',
            '\n  - { id: gone, match: { idp: demo, group: "</code><b>gone" }, grant: { accounts: [sandbox], roles: [readonly] } }\n\nsts:',
          ),
    })
    const auditor = await aPersonAt(other, 'bob')
    const first = await auditor.get('/admin/status').expect(200)
    expect(first.text).toContain('1 signed in within 30 days')
    expect(first.text).toContain('nobody signed in within 30 days')
    expect(first.text).toContain('1 of at most 200 (0 %)')
    expect(first.text).toContain('<code>payments-admins</code>, by rule payments-admins')
    await aPersonAt(other, 'alice')
    // Everybody is looked through once a minute at most.
    expect((await auditor.get('/admin/status')).text).toContain('1 signed in within 30 days')
    other.clock.offsetSeconds = 60
    const { text } = await auditor.get('/admin/status').expect(200)
    expect(text).toContain('2 signed in within 30 days')
    expect(text).toContain('3 of at most 200 (1 %)')
    expect(text).toContain('3 groups that rules name are in nobody’s list')
    expect(text).toContain('<code>&lt;/code&gt;&lt;b&gt;gone</code>, by rule gone')
    expect(text).not.toContain('payments-admins')
    await other.close()
  })

  it('warns of a deny that nobody was seen in, after a week (threats.md I4)', async () => {
    const other = await aDemo({
      edit: (text) =>
        text
          .replace(/\ntests:[\s\S]*/, '\n')
          .replace(
            '\nsts:',
            '\n  - { id: kept-back, match: { group: "<b>kept-back" }, deny: { accounts: [sandbox] } }\n\nsts:',
          ),
    })
    const more = [inTheDirectory('henry'), inTheDirectory('ida')]
    for (const username of ['alice', 'carol', 'henry', 'ida']) await aPersonAt(other, username)
    more.forEach((person) => person.leave())
    const auditor = await aPersonAt(other, 'bob')
    // The IdP's clock is the real one, so that the week lies behind us.
    other.clock.offsetSeconds = -7 * 86_400
    expect((await auditor.get('/admin/status').expect(200)).text).not.toContain('Denies that nobody is seen in')
    other.clock.offsetSeconds = 0
    const { text } = await auditor.get('/admin/status').expect(200)
    expect(text).toContain('One group that a deny names is in nobody’s list.')
    expect(text).toContain('<code>&lt;b&gt;kept-back</code>, by rule kept-back: for 7 days')
    await other.close()
  })

  it('warns of somebody near the limit of groups', async () => {
    const other = await aDemo({ edit: (text) => text.replace('limit: { count: 200', 'limit: { count: 5') })
    const henry = inTheDirectory('henry', { groups: ['a', 'b', 'c', 'd'] })
    try {
      const operator = await aPersonAt(other, 'alice')
      expect((await operator.get('/admin/status').expect(200)).text).not.toContain('Near the limit.')
      await aPersonAt(other, 'henry')
      other.clock.offsetSeconds = 60
      expect((await operator.get('/admin/status').expect(200)).text).toMatch(
        /4 of at most 5 \(80 %\)[\s\S]*Near the limit\./,
      )
    } finally {
      henry.leave()
      await other.close()
    }
  })
})
