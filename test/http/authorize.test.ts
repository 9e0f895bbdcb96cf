import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor, type Person } from '../support/a-person.ts'
import { anAuthorization, answered, redeem } from '../support/an-authorization.ts'

let demo: Demo
let alice: Person
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
})
afterAll(() => demo.close())

describe('/oauth/authorize', () => {
  it('signs a terminal in through the browser beside it, and says which class of session that is', async () => {
    const asked = anAuthorization({ host: 'laptop', tool: 'rolegate 0.1' })
    const back = await answered(alice, asked)
    expect(back.href.startsWith('http://127.0.0.1:50123/callback?')).toBe(true)
    expect(Object.fromEntries(back.searchParams)).toEqual({
      code: expect.stringMatching(/^rgc_[\w-]{43}$/),
      state: 'a-state-of-the-terminal',
      iss: demo.url,
    })
    const { body } = await redeem(demo, asked, back.searchParams.get('code') ?? '').expect(200)
    expect(body).toMatchObject({ token_type: 'Bearer', refresh_token: expect.stringMatching(/^rgr_/) })
    const me = await request(demo.url)
      .get('/v1/whoami')
      .set('authorization', `Bearer ${(body as { access_token: string }).access_token}`)
      .expect(200)
    expect(me.body).toMatchObject({ username: 'alice@example.com', session: { via: 'pkce' } })
    expect(demo.audit().findLast(({ event }) => event === 'code_redeemed')).toMatchObject({
      client_ip: '127.0.0.1',
      approver_address: '127.0.0.1',
    })
  })

  it('shows a page on every GET, and never a code (threats.md D1)', async () => {
    const { path } = anAuthorization({ host: 'laptop' })
    for (const _ of [1, 2]) {
      const page = await alice.get(path).expect(200)
      expect(page.text).toContain('laptop')
      expect(page.text).toContain('5 roles')
      expect(page.text).toMatch(/value="deny" autofocus/)
      expect(page.text).not.toContain('rgc_')
      expect(page.headers['content-security-policy']).toContain("form-action 'self' http://127.0.0.1:50123;")
    }
  })

  it('asks whoever is not signed in to sign in, and comes back to the very same page', async () => {
    const { path } = anAuthorization()
    const visitor = aVisitor(demo)
    const answer = await visitor.get(path).expect(303)
    expect(answer.headers['location']).toBe(`/sign-in?returnTo=${encodeURIComponent(path)}#-`)
    const withIdp = await aVisitor(demo)
      .get(anAuthorization({ idp: 'demo' }).path)
      .expect(303)
    expect(withIdp.headers['location']).toMatch(/^\/sign-in\/demo\?returnTo=%2Foauth%2Fauthorize/)
  })

  it('sends no code, and says why, when the person denies', async () => {
    const asked = anAuthorization()
    const back = await answered(alice, asked, 'deny')
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: 'access_denied',
      state: 'a-state-of-the-terminal',
      iss: demo.url,
    })
    expect(demo.audit().findLast(({ event }) => event === 'terminal_denied')).toMatchObject({
      client_id: 'rolegate-cli',
    })
  })

  it.each([
    ['a name for loopback', { redirect_uri: 'http://localhost:50123/callback' }],
    ['another path', { redirect_uri: 'http://127.0.0.1:50123/callback/x' }],
    ['no port', { redirect_uri: 'http://127.0.0.1/callback' }],
    ['a host that begins like loopback', { redirect_uri: 'http://127.0.0.1.evil.example:80/callback' }],
    ['a user in the address', { redirect_uri: 'http://127.0.0.1:80@evil.example/callback' }],
    ['an answer of its own', { redirect_uri: 'http://127.0.0.1:50123/callback?code=x' }],
    ['a fragment', { redirect_uri: 'http://127.0.0.1:50123/callback#x' }],
    ['https', { redirect_uri: 'https://127.0.0.1:50123/callback' }],
    ['another machine', { redirect_uri: 'http://10.0.0.1:50123/callback' }],
    ['no challenge', { code_challenge: undefined }],
    ['the plain method', { code_challenge_method: 'plain' }],
    ['no method, which means plain', { code_challenge_method: undefined }],
    ['a token in place of a code', { response_type: 'token' }],
    ['no state', { state: undefined }],
    ['a silent sign-in', { prompt: 'none' }],
    ['a client nobody knows', { client_id: 'somebody' }],
  ])('refuses %s on a page of its own, and redirects nowhere (security.md D-5 to D-8)', async (_what, changes) => {
    const { path, fields } = anAuthorization(changes)
    const page = await alice.get(path)
    expect([400, 401]).toContain(page.status)
    expect(page.headers['location']).toBeUndefined()
    const posted = await alice.post('/oauth/authorize', { ...fields, _csrf: await alice.csrf(), decision: 'approve' })
    expect([400, 401]).toContain(posted.status)
    expect(posted.headers['location']).toBeUndefined()
  })

  it('takes no approval without our page’s token, nor from another site', async () => {
    const { fields } = anAuthorization()
    await alice.post('/oauth/authorize', { ...fields, decision: 'approve', _csrf: 'x' }).expect(403)
    await alice
      .post('/oauth/authorize', { ...fields, decision: 'approve', _csrf: await alice.csrf() })
      .set('sec-fetch-site', 'cross-site')
      .expect(403)
  })

  it.each([
    ['another verifier', { code_verifier: 'A'.repeat(43) }],
    ['another redirect address', { redirect_uri: 'http://127.0.0.1:50124/callback' }],
    ['no such code', { code: `rgc_${'A'.repeat(43)}` }],
    ['a device code in its place', { code: `rgd_${'A'.repeat(43)}` }],
  ])('gives nothing for %s', async (_what, changes) => {
    const asked = anAuthorization()
    const code = (await answered(alice, asked)).searchParams.get('code') ?? ''
    const { status, body } = await redeem(demo, asked, code, changes)
    expect([status, (body as { error: string }).error]).toEqual([400, 'invalid_grant'])
  })

  it('takes a code once; a second use ends what the first one made (security.md D-3)', async () => {
    const asked = anAuthorization()
    const code = (await answered(alice, asked)).searchParams.get('code') ?? ''
    const { body } = await redeem(demo, asked, code).expect(200)
    await redeem(demo, asked, code).expect(400)
    await request(demo.url)
      .get('/v1/whoami')
      .set('authorization', `Bearer ${(body as { access_token: string }).access_token}`)
      .expect(401)
    expect(demo.audit().findLast(({ event }) => event === 'session_ended')).toMatchObject({ reason: 'code_reused' })
  })
})
