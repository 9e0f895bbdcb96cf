import { Router, type IRouter } from 'express'
import { connect } from 'node:net'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { ACCESS_TOKEN, EXCHANGE_GRANT } from '../support/a-demo-with-jobs.ts'
import { anAuthorization, answered } from '../support/an-authorization.ts'
import { aPersonAt, aTerminalOf, aVisitor, form, type Person } from '../support/a-person.ts'
import { aStockAuthorization, aStockClient, call, START_URL, type StockClient } from '../support/a-stock-client.ts'

let demo: Demo
let alice: Person
let client: StockClient
let tokens: Record<
  'access' | 'refresh' | 'device' | 'user' | 'code' | 'container' | 'clientId' | 'clientSecret' | 'csrf' | 'id',
  string
>
type Kind = keyof typeof tokens
/** Every kind of token there is, but these. */
const allBut = (...own: Kind[]) => (Object.keys(tokens) as Kind[]).filter((kind) => !own.includes(kind))
/** Every route that the gateway made for itself. */
let made: readonly { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }[]
beforeAll(async () => {
  const route = vi.spyOn(Router.prototype as IRouter, 'route')
  demo = await aDemo()
  made = route.mock.results.map(({ value }) => value as (typeof made)[number])
  route.mockRestore()
  alice = await aPersonAt(demo, 'alice')
  const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
  const started = await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' })
  const header = Buffer.from('{"alg":"ES256","typ":"JWT"}').toString('base64url')
  const forContainer = await form(demo, '/oauth/token', {
    grant_type: EXCHANGE_GRANT,
    subject_token_type: ACCESS_TOKEN,
    subject_token: accessToken,
    scope: 'container:payments-dev/readonly',
  })
  client = await aStockClient(demo)
  tokens = {
    ...client,
    user: (started.body as { user_code: string }).user_code,
    code: (await answered(alice, anAuthorization())).searchParams.get('code') ?? '',
    container: (forContainer.body as { access_token: string }).access_token,
    access: accessToken,
    refresh: refreshToken,
    device: (started.body as { device_code: string }).device_code,
    csrf: await alice.csrf(),
    // The shape of our own token toward AWS and of an IdP's: no door takes either.
    id: `${header}.${Buffer.from(JSON.stringify({ iss: demo.url, sub: 'u-alice' })).toString('base64url')}.${'A'.repeat(86)}`,
  }
})
afterAll(() => demo.close())

