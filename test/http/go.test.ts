import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { withManyAccounts } from '../support/many-accounts.ts'
import { aPersonAt, aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'

let demo: Demo
let alice: Person
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
})
afterAll(() => demo.close())

const go = (query: Record<string, string>) => `/go?${new URLSearchParams(query).toString()}`
const page = () => `${demo.consoleUrl}/s3/home?region=eu-central-1`
const located = async (query: Record<string, string>) =>
  String((await alice.get(go(query)).expect(303)).headers['location'])

describe('GET /go', () => {
  it('ends on the page of the one role, with the page to open filled in', async () => {
    const query = { account: 'payments-dev', role: 'developer', destination: page() }
    const at = await located(query)
    expect(at).toBe(`/roles/payments-dev/developer?destination=${encodeURIComponent(page())}`)
    const { text } = await alice.get(at).expect(200)
    expect(text).toContain('A link asked for this page')
    expect(text).toContain(`value="${page()}"`)
  })

  it.each([
    ['AWS’s own names', { account_id: '111122223333', role_name: 'developer' }, '/roles/payments-dev/developer'],
    ['a number that begins with zero', { account: '012345678901', role: 'readonly' }, '/roles/sandbox/readonly'],
    ['an account with one role of theirs', { account: 'data-prod' }, '/roles/data-prod/readonly'],
    ['what a link carries besides', { account: 'data-prod', utm_source: 'chat' }, '/roles/data-prod/readonly'],
  ])('takes %s', async (_what, query, at) => {
    expect(await located(query as Record<string, string>)).toBe(at)
  })

  it('opens a service in the region that is asked for', async () => {
    const at = await located({ account: 'data-prod', destination: 'ec2', region: 'us-east-1' })
    expect(decodeURIComponent(at)).toContain(`${demo.consoleUrl}/ec2/home?region=us-east-1`)
  })

  it('lets the opener choose among their own roles, and keeps the page', async () => {
    const { text } = await alice.get(go({ account: 'payments-prod', destination: 's3' })).expect(200)
    expect(text).toContain('Choose a role')
    expect(text).toContain(`href="/roles/payments-prod/readonly?destination=${encodeURIComponent(page())}"`)
    expect(text).toContain('/roles/payments-prod/admin?')
    expect(text).not.toContain('/roles/payments-dev')
    // A button that opens the console from here would forget the page.
    expect(text).not.toContain('formaction')
  })

  it('works out the page of a console’s address, and asks for the role', async () => {
    const { text } = await alice.get(go({ url: page() })).expect(200)
    expect(text).toContain(`/roles/sandbox/readonly?destination=${encodeURIComponent(page())}`)
  })

  it('leads from what is not theirs to the portal, not to an explanation that there is none of (threats.md P3)', async () => {
    for (const query of [{ account: 'nope', role: 'x' }, { account: 'nope' }]) {
      const { text } = await alice.get(go(query)).expect(403)
      expect(text).toContain('Go to the portal')
      expect(text).not.toContain('/why')
    }
  })

  it('offers what they have instead of a role that is not theirs', async () => {
    const { text } = await alice.get(go({ account: 'data-prod', role: 'admin' })).expect(200)
    expect(text).toContain('data-prod/admin')
    expect(text).toContain('not among your roles')
    const bob = await aPersonAt(demo, 'bob')
    const refused = [await bob.get(go({ account: 'payments-dev' })), await bob.get(go({ account: 'no-such' }))]
    expect(refused.map(({ status }) => status)).toEqual([403, 403])
  })

  it.each([
    { destination: 'https://evil.example/' },
    { destination: 'https://console.aws.amazon.com/' },
    { url: 'https://evil.example/' },
    { destination: '//evil.example' },
  ])('refuses the foreign page %j', async (query) => {
    const { text } = await alice.get(go({ account: 'payments-dev', ...query })).expect(400)
    expect(text).toContain('not an AWS console page')
  })

  it.each<Record<string, string>>([{ account: '' }, { account: 'x'.repeat(65) }, { region: 'nowhere' }, { url: 'x' }])(
    'refuses the link %j',
    async (query) => {
      await alice.get(go(query)).expect(400)
    },
  )

  it('hands nothing over, whoever fetches it and however (threats.md H1)', async () => {
    const path = go({ account: 'payments-dev', role: 'developer', destination: 's3' })
    const deeds = () => demo.audit().filter(({ event }) => /^(intent|issued)/.test(String(event))).length
    const before = deeds()
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { 'sec-purpose': 'prefetch' },
      { 'user-agent': 'Slackbot-LinkExpanding 1.0' },
    ]) {
      const { headers: answer } = await alice.get(path).set(headers).expect(303)
      await alice.get(String(answer['location'])).set(headers).expect(200)
    }
    const head = await alice.fetch(`${demo.url}${path}`, { method: 'HEAD' })
    expect(head.status).toBe(303)
    expect(deeds()).toBe(before)
  })

  it('survives the sign-in: the same page at the end', async () => {
    const path = go({ account: 'payments-dev', role: 'developer', destination: page() })
    const stranger = aVisitor(demo)
    const first = await stranger.get(path).expect(303)
    const start = String(first.headers['location']).replace(/#.*/, '')
    const returnTo = new URL(start, demo.url).searchParams.get('returnTo') ?? ''
    expect(returnTo).toBe(path)
    const back = await stranger.fetch(
      await stranger.callbackUrl('alice', `/sign-in/demo?returnTo=${encodeURIComponent(returnTo)}`),
    )
    expect(back.headers.get('location')).toBe(path)
    const end = await stranger.get(path).expect(303)
    expect(end.headers['location']).toBe(`/roles/payments-dev/developer?destination=${encodeURIComponent(page())}`)
  })
})

