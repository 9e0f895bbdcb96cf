import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => void (demo = await aDemo()))
afterAll(() => demo.close())

const refusals = () => demo.audit().filter(({ event }) => event === 'sign_in_refused')

const withoutContractors = (text: string): string =>
  text
    .replace(/  - id: contractors\n    type: saml[\s\S]*?(?=\naccounts:)/, '')
    .replace(/  - id: contractors\n    match[\s\S]*?(?=\n\n)/, '')
    .replace(/  - as: \{ idp: contractors[\s\S]*$/, '')

describe('signing in', () => {
  it('sends a signed-out browser to sign in and back to where it wanted to go', async () => {
    const visitor = aVisitor(demo)
    const away = await visitor.get('/roles/payments-dev/developer').expect(303)
    expect(away.headers['location']).toBe('/sign-in?returnTo=%2Froles%2Fpayments-dev%2Fdeveloper#-')
    const callback = await visitor.callbackUrl('alice', `/sign-in/demo?returnTo=%2Froles%2Fpayments-dev%2Fdeveloper`)
    const back = await visitor.fetch(callback)
    expect([back.status, back.headers.get('location')]).toEqual([303, '/roles/payments-dev/developer'])
  })

  it('never returns anybody to a foreign address (security.md W-16)', async () => {
    const visitor = aVisitor(demo)
    const callback = await visitor.callbackUrl('alice', '/sign-in/demo?returnTo=https%3A%2F%2Fevil.example%2F')
    expect((await visitor.fetch(callback)).headers.get('location')).toBe('/')
  })

  it('lets people choose where there are several IdPs', async () => {
    const page = await aVisitor(demo).get('/sign-in').expect(200)
    expect(page.text).toContain('href="/sign-in/demo"')
    expect(page.text).toContain('href="/sign-in/contractors"')
    expect(page.text).toContain(new URL(demo.url).host)
  })

  it('goes straight on when there is one IdP, and shows the page when asked to', async () => {
    const one = await aDemo({ edit: withoutContractors })
    try {
      const visitor = aVisitor(one)
      expect((await visitor.get('/sign-in').expect(303)).headers['location']).toBe('/sign-in/demo')
      const page = await visitor.get('/sign-in?choose').expect(200)
      expect(page.text).toContain('Demo directory')
    } finally {
      await one.close()
    }
  })

  it('writes who signed in, and with how many groups', async () => {
    await aPersonAt(demo, 'bob')
    const signIn = demo.audit().findLast(({ event }) => event === 'sign_in')
    expect(signIn).toMatchObject({
      idp: 'demo',
      subject: 'u-bob',
      username: 'bob@example.com',
      groups_count: 1,
      via: 'browser',
    })
  })

  it('lets several tabs be away at the IdP at once, and each come back', async () => {
    const visitor = aVisitor(demo)
    const first = await visitor.callbackUrl('alice')
    const second = await visitor.callbackUrl('alice')
    expect((await visitor.fetch(first)).status).toBe(303)
    expect((await visitor.fetch(second)).status).toBe(303)
  })

  it('keeps at most eight sign-ins under way in one browser', async () => {
    const visitor = aVisitor(demo)
    for (let tabs = 0; tabs < 12; tabs += 1) await visitor.fetch(`${demo.url}/sign-in/demo`)
    const attempts = visitor.jar.header(demo.url).match(/rolegate-attempt-/g) ?? []
    expect(attempts).toHaveLength(8)
  })

  it('knows nobody by an IdP it does not have', async () => {
    await aVisitor(demo).get('/sign-in/nowhere').expect(404)
    await aVisitor(demo).get('/oidc/nowhere/callback?code=x&state=y').expect(404)
  })

  it('gives the browser a new session id at sign-in and destroys the old one (security.md W-1)', async () => {
    const person = await aPersonAt(demo, 'alice')
    const before = person.jar.header(demo.url)
    await person.fetch(await person.callbackUrl('alice'))
    expect(person.jar.header(demo.url)).not.toBe(before)
    const stale = await fetch(demo.url, { headers: { cookie: before, accept: 'text/html' }, redirect: 'manual' })
    expect(stale.headers.get('location')).toContain('/sign-in')
  })

  it('does not go on to the first person’s page when somebody else signs in (threats.md H9)', async () => {
    const person = await aPersonAt(demo, 'alice')
    const fresh = await person.fetch(`${demo.url}/sign-in/demo?returnTo=/roles/payments-prod/admin`)
    // The demo IdP remembers alice: it is asked to forget her first.
    expect(fresh.status).toBe(303)
    const other = aVisitor(demo)
    const callback = await other.callbackUrl('bob', '/sign-in/demo?returnTo=/roles/payments-prod/admin')
    other.jar.take(
      demo.url,
      person.jar
        .header(demo.url)
        .split('; ')
        .filter((cookie) => cookie.startsWith('rolegate=')),
    )
    expect((await other.fetch(callback)).headers.get('location')).toBe('/')
  })
})

describe('a callback that is not the answer to our question', () => {
  const bend = (url: string, change: (parameters: URLSearchParams) => void) => {
    const bent = new URL(url)
    change(bent.searchParams)
    return bent.href
  }
  const cases: [string, (url: string) => string, number, string | RegExp][] = [
    [
      'a state of another length',
      (url) => bend(url, (p) => p.set('state', `${p.get('state')}x`)),
      403,
      /state|unverifiable|invalid|attempt/,
    ],
    [
      'a state that was never ours',
      (url) => bend(url, (p) => p.set('state', 'deadbeef.AAAAAAAAAAAAAAAAAAAAAA')),
      403,
      'no_attempt_in_this_browser',
    ],
    ['no state at all', (url) => bend(url, (p) => p.delete('state')), 403, 'no_attempt_in_this_browser'],
    ['a doubled parameter (security.md O-15)', (url) => `${url}&code=again`, 403, 'no_attempt_in_this_browser'],
    ['another issuer (RFC 9207)', (url) => bend(url, (p) => p.set('iss', 'http://localhost:1/other')), 403, /.+/],
    ['no issuer though the IdP promises one (RFC 9207)', (url) => bend(url, (p) => p.delete('iss')), 403, /.+/],
    [
      'a code that was never given',
      (url) => bend(url, (p) => p.set('code', 'made-up')),
      403,
      'idp_error:invalid_grant',
    ],
    [
      'an error beside a code (security.md O-16)',
      (url) => bend(url, (p) => p.set('error', '<script>alert(1)</script>')),
      403,
      /idp_error/,
    ],
  ]
  it.each(cases)(
    'refuses %s, says so on a page, and keeps the reason to the log',
    async (_what, change, status, reason) => {
      const visitor = aVisitor(demo)
      const answer = await visitor.fetch(change(await visitor.callbackUrl('alice')))
      const page = await answer.text()
      expect(answer.status).toBe(status)
      expect(page).toContain('Sign-in failed')
      expect(page).toContain(answer.headers.get('x-request-id'))
      expect(page).not.toContain('<script>alert')
      expect(refusals().at(-1)).toMatchObject({
        code: 'sign_in_rejected',
        reason: expect.stringMatching(reason),
        request_id: answer.headers.get('x-request-id'),
      })
      expect((await visitor.get('/').expect(303)).headers['location']).toContain('/sign-in')
    },
  )

  it('refuses a callback that comes a second time (security.md O-12)', async () => {
    const visitor = aVisitor(demo)
    const callback = await visitor.callbackUrl('alice')
    const cookie = visitor.jar.header(demo.url)
    await visitor.fetch(callback)
    const again = await fetch(callback, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })
    expect(again.status).toBe(403)
    expect(refusals().at(-1)).toMatchObject({ reason: 'attempt_used_before' })
  })

  it('refuses somebody else’s callback in this browser: login CSRF (security.md O-17)', async () => {
    const callback = await aVisitor(demo).callbackUrl('alice')
    const victim = aVisitor(demo)
    expect((await victim.fetch(callback)).status).toBe(403)
    expect(refusals().at(-1)).toMatchObject({ reason: 'no_attempt_in_this_browser' })
  })

  it('refuses a tampered attempt cookie (security.md W-5)', async () => {
    const visitor = aVisitor(demo)
    const callback = await visitor.callbackUrl('alice')
    const cookie = visitor.jar.header(demo.url).replace(/(rolegate-attempt-[0-9a-f]{8}=.{30})./, '$1~')
    const answer = await fetch(callback, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })
    expect(answer.status).toBe(403)
  })

  it('says that a sign-in took too long after ten minutes', async () => {
    const visitor = aVisitor(demo)
    const callback = await visitor.callbackUrl('alice')
    demo.clock.offsetSeconds = 601
    const answer = await visitor.fetch(callback)
    demo.clock.offsetSeconds = 0
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('That sign-in took too long')])
  })
})