/** Every route there is, and its kind (contract.md, Server). */
const ROUTES: readonly [
  method: 'get' | 'post',
  path: string,
  kind: 'browser' | 'bearer' | 'sso' | 'sdk' | 'protocol' | 'open',
][] = [
  ['get', '/', 'browser'],
  ['get', '/roles/payments-dev/readonly', 'browser'],
  ['get', '/roles/payments-dev/readonly/why', 'browser'],
  ['post', '/roles/payments-dev/readonly/console', 'browser'],
  ['post', '/roles/payments-dev/readonly/credentials', 'browser'],
  ['get', '/roles/payments-prod/admin/step-up?for=console', 'browser'],
  ['get', '/step-up/unknown', 'browser'],
  ['get', '/step-up/unknown/sign-in', 'browser'],
  ['post', '/step-up/unknown', 'browser'],
  ['post', '/roles/payments-dev/readonly/request', 'browser'],
  ['get', '/approvals', 'browser'],
  ['get', '/approvals/unknown', 'browser'],
  ['post', '/approvals/unknown', 'browser'],
  ['get', '/approvals/unknown/step-up', 'browser'],
  ['get', '/setup', 'browser'],
  ['get', '/go?account=payments-dev', 'browser'],
  ['get', '/admin', 'browser'],
  ['get', '/admin/status', 'browser'],
  ['get', '/admin/access', 'browser'],
  ['post', '/admin/access', 'browser'],
  ['get', '/admin/idps/demo/test', 'browser'],
  ['get', '/admin/idps/demo/test/start', 'browser'],
  ['get', '/me', 'browser'],
  ['post', '/me/end', 'browser'],
  ['get', '/device', 'browser'],
  ['post', '/device', 'browser'],
  ['get', anAuthorization().path, 'browser'],
  ['post', '/oauth/authorize', 'browser'],
  ['post', '/authorize', 'browser'],
  ['post', '/sign-out', 'browser'],
  ['get', '/v1/whoami', 'bearer'],
  ['get', '/v1/roles', 'bearer'],
  ['get', '/v1/aws-config', 'bearer'],
  ['post', '/v1/credentials', 'bearer'],
  ['post', '/v1/console', 'bearer'],
  ['post', '/v1/explain', 'bearer'],
  ['get', '/v1/config', 'bearer'],
  ['get', '/v1/requests', 'bearer'],
  ['post', '/v1/requests', 'bearer'],
  ['get', '/v1/requests/unknown', 'bearer'],
  ['post', '/v1/requests/unknown/cancel', 'bearer'],
  ['get', '/v1/sessions', 'bearer'],
  ['post', '/v1/sessions/end', 'bearer'],
  ['get', '/assignment/accounts', 'sso'],
  ['get', '/assignment/roles?account_id=111122223333', 'sso'],
  ['get', '/federation/credentials?account_id=111122223333&role_name=readonly', 'sso'],
  ['get', '/v1/container-credentials/payments-dev/readonly', 'sdk'],
  ['get', '/oidc/demo/callback', 'protocol'],
  ['post', '/saml/contractors/acs', 'protocol'],
  ['post', '/saml/contractors/aws', 'protocol'],
  ['get', '/oidc/demo/aws', 'protocol'],
  ['get', '/saml/contractors/slo', 'protocol'],
  ['post', '/saml/contractors/slo', 'protocol'],
  ['post', '/oauth/device_authorization', 'protocol'],
  ['post', '/oauth/token', 'protocol'],
  ['post', '/oauth/revoke', 'protocol'],
  ['post', '/client/register', 'protocol'],
  ['post', '/device_authorization', 'protocol'],
  ['post', '/token', 'protocol'],
  ['post', '/logout', 'protocol'],
  ['get', '/start', 'open'],
  ['get', '/sign-in', 'open'],
  ['get', '/sign-in/demo', 'open'],
  ['get', '/sign-in/contractors', 'open'],
  ['get', '/saml/contractors/metadata', 'open'],
  ['get', '/issuer/saml/metadata', 'open'],
  ['get', '/signed-out', 'open'],
  ['get', '/.well-known/openid-configuration', 'open'],
  ['get', '/.well-known/jwks.json', 'open'],
  ['get', '/.well-known/oauth-authorization-server', 'open'],
]