describe('GET /go with very many accounts', () => {
  let big: Demo
  let person: Person
  beforeAll(async () => {
    big = await aDemo({ edit: withManyAccounts(120) })
    person = await aPersonAt(big, 'alice')
  })
  afterAll(() => big.close())
  const aliasesOn = (html: string) => [...html.matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, alias]) => alias)
  const hrefIn = (html: string, rel: string) =>
    (new RegExp(`rel="${rel}" href="([^"]+)"`).exec(html)?.[1] ?? '').replaceAll('&amp;', '&')

  it('offers fifty a page, and carries the link along', async () => {
    const link = go({ role: 'readonly', destination: 's3', region: 'us-east-1' })
    const { text } = await person.get(link).expect(200)
    expect(aliasesOn(text)).toHaveLength(50)
    const next = hrefIn(text, 'next')
    expect(Object.fromEntries(new URL(next, big.url).searchParams)).toEqual({
      role: 'readonly',
      destination: 's3',
      region: 'us-east-1',
      page: '2',
    })
    const second = (await person.get(next).expect(200)).text
    expect(aliasesOn(second)).toHaveLength(50)
    expect(aliasesOn(second)).not.toContain(aliasesOn(text)[0])
    expect(second).toContain(`?destination=${encodeURIComponent(`${big.consoleUrl}/s3/home?region=us-east-1`)}`)
    expect(hrefIn(second, 'prev')).toBe(hrefIn(text, 'next').replace('&page=2', ''))
  })

  it('searches among them, without a script, and says so when there is nothing', async () => {
    const { text } = await person.get(go({ role: 'readonly', destination: 's3', q: 'team-077' })).expect(200)
    expect(aliasesOn(text)).toEqual(['team-077'])
    expect(text).toContain('<input type="hidden" name="destination" value="s3">')
    expect((await person.get(go({ q: 'no such thing' })).expect(200)).text).toContain('Nothing found.')
  })
})

describe('POST /v1/console', () => {
  it('takes a region for pages that name none', async () => {
    const { accessToken } = await aTerminalOf(demo, alice)
    const ask = (region: string) =>
      request(demo.url)
        .post('/v1/console')
        .set('authorization', `Bearer ${accessToken}`)
        .send({ role: 'payments-dev/developer', destination: 's3', region })
    const { body } = await ask('us-west-2').expect(200)
    expect(new URL(String(body.url)).searchParams.get('Destination')).toBe(
      `${demo.consoleUrl}/s3/home?region=us-west-2`,
    )
    expect((await ask('x#@evil').expect(400)).body.code).toBe('invalid_request')
  })
})