describe('groups', () => {
  it('tells carol that her directory says she is in no groups', async () => {
    const page = await (await aPersonAt(demo, 'carol')).get('/').expect(200)
    expect(page.text).toMatch(/in no groups/i)
    expect(page.text).toContain('u-carol')
  })

  it('refuses dave, whose list may be cut, and says why (threats.md R5)', async () => {
    const visitor = aVisitor(demo)
    const answer = await visitor.fetch(await visitor.callbackUrl('dave'))
    const page = await answer.text()
    expect(answer.status).toBe(403)
    expect(page).toContain('did not tell us all your groups')
    expect(page).toContain('900')
    expect(refusals().at(-1)).toMatchObject({ code: 'groups_truncated', idp: 'demo' })
  })

  it('shows bob exactly one role', async () => {
    const page = await (await aPersonAt(demo, 'bob')).get('/').expect(200)
    expect([...new Set(page.text.match(/href="\/roles\/[^"]+"/g))]).toEqual(['href="/roles/data-prod/readonly"'])
  })
})

describe('signing out', () => {
  it('ends on our own page, which links to the IdP’s, and the old cookie is dead (security.md W-8)', async () => {
    const person = await aPersonAt(demo, 'alice')
    const cookie = person.jar.header(demo.url)
    const out = await person.post('/sign-out', { _csrf: await person.csrf() }).expect(303)
    expect(out.headers['location']).toBe('/signed-out?idp=demo')
    const page = await person.get('/signed-out?idp=demo').expect(200)
    expect(page.text).toContain(`${demo.world.urls.idp}/session/end`)
    const stale = await fetch(demo.url, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })
    expect(stale.headers.get('location')).toContain('/sign-in')
    expect(demo.audit().at(-1)).toMatchObject({ event: 'sign_out', username: 'alice@example.com' })
  })

  it('takes away a cookie that opens nothing (security.md W-9)', async () => {
    const answer = await fetch(`${demo.url}/sign-in?choose`, {
      headers: { cookie: 'rolegate=s%3Anothing.AAAA', accept: 'text/html' },
    })
    expect(answer.headers.getSetCookie().join()).toMatch(/rolegate=; .*1970/)
  })
})

describe('the session', () => {
  it('idles out after the configured hour, and is kept alive by use', async () => {
    const person = await aPersonAt(demo, 'alice')
    try {
      demo.clock.offsetSeconds = 50 * 60
      await person.get('/').expect(200)
      demo.clock.offsetSeconds = 100 * 60
      await person.get('/').expect(200)
      demo.clock.offsetSeconds = 161 * 60
      await person.get('/').expect(303)
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })

  it('ends at its absolute limit however busy it is (security.md W-6)', async () => {
    const person = await aPersonAt(demo, 'alice')
    try {
      for (let minutes = 40; minutes < 12 * 60; minutes += 40) {
        demo.clock.offsetSeconds = minutes * 60
        await person.get('/').expect(200)
      }
      demo.clock.offsetSeconds = 12 * 3600 + 1
      await person.get('/').expect(303)
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })

  it('never adopts an id it did not make (security.md W-2), and stores nothing for strangers (W-19)', async () => {
    const answer = await aVisitor(demo).get('/sign-in?choose').expect(200)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })
})