it('the table has every route that the gateway has, and none that it has not', () => {
  const routes = made.flatMap(({ path, methods }) => Object.keys(methods).map((method) => `${method} ${path}`))
  const fits = (route: string) => new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`)
  const rows = ROUTES.map(([method, path]) => `${method} ${path.replace(/\?.*/, '')}`)
  expect(routes.length).toBeGreaterThan(60)
  // What a HEAD gets is an address or nothing; /authorize needs a client that has registered, and has tests of its own below.
  const unlisted = routes.filter((route) => !rows.some((row) => fits(route).test(row)))
  expect(unlisted.filter((route) => !route.startsWith('head '))).toEqual(['get /authorize'])
  expect(rows.filter((row) => !routes.some((route) => fits(route).test(row)))).toEqual([])
})

describe('each token kind at every door (threats.md F4)', () => {
  const doors = ROUTES.filter(([, , kind]) => kind === 'bearer')
  it.each(doors)('%s %s takes an access token as bearer and nothing else', async (method, path) => {
    for (const kind of allBut('access')) {
      const answer = await request(demo.url)
        [method](path)
        .set('authorization', `Bearer ${tokens[kind]}`)
        .send(method === 'post' ? { role: 'payments-dev/readonly' } : undefined)
      expect([kind, answer.status, answer.body.code]).toEqual([kind, 401, 'sign_in_required'])
    }
    const cut = await request(demo.url)
      [method](path)
      .set('authorization', `Bearer ${tokens.access.slice(0, -1)}`)
      .send(method === 'post' ? { role: 'x/y' } : undefined)
    expect(cut.status).toBe(401)
  })

  it.each(ROUTES.filter(([, , kind]) => kind === 'sdk'))(
    '%s %s takes a container’s token and no other (threats.md D15)',
    async (_method, path) => {
      const ask = (token: string, more: Record<string, string> = {}) =>
        request(demo.url)
          .get(path)
          .set({ authorization: token, ...more })
      await ask(tokens.container).expect(200)
      for (const kind of allBut('container')) {
        const { status, body } = await ask(tokens[kind])
        expect([kind, status >= 401 && status <= 403, body.AccessKeyId]).toEqual([kind, true, undefined])
      }
      await ask(tokens.container, { cookie: alice.jar.header(demo.url) }).expect(403)
      await request(demo.url).get(path).set('cookie', alice.jar.header(demo.url)).expect(403)
    },
  )

  it.each(ROUTES.filter(([, , kind]) => kind === 'sso'))(
    '%s %s takes an access token in AWS’s own header, and neither another token nor another header',
    async (_method, path) => {
      const ask = (headers: Record<string, string>) => request(demo.url).get(path).set(headers)
      await ask({ 'x-amz-sso_bearer_token': tokens.access }).expect(200)
      const refused = [
        ...allBut('access').map((kind) => ({ 'x-amz-sso_bearer_token': tokens[kind] })),
        { 'x-amz-sso_bearer_token': `Bearer ${tokens.access}` },
        { 'x-amz-sso_bearer_token': tokens.access.slice(0, -1) },
        { authorization: `Bearer ${tokens.access}` },
        { cookie: alice.jar.header(demo.url) },
      ]
      for (const headers of refused) {
        const { status, headers: answered } = await ask(headers)
        expect([status, answered['x-amzn-errortype']]).toEqual([401, 'UnauthorizedException'])
      }
      // Said twice, it is not one token (threats.md F4).
      await ask({ 'x-amz-sso_bearer_token': `${tokens.access}, ${tokens.access}` }).expect(401)
    },
  )

  it('POST /logout ends nothing for a token that speaks for nobody', async () => {
    for (const kind of allBut('access', 'refresh', 'container'))
      await request(demo.url).post('/logout').set('x-amz-sso_bearer_token', tokens[kind]).expect(200)
    await request(demo.url).post('/logout').set('authorization', `Bearer ${tokens.access}`).expect(200)
    await request(demo.url).post('/logout').set('cookie', alice.jar.header(demo.url)).expect(200)
    await request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${tokens.access}`).expect(200)
    await alice.get('/').expect(200)
  })

  it.each(['/device_authorization', '/token'])(
    'POST %s knows a client by its id with its secret, and by no other token',
    async (path) => {
      const refresh = { grantType: 'refresh_token', refreshToken: `rgr_${'A'.repeat(43)}`, startUrl: START_URL }
      const said = (who: object) => call(demo, path, { ...refresh, ...who })
      for (const kind of allBut('clientId')) {
        const { status, headers } = await said({ ...client, clientId: tokens[kind] })
        expect([kind, status, headers['x-amzn-errortype']]).toEqual([kind, 401, 'InvalidClientException'])
      }
      for (const kind of allBut('clientSecret')) {
        const { status, headers } = await said({ ...client, clientSecret: tokens[kind] })
        expect([kind, status, headers['x-amzn-errortype']]).toEqual([kind, 401, 'InvalidClientException'])
      }
    },
  )

  it.each([
    ['deviceCode', 'urn:ietf:params:oauth:grant-type:device_code', 'device'],
    ['refreshToken', 'refresh_token', 'refresh'],
    ['code', 'authorization_code', 'code'],
  ] as const)('POST /token takes no other kind as %s', async (field, grantType, own) => {
    for (const kind of allBut(own)) {
      const { status, headers } = await call(demo, '/token', {
        ...client,
        grantType,
        redirectUri: 'http://127.0.0.1:50124/oauth/callback',
        codeVerifier: 'A'.repeat(43),
        [field]: tokens[kind],
      })
      expect([kind, status, headers['x-amzn-errortype']]).toEqual([kind, 400, 'InvalidGrantException'])
    }
  })

  it.each([
    ['/oauth/device_authorization', { client_id: 'rolegate-cli' }, 'form'],
    ['/oauth/token', { client_id: 'rolegate-cli', grant_type: 'refresh_token' }, 'form'],
    ['/oauth/revoke', { client_id: 'rolegate-cli', token: 'rga_x' }, 'form'],
    ['/client/register', { clientName: 'x', clientType: 'public' }, 'json'],
    ['/device_authorization', {}, 'json'],
    ['/token', { grantType: 'refresh_token' }, 'json'],
    ['/logout', {}, 'json'],
  ] as const)(
    'POST %s is for programs: what a page sends is turned away (threats.md D2, D3)',
    async (path, said, type) => {
      const deeds = () => demo.audit().filter(({ event }) => event !== 'turned_away').length
      const before = deeds()
      for (const headers of [
        { origin: demo.url },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none' },
        { 'sec-fetch-dest': 'empty' },
      ])
        await request(demo.url)
          .post(path)
          .type(type)
          .set(headers as Record<string, string>)
          .send({ ...(type === 'json' && { ...client, startUrl: START_URL }), ...said })
          .expect(403)
      expect(deeds()).toBe(before)
    },
  )

  it('GET /authorize asks for a sign-in, whatever token comes along', async () => {
    const { path } = aStockAuthorization(client)
    const answer = await request(demo.url)
      .get(path)
      .set({ authorization: `Bearer ${tokens.access}`, accept: 'text/html' })
    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      `/sign-in?returnTo=${encodeURIComponent(path)}#-`,
    ])
  })

  it.each(ROUTES.filter(([, , kind]) => kind === 'browser'))(
    '%s %s does not listen to a bearer token',
    async (method, path) => {
      const answer = await request(demo.url)
        [method](path)
        .set({ authorization: `Bearer ${tokens.access}`, accept: 'text/html' })
        .type('form')
        .send(method === 'post' ? {} : undefined)
      expect(answer.status).toBe(303)
      // Signing out, when nobody is signed in, is done already; everything else asks for a sign-in.
      expect(answer.headers['location']).toContain(path === '/sign-out' ? '/signed-out' : '/sign-in')
    },
  )

  it.each([
    ['device_code', 'urn:ietf:params:oauth:grant-type:device_code', 'device'],
    ['refresh_token', 'refresh_token', 'refresh'],
    ['code', 'authorization_code', 'code'],
  ] as const)('the token endpoint takes no other kind as %s', async (field, grant, own) => {
    // A registered client’s id is longer than anything that is read here.
    for (const kind of allBut(own, 'clientId')) {
      const answer = await form(demo, '/oauth/token', {
        client_id: 'rolegate-cli',
        grant_type: grant,
        [field]: tokens[kind],
        redirect_uri: 'http://127.0.0.1:50123/callback',
        code_verifier: 'A'.repeat(43),
      })
      expect([kind, answer.status, answer.body.error]).toEqual([kind, 400, 'invalid_grant'])
    }
  })

  it('offers no grant that would trade a token of another kind', async () => {
    for (const grant of ['client_credentials', 'password', '__proto__']) {
      const answer = await form(demo, '/oauth/token', {
        client_id: 'rolegate-cli',
        grant_type: grant,
        subject_token: tokens.id,
      })
      expect([grant, answer.status, answer.body.error]).toEqual([grant, 400, 'unsupported_grant_type'])
      // What is taken in its place is what the metadata offers.
      const { body } = await request(demo.url).get('/.well-known/oauth-authorization-server').expect(200)
      expect(body.grant_types_supported).toHaveLength(4)
      expect(answer.body.error_description).toContain(`Taken here: ${body.grant_types_supported.join(', ')}.`)
    }
  })

  it('trades a token for no kind but its own (RFC 8693, threats.md F4)', async () => {
    for (const type of ['access_token', 'refresh_token', 'id_token', 'jwt', 'saml2'])
      for (const kind of allBut()) {
        const answer = await form(demo, '/oauth/token', {
          grant_type: EXCHANGE_GRANT,
          subject_token_type: `urn:ietf:params:oauth:token-type:${type}`,
          subject_token: tokens[kind],
        })
        // An access token is its own kind, and lacks the scope that names a role.
        const error = type === 'access_token' ? 'invalid_scope' : 'invalid_request'
        expect([type, kind, answer.status, answer.body.error]).toEqual([type, kind, 400, error])
      }
  })

  it('a protocol route never reads the session cookie: it is as if nobody were there', async () => {
    const cookie = alice.jar.header(demo.url)
    const answer = await form(demo, '/oauth/revoke', { client_id: 'rolegate-cli', token: 'rga_unknown' })
      .set('cookie', cookie)
      .expect(200)
    expect(answer.headers['set-cookie']).toBeUndefined()
    await alice.get('/').expect(200)
  })
})

