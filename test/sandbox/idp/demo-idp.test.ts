import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoIdp, type DemoIdp } from '../../../src/sandbox/idp/demo-idp.ts'

const gatewayOrigin = 'http://127.0.0.1:8420'
const clientSecret = 'a-secret-of-this-test'
const verifier = randomBytes(32).toString('base64url')
let idp: DemoIdp

beforeAll(async () => {
  idp = await startDemoIdp({ port: 0, gatewayOrigin, clientSecret, now: () => new Date(), random: randomBytes })
})
afterAll(() => idp.close())

/** Enough of a browser: it keeps cookies, and follows no redirect by itself. */
function aBrowser() {
  const jar = new Map<string, string>()
  return async (url: string, form?: Record<string, string>) => {
    const answer = await fetch(new URL(url, idp.issuer), {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';')[0]?.split('=') ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
}
type Browser = ReturnType<typeof aBrowser>

function asked(change: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: 'rolegate',
    response_type: 'code',
    redirect_uri: `${gatewayOrigin}/oidc/demo/callback`,
    scope: 'openid profile email groups',
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  })
  return `/auth?${query.toString()}`
}

/** To the form, through it, and back to where the gateway would be. */
async function signIn(browser: Browser, username: string, password = 'demo') {
  const form = (await browser(asked())).headers.get('location') ?? ''
  const answer = await browser(form, { username, password })
  return answer.status === 303 ? browser(answer.headers.get('location') ?? '') : answer
}

async function redeem(callback: Response) {
  const code = new URL(callback.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const answer = await fetch(`${idp.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`rolegate:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: `${gatewayOrigin}/oidc/demo/callback`,
      code_verifier: verifier,
    }),
  })
  const tokens: { id_token: string } = JSON.parse(await answer.text())
  return tokens
}

describe('the demo directory', () => {
  it('leads through its form to a code, and the code to a signed ID token with the groups in it', async () => {
    const callback = await signIn(aBrowser(), 'alice')
    const location = new URL(callback.headers.get('location') ?? '')
    expect(`${location.origin}${location.pathname}`).toBe(`${gatewayOrigin}/oidc/demo/callback`)
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ state: 'a-state', iss: idp.issuer })

    const { id_token: idToken } = await redeem(callback)
    const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`))
    const { payload, protectedHeader } = await jwtVerify(idToken, keys, { issuer: idp.issuer, audience: 'rolegate' })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toMatchObject({
      sub: 'u-alice',
      nonce: 'a-nonce',
      preferred_username: 'alice@example.com',
      name: 'Alice Archer',
      email: 'alice@example.com',
      groups: ['platform-engineers', 'payments-developers', 'payments-admins'],
    })
  })

  it.each([
    { username: 'bob', groups: 1, first: 'auditors' },
    { username: 'carol', groups: 0, first: undefined },
    { username: 'dave', groups: 900, first: 'team-0001' },
  ])('states the $groups groups of $username', async ({ username, groups, first }) => {
    const { id_token: idToken } = await redeem(await signIn(aBrowser(), username))
    const stated = decodeJwt<{ groups: string[] }>(idToken).groups
    expect({ groups: stated.length, first: stated[0] }).toEqual({ groups, first })
  })

  it.each([
    { why: 'a wrong password', username: 'alice', password: 'DEMO' },
    { why: 'a stranger', username: 'mallory', password: 'demo' },
  ])('answers $why with the form again', async ({ username, password }) => {
    const answer = await signIn(aBrowser(), username, password)
    const text = await answer.text()
    expect(answer.headers.get('location')).toBeNull()
    expect(text).toContain('role="alert"')
    expect(text).toContain(`value="${username}"`)
  })

  it('shows DEMO, who one may be, and a form that may end at the gateway', async () => {
    const browser = aBrowser()
    const answer = await browser((await browser(asked())).headers.get('location') ?? '')
    const text = await answer.text()
    for (const shown of ['DEMO', 'alice', 'bob', 'carol', 'dave', 'name="username"', 'name="password"'])
      expect(text).toContain(shown)
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${gatewayOrigin}`,
    )
    expect(text).not.toMatch(/<script|<style|style=/)
    expect((await browser('/demo-directory.css')).headers.get('content-type')).toContain('text/css')
  })

  it('writes a name it does not know as text', async () => {
    expect(await (await signIn(aBrowser(), '"><script>x')).text()).not.toContain('<script')
  })

  it('binds the form to the browser that asked', async () => {
    const form = (await aBrowser()(asked())).headers.get('location') ?? ''
    const answer = await aBrowser()(form, { username: 'alice', password: 'demo' })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain(`href="${gatewayOrigin}/"`)
  })

  it('signs the same browser in again without asking, until it signs out', async () => {
    const browser = aBrowser()
    await signIn(browser, 'alice')
    expect((await browser(asked())).headers.get('location')).toContain('code=')

    const page = await (await browser('/session/end')).text()
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const done = await browser('/session/end/confirm', { xsrf, logout: 'yes' })
    expect(await (await browser(done.headers.get('location') ?? '')).text()).toContain(
      'You are signed out of the demo directory.',
    )
    expect((await browser(asked())).headers.get('location')).toContain('/sign-in/')
  })

  it('takes somebody else where the gateway asks who it is anew, as at a step-up', async () => {
    const browser = aBrowser()
    await signIn(browser, 'alice')
    const form = (await browser(asked({ prompt: 'login' }))).headers.get('location') ?? ''
    const resumed = (await browser(form, { username: 'bob', password: 'demo' })).headers.get('location') ?? ''
    // A form of oidc-provider's own, which a script sends off: whoever was here before is signed out first.
    const change = /action="([^"]+)"[^]*name="xsrf" value="([^"]+)"/.exec(await (await browser(resumed)).text())
    const ended = await browser(change?.[1] ?? '', { xsrf: change?.[2] ?? '', logout: 'yes' })
    const callback = await browser(ended.headers.get('location') ?? '')
    expect(decodeJwt((await redeem(callback)).id_token).sub).toBe('u-bob')
  })

  it.each([
    { why: 'another redirect URI', change: { redirect_uri: `${gatewayOrigin}/elsewhere` }, says: /redirect_uri/ },
    { why: 'another client', change: { client_id: 'stranger' }, says: /client/ },
  ])('shows $why an error of its own and sends nobody anywhere', async ({ change, says }) => {
    const answer = await aBrowser()(asked(change))
    expect({ status: answer.status, location: answer.headers.get('location') }).toEqual({ status: 400, location: null })
    const text = await answer.text()
    expect(text).toMatch(says)
    expect(text).toContain(`href="${gatewayOrigin}/"`)
  })

  it('asks every client for PKCE', async () => {
    const answer = await aBrowser()(asked({ code_challenge: '', code_challenge_method: '' }))
    expect(answer.headers.get('location')).toContain('error=invalid_request')
  })

  it('redeems no code for a wrong client secret', async () => {
    const answer = await fetch(`${idp.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('rolegate:wrong').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x' }),
    })
    expect(answer.status).toBe(401)
  })
})