describe('cookie and bearer together (threats.md H7)', () => {
  it.each(ROUTES.filter(([, , kind]) => kind === 'bearer'))('%s %s answers 400', async (method, path) => {
    const answer = await request(demo.url)
      [method](path)
      .set({ authorization: `Bearer ${tokens.access}`, cookie: alice.jar.header(demo.url) })
      .send(method === 'post' ? { role: 'payments-dev/readonly' } : undefined)
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
  })

  it('takes the cookie at /v1 only from our own pages, and a POST only with the CSRF token', async () => {
    const cookie = alice.jar.header(demo.url)
    const post = (headers: Record<string, string>) =>
      request(demo.url)
        .post('/v1/credentials')
        .set({ cookie, ...headers })
        .send({ role: 'payments-dev/readonly' })
    await request(demo.url).get('/v1/roles').set({ cookie }).expect(403)
    await request(demo.url).get('/v1/roles').set({ cookie, 'sec-fetch-site': 'cross-site' }).expect(403)
    await request(demo.url).get('/v1/roles').set({ cookie, 'sec-fetch-site': 'same-origin' }).expect(200)
    await post({ 'sec-fetch-site': 'same-origin' }).expect(403)
    await post({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'wrong' }).expect(403)
    await post({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': tokens.csrf }).expect(200)
  })
})

describe('CSRF (security.md W-10)', () => {
  it.each(ROUTES.filter(([method, , kind]) => method === 'post' && kind === 'browser'))(
    '%s %s needs our form’s token and our origin',
    async (_method, path) => {
      const send = (headers: Record<string, string>, fields: Record<string, string>) =>
        request(demo.url)
          .post(path)
          .set({ cookie: alice.jar.header(demo.url), accept: 'text/html', ...headers })
          .type('form')
          .send(fields)
      const good = { 'sec-fetch-site': 'same-origin', origin: demo.url }
      const bob = await aPersonAt(demo, 'bob')
      // Nothing was handed over, nobody signed out and no terminal was let in.
      const deeds = () => demo.audit().filter(({ event }) => /^(intent|sign_out|device_)/.test(String(event))).length
      const before = deeds()
      const refused = [
        await send(good, {}),
        await send(good, { _csrf: '' }),
        await send(good, { _csrf: await bob.csrf() }),
        await send({ ...good, 'sec-fetch-site': 'cross-site' }, { _csrf: tokens.csrf }),
        await send({ ...good, 'sec-fetch-site': 'same-site' }, { _csrf: tokens.csrf }),
        await send({ ...good, origin: 'https://evil.example' }, { _csrf: tokens.csrf }),
        await send({ ...good, origin: 'null' }, { _csrf: tokens.csrf }),
      ]
      expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
      expect(refused[0]?.text).toContain('did not come from our page')
      expect(deeds()).toBe(before)
      await alice.get('/').expect(200)
    },
  )
})

describe('headers', () => {
  it.each(['/', '/roles/payments-dev/readonly', '/admin/status', '/setup', '/device', '/sign-in?choose', '/nowhere'])(
    '%s tells the browser to trust nothing but us (security.md W-12..W-14)',
    async (path) => {
      const { headers } = await alice.get(path)
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'same-origin',
      })
      expect(headers['access-control-allow-origin']).toBeUndefined()
      expect(headers['x-powered-by']).toBeUndefined()
    },
  )

  it('names the sign-in and console hosts in form-action only where a console form is', async () => {
    const policyOf = async (path: string) => String((await alice.get(path)).headers['content-security-policy'])
    expect(await policyOf('/roles/payments-dev/readonly')).toContain(
      `form-action 'self' ${demo.awsUrl} ${new URL(demo.consoleUrl).host}`,
    )
    expect(await policyOf('/device')).toContain("form-action 'self';")
  })

  it('says no more in discovery than a verifier needs (threats.md F12), and keeps private members out of the JWKS (security.md T-16)', async () => {
    const { body } = await request(demo.url).get('/.well-known/openid-configuration').expect(200)
    expect(body).toMatchObject({
      issuer: demo.url,
      jwks_uri: `${demo.url}/.well-known/jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
    expect(Object.keys(body).filter((key) => key.endsWith('_endpoint'))).toEqual([])
    const { body: jwks } = await request(demo.url).get('/.well-known/jwks.json?x=1').expect(200)
    expect(Object.keys(jwks.keys[0]).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })
})

describe('bad input', () => {
  const asTerminal = (path: string) => request(demo.url).post(path).set('authorization', `Bearer ${tokens.access}`)
  it.each([
    ['malformed JSON', () => asTerminal('/v1/credentials').type('json').send('{"role":'), 400, 'invalid_request'],
    ['JSON that is no object', () => asTerminal('/v1/credentials').type('json').send('[1]'), 400, 'invalid_request'],
    [
      'an unknown field',
      () => asTerminal('/v1/credentials').send({ role: 'a/b', admin: true }),
      400,
      'invalid_request',
    ],
    ['a role that is no text', () => asTerminal('/v1/credentials').send({ role: { a: 1 } }), 400, 'invalid_request'],
    [
      'seconds below what AWS lends',
      () => asTerminal('/v1/credentials').send({ role: 'payments-dev/readonly', seconds: 1 }),
      400,
      'invalid_request',
    ],
    [
      'a form where JSON is read',
      () => asTerminal('/v1/credentials').type('form').send({ role: 'a/b' }),
      415,
      'unsupported_media_type',
    ],
    [
      'a body of 20 kB',
      () => asTerminal('/v1/credentials').send({ role: 'x'.repeat(20_000) }),
      413,
      'payload_too_large',
    ],
    [
      'a deflated body',
      () => asTerminal('/v1/credentials').set('content-encoding', 'gzip').type('json').send('{}'),
      415,
      'unsupported_media_type',
    ],
    [
      '__proto__ as a role',
      () => asTerminal('/v1/credentials').send({ role: '__proto__/constructor' }),
      404,
      'role_unknown',
    ],
    [
      'an ARN of another partition',
      () => asTerminal('/v1/credentials').send({ role: 'arn:aws-cn:iam::111122223333:role/rolegate/ReadOnly' }),
      404,
      'role_unknown',
    ],
    [
      'an ARN with a line break',
      () => asTerminal('/v1/credentials').send({ role: 'arn:aws:iam::111122223333:role/rolegate/ReadOnly\n' }),
      400,
      'invalid_request',
    ],
    ['an address that is not ours', () => request(demo.url).get('/wp-admin'), 404, 'not_found'],
    [
      'a method that is not offered',
      () => request(demo.url).delete('/v1/roles').set('authorization', `Bearer ${tokens.access}`),
      404,
      'not_found',
    ],
  ])('%s is refused with a code and a request id, and nothing breaks', async (_what, send, status, code) => {
    const answer = await send()
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.body.requestId).toBe(answer.headers['x-request-id'])
    expect(answer.text).not.toMatch(/ at .*\.ts|node_modules|Error:/)
  })

  it('answers the OAuth doors in OAuth’s words (RFC 6749 §5.2)', async () => {
    const bad = async (path: string, fields: Record<string, string>) => {
      const { status, body } = await form(demo, path, fields)
      return [status, body.error]
    }
    expect(await bad('/oauth/token', { client_id: 'somebody', grant_type: 'refresh_token' })).toEqual([
      401,
      'invalid_client',
    ])
    expect(await bad('/oauth/token', { client_id: 'rolegate-cli', grant_type: 'refresh_token' })).toEqual([
      400,
      'invalid_request',
    ])
    expect(await bad('/oauth/device_authorization', {})).toEqual([400, 'invalid_request'])
    const json = await request(demo.url).post('/oauth/token').send({ client_id: 'rolegate-cli' })
    expect([json.status, json.body.error]).toEqual([415, 'invalid_request'])
  })

  it('serves no other Host: DNS rebinding ends here (threats.md P5)', async () => {
    await request(demo.url).get('/').set('host', 'evil.example').expect(421)
    await request(demo.url)
      .get('/v1/roles')
      .set({ host: '127.0.0.1', authorization: `Bearer ${tokens.access}` })
      .expect(421)
  })

  it('believes no X-Forwarded header from a peer that is no trusted proxy (security.md W-17)', async () => {
    await aVisitor(demo)
      .get('/oidc/demo/callback')
      .set({ 'x-forwarded-for': '203.0.113.7', 'x-request-id': 'forged-request-id' })
      .expect(403)
    expect(demo.audit().at(-1)).toMatchObject({
      client_ip: '127.0.0.1',
      request_id: expect.not.stringContaining('forged'),
    })
  })

  /** The first of the answer to bytes as no client of ours would send them. */
  const answerTo = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      const { port, hostname } = new URL(demo.url)
      const socket = connect(Number(port), hostname, () => socket.write(bytes))
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data.toString())
      })
      socket.once('error', reject)
    })

  it.each([
    ['two Hosts, ours the first', '/v1/roles', (ours: string) => [ours, 'evil.example']],
    ['two Hosts, ours the last', '/v1/roles', (ours: string) => ['evil.example', ours]],
    ['our Host twice', '/v1/roles', (ours: string) => [ours, ours]],
    ['another host in the target', 'http://evil.example/v1/roles', (ours: string) => [ours]],
    ['another host before ours in the target', 'http://evil.example@OURS/v1/roles', (ours: string) => [ours]],
  ])('serves nothing to %s (threats.md K11; RFC 9112 §3.2)', async (_, target, hosts) => {
    const { host } = new URL(demo.url)
    const get = [
      `GET ${target.replace('OURS', host)} HTTP/1.1`,
      ...hosts(host).map((named) => `Host: ${named}`),
      `Authorization: Bearer ${tokens.access}`,
    ]
    expect(await answerTo([...get, '', ''].join('\r\n'))).toMatch(/^HTTP\/1.1 421/)

    const body = '{"role":"payments-dev/readonly"}'
    const [, ...headers] = get
    const post = [
      `POST ${target.replace('OURS', host).replace('/roles', '/credentials')} HTTP/1.1`,
      ...headers,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ]
    expect(await answerTo([...post, '', body].join('\r\n'))).toMatch(/^HTTP\/1.1 421/)
  })

  it('serves a whole URL that names us', async () => {
    const { host } = new URL(demo.url)
    const asked = `GET http://${host}/v1/roles HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${tokens.access}\r\n\r\n`
    expect(await answerTo(asked)).toMatch(/^HTTP\/1.1 200/)
  })

  it('says of every answer to a program what it is, those beside the API too (security.md W-13)', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/start']) {
      const { headers } = await request(demo.url).get(path)
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it('closes on headers that are too large', async () => {
    const { host } = new URL(demo.url)
    const answer = await answerTo(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 431/)
  })
})

describe('the management listener', () => {
  it('is another one: the public listener knows nothing of it (security.md K-15)', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      await request(demo.url).get(path).expect(404)
      await request(demo.managementUrl).get(path).expect(200)
    }
  })

  it('counts without naming people (contract.md, Metrics)', async () => {
    const { text } = await request(demo.managementUrl).get('/metrics')
    expect(text).toMatch(/rolegate_audit_events_total\{event="sign_in"\} [1-9]/)
    expect(text).toContain('rolegate_http_request_duration_seconds')
    expect(text).not.toMatch(/alice|payments|111122223333/)
  })
})

describe('the device flow', () => {
  const start = async () =>
    (await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli', host: 'build-7', tool: 'x‮y' }))
      .body as Record<
      'device_code' | 'user_code' | 'match_number' | 'verification_uri' | 'verification_uri_complete',
      string
    >
  const poll = (device_code: string) =>
    form(demo, '/oauth/token', {
      client_id: 'rolegate-cli',
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code,
    })

  it('shows who asks, from where and for what, and gives tokens after approval, once', async () => {
    const { device_code, user_code, match_number } = await start()
    expect((await poll(device_code)).body).toMatchObject({ error: 'authorization_pending' })
    expect((await poll(device_code)).body).toMatchObject({ error: 'authorization_pending' })
    expect((await poll(device_code)).body).toMatchObject({ error: 'slow_down' })
    const page = await alice
      .post('/device', { _csrf: await alice.csrf(), user_code: user_code.toLowerCase().replace('-', ' ') })
      .expect(200)
    expect(page.text).toContain('build-7')
    expect(page.text).toContain('127.0.0.1')
    expect(page.text).toContain('5 roles')
    await alice.post('/device', { _csrf: await alice.csrf(), user_code, number: match_number }).expect(200)
    expect((await poll(device_code)).status).toBe(200)
    expect((await poll(device_code)).body).toMatchObject({ error: 'invalid_grant' })
    expect(demo.audit().findLast(({ event }) => event === 'device_approved')).toMatchObject({
      username: 'alice@example.com',
      requester_address: '127.0.0.1',
    })
  })

  it('denies', async () => {
    const { device_code, user_code } = await start()
    await alice.post('/device', { _csrf: await alice.csrf(), user_code, decision: 'deny' }).expect(200)
    expect((await poll(device_code)).body).toMatchObject({ error: 'access_denied' })
  })

  it('gives one answer for unknown, used and expired codes (security.md D-15)', async () => {
    const { user_code } = await start()
    await alice.post('/device', { _csrf: await alice.csrf(), user_code, decision: 'deny' }).expect(200)
    const [used, unknown] = [
      await alice.post('/device', { _csrf: await alice.csrf(), user_code }),
      await alice.post('/device', { _csrf: await alice.csrf(), user_code: 'BBBB-BBBB' }),
    ]
    // But for the request's id, and the mask over the form's token.
    const plain = (html: string) => html.replace(/[\w-]{16}(?=<)|(?<=name="_csrf" value=")[\w-]{86}/g, '')
    expect([used.status, unknown.status]).toEqual([400, 400])
    expect(plain(used.text)).toBe(plain(unknown.text))
  })

  it('keeps the user code out of every query and path (threats.md D5)', async () => {
    const { user_code, verification_uri_complete } = await start()
    expect(verification_uri_complete).toBe(`${demo.url}/device#${user_code}`)
    const away = await aVisitor(demo).get(`/device?user_code=${user_code}`).expect(303)
    expect(decodeURIComponent(String(away.headers['location']))).not.toContain(user_code)
  })

  it('counts wrong codes per session (security.md D-15)', async () => {
    const guesser = await aPersonAt(demo, 'bob')
    const csrf = await guesser.csrf()
    const statuses: number[] = []
    for (let tries = 0; tries < 22; tries += 1)
      statuses.push((await guesser.post('/device', { _csrf: csrf, user_code: 'CCCC-CCCC' })).status)
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1)
    expect(statuses.slice(0, 20)).not.toContain(200)
  })

  it('ends a terminal at revocation, and at the browser’s sign-out (threats.md D10)', async () => {
    const person = await aPersonAt(demo, 'alice')
    const whoami = (token: string) => request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${token}`)
    const first = await aTerminalOf(demo, person)
    await whoami(first.accessToken).expect(200)
    await form(demo, '/oauth/revoke', { client_id: 'rolegate-cli', token: first.refreshToken }).expect(200)
    await whoami(first.accessToken).expect(401)
    const second = await aTerminalOf(demo, person)
    await person.post('/sign-out', { _csrf: await person.csrf() }).expect(303)
    await whoami(second.accessToken).expect(401)
  })

  it('renews tokens, and ends the lineage when an old one comes back late (threats.md D9)', async () => {
    const { refreshToken } = await aTerminalOf(demo, alice)
    const renew = (token: string) =>
      form(demo, '/oauth/token', { client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: token })
    const [a, b] = await Promise.all([renew(refreshToken), renew(refreshToken)])
    expect([a.status, b.status, a.body.refresh_token === b.body.refresh_token]).toEqual([200, 200, true])
    try {
      demo.clock.offsetSeconds = 31
      await renew(refreshToken).expect(400)
      await request(demo.url)
        .get('/v1/whoami')
        .set('authorization', `Bearer ${String(a.body.access_token)}`)
        .expect(401)
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })
})
