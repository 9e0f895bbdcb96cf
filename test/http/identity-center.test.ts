import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import {
  approve,
  ask,
  aStockAuthorization,
  aStockClient,
  call,
  pollOnce,
  refresh,
  signedInByCode,
  start,
  START_URL,
} from '../support/a-stock-client.ts'
import { answered } from '../support/an-authorization.ts'

let demo: Demo
let alice: Person
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
})
afterAll(() => demo.close())

/** As clients read an error: by its header. */
const refused = (answer: request.Response) => [answer.status, answer.headers['x-amzn-errortype']]

describe('the Identity-Center-compatible API', () => {
  it('signs a stock tool in by code, lists what is open and hands credentials over', async () => {
    const client = await aStockClient(demo)
    const started = await start(demo, client)
    expect(started).toMatchObject({
      userCode: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verificationUri: `${demo.url}/device`,
      verificationUriComplete: `${demo.url}/device#${started.userCode}`,
      expiresIn: 300,
    })
    expect(refused(await pollOnce(demo, client, started.deviceCode))).toEqual([400, 'AuthorizationPendingException'])
    await approve(alice, started.userCode)
    const { body: tokens } = await pollOnce(demo, client, started.deviceCode).expect(200)
    expect(tokens).toMatchObject({
      tokenType: 'Bearer',
      expiresIn: 2700,
      accessToken: expect.stringMatching(/^rga_/),
      refreshToken: expect.stringMatching(/^rgr_/),
    })
    const { accessToken } = tokens as { accessToken: string }
    const { body: accounts } = await ask(demo, '/assignment/accounts', accessToken).expect(200)
    expect(accounts).toEqual({
      accountList: expect.arrayContaining([
        { accountId: '111122223333', accountName: 'Payments', emailAddress: 'payments-dev' },
        { accountId: '012345678901', accountName: 'Sandbox', emailAddress: 'sandbox' },
      ]),
    })
    const { body: roles } = await ask(demo, '/assignment/roles?account_id=222233334444', accessToken).expect(200)
    // The elevated role is alice's too, and not for a terminal.
    expect(roles).toEqual({ roleList: [{ roleName: 'readonly', accountId: '222233334444' }] })
    const before = Date.now()
    const { body } = await ask(
      demo,
      '/federation/credentials?role_name=readonly&account_id=012345678901',
      accessToken,
    ).expect(200)
    const { roleCredentials } = body as { roleCredentials: Record<string, unknown> }
    expect(roleCredentials).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA/) })
    expect(Number(roleCredentials['expiration'])).toBeGreaterThan(before + 1_790_000)
  })

  it('signs one in through the browser beside it, on a page and never by itself (threats.md D1)', async () => {
    const client = await aStockClient(demo)
    const asked = aStockAuthorization(client)
    const page = await alice.get(asked.path).expect(200)
    expect(page.text).toContain('botocore-client-gw')
    const back = await answered(alice, asked)
    expect(back.href).toMatch(/^http:\/\/127\.0\.0\.1:50124\/oauth\/callback\?code=rgc_/)
    const redeem = (changes: object = {}) =>
      call(demo, '/token', {
        ...client,
        grantType: 'authorization_code',
        code: back.searchParams.get('code'),
        redirectUri: asked.fields['redirect_uri'],
        codeVerifier: asked.verifier,
        ...changes,
      })
    const stranger = await aStockClient(demo)
    expect(refused(await redeem(stranger))).toEqual([400, 'InvalidGrantException'])
    expect(refused(await redeem({ codeVerifier: 'B'.repeat(64) }))).toEqual([400, 'InvalidGrantException'])
    expect(refused(await redeem({ redirectUri: 'http://127.0.0.1:50125/oauth/callback' }))).toEqual([
      400,
      'InvalidGrantException',
    ])
    await redeem().expect(200)
    expect(refused(await redeem())).toEqual([400, 'InvalidGrantException'])
  })

  it.each([
    ['another path than it registered', { redirect_uri: 'http://127.0.0.1:50124/callback' }],
    ['a name for loopback', { redirect_uri: 'http://localhost:50124/oauth/callback' }],
    ['scopes of other services', { scopes: 'codewhisperer:analysis' }],
    ['a silent sign-in', { prompt: 'none' }],
    ['an id that was touched', { client_id: 'x' }],
  ])('/authorize refuses %s, on a page of its own', async (_what, changes) => {
    const { path } = aStockAuthorization(await aStockClient(demo), changes)
    const page = await alice.get(path)
    expect([400, 401]).toContain(page.status)
    expect(page.headers['location']).toBeUndefined()
  })

  describe('a registration', () => {
    it.each([
      ['a redirect to another machine', { redirectUris: ['https://evil.example/'] }, 'InvalidRequestException'],
      ['a name for loopback', { redirectUris: ['http://localhost/oauth/callback'] }, 'InvalidRequestException'],
      ['a confidential client', { clientType: 'confidential' }, 'InvalidRequestException'],
      ['other scopes', { scopes: ['sso:account:access', 'admin'] }, 'InvalidScopeException'],
      ['other grants', { grantTypes: ['client_credentials'] }, 'UnsupportedGrantTypeException'],
    ])('is refused for %s (threats.md D6)', async (_what, changes, exception) => {
      const answer = await call(demo, '/client/register', { clientName: 'x', clientType: 'public', ...changes })
      expect(refused(answer)).toEqual([400, exception])
    })

    it('shows its name without what could deceive', async () => {
      const client = await aStockClient(demo, { clientName: 'AWS \u202eSupport\u0007\n<b>' })
      const page = await alice.get(aStockAuthorization(client).path).expect(200)
      expect(page.text).toContain('AWS Support&lt;b&gt;')
    })

    it('opens with its own secret only, and no other door takes it', async () => {
      const [one, other] = [await aStockClient(demo), await aStockClient(demo)]
      const mixed = { clientId: one.clientId, clientSecret: other.clientSecret }
      expect(refused(await call(demo, '/device_authorization', { ...mixed, startUrl: START_URL }))).toEqual([
        401,
        'InvalidClientException',
      ])
      for (const clientId of ['', 'x', 'rolegate-cli', one.clientSecret, one.clientId.slice(1)])
        expect(refused(await call(demo, '/device_authorization', { ...one, clientId, startUrl: START_URL }))).toEqual([
          401,
          'InvalidClientException',
        ])
    })

    it('may use the grants it asked for, and no others', async () => {
      const client = await aStockClient(demo, { grantTypes: ['authorization_code'] })
      expect(refused(await call(demo, '/device_authorization', { ...client, startUrl: START_URL }))).toEqual([
        400,
        'UnsupportedGrantTypeException',
      ])
      expect(refused(await refresh(demo, client, 'rgr_x'))).toEqual([400, 'UnsupportedGrantTypeException'])
    })
  })

  it('refuses other companies’ start pages (threats.md D8)', async () => {
    const client = await aStockClient(demo)
    for (const startUrl of ['https://acme.awsapps.com/start', 'https://evil.example/start'])
      expect(refused(await call(demo, '/device_authorization', { ...client, startUrl }))).toEqual([
        400,
        'InvalidRequestException',
      ])
    await call(demo, '/device_authorization', { ...client, startUrl: `${demo.url}/start/` }).expect(200)
    await call(demo, '/device_authorization', { ...client, startUrl: `${demo.url}/start#/` }).expect(200)
  })

  it('leads HEAD /start to the AWS-owned name, and a person to the set-up page', async () => {
    const head = await request(demo.url).head('/start')
    expect([head.status, head.headers['location']]).toEqual([302, START_URL])
    const get = await request(demo.url).get('/start')
    expect([get.status, get.headers['location']]).toEqual([303, '/setup'])
  })

  it('binds a device code and a refresh token to the client that asked (security.md D-4)', async () => {
    const [client, stranger] = [await aStockClient(demo), await aStockClient(demo)]
    const { deviceCode, userCode } = await start(demo, client)
    await approve(alice, userCode)
    expect(refused(await pollOnce(demo, stranger, deviceCode))).toEqual([400, 'InvalidGrantException'])
    const { body } = await pollOnce(demo, client, deviceCode).expect(200)
    const { refreshToken } = body as { refreshToken: string }
    expect(refused(await refresh(demo, stranger, refreshToken))).toEqual([400, 'InvalidGrantException'])
    // A refresh token in other hands: the lineage is over for everybody (threats.md D9).
    expect(refused(await refresh(demo, client, refreshToken))).toEqual([400, 'InvalidGrantException'])
  })

  it('answers parallel refreshes with one and the same successor', async () => {
    const { client, tokens } = await signedInByCode(demo, alice)
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(demo, client, tokens.refreshToken)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map(({ body }) => (body as { refreshToken: string }).refreshToken)).size).toBe(1)
  })

  it('redeems a device code once, however many ask at a time', async () => {
    const client = await aStockClient(demo)
    const { deviceCode, userCode } = await start(demo, client)
    await approve(alice, userCode)
    const answers = await Promise.all(Array.from({ length: 50 }, () => pollOnce(demo, client, deviceCode)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.filter(({ status }) => status !== 200).map((answer) => refused(answer).join()))).toEqual(
      new Set(['400,InvalidGrantException']),
    )
  })

  it('tells clients how it stands by the exceptions they know', async () => {
    const { tokens } = await signedInByCode(demo, alice)
    const credentials = (role: string, account: string, token = tokens.accessToken) =>
      ask(demo, `/federation/credentials?role_name=${role}&account_id=${account}`, token)
    expect(refused(await credentials('readonly', '111122223333', 'rga_unknown'))).toEqual([
      401,
      'UnauthorizedException',
    ])
    expect(refused(await credentials('readonly', '111122223333', tokens.refreshToken))).toEqual([
      401,
      'UnauthorizedException',
    ])
    expect(refused(await credentials('readonly', '999999999999'))).toEqual([404, 'ResourceNotFoundException'])
    expect(refused(await credentials('developer', '333344445555'))).toEqual([403, 'ForbiddenException'])
    expect(refused(await credentials('admin', '222233334444'))).toEqual([403, 'ForbiddenException'])
    // Neither the IAM name, nor a beginning, nor an alias: only the key (threats.md D12).
    for (const role of ['ReadOnly', 'rolegate%2FReadOnly', 'read', 'readonl', 'READONLY', '../readonly'])
      expect(refused(await credentials(role, '111122223333'))).toEqual([404, 'ResourceNotFoundException'])
    expect(refused(await credentials('readonly', 'payments-dev'))).toEqual([400, 'InvalidRequestException'])
    expect(refused(await ask(demo, '/assignment/roles?account_id=999999999999', tokens.accessToken))).toEqual([
      404,
      'ResourceNotFoundException',
    ])
  })

  it('gives its lists page by page to whoever asks for pages', async () => {
    const { tokens } = await signedInByCode(demo, alice)
    const seen: string[] = []
    for (let next: string | undefined = ''; next !== undefined;) {
      const turn: string = next === '' ? '' : `&next_token=${encodeURIComponent(next)}`
      const { body } = await ask(demo, `/assignment/accounts?max_result=1${turn}`, tokens.accessToken).expect(200)
      const page = body as { accountList: { accountId: string }[]; nextToken?: string }
      expect(page.accountList).toHaveLength(1)
      seen.push(...page.accountList.map(({ accountId }) => accountId))
      next = page.nextToken
    }
    const { body } = await ask(demo, '/assignment/accounts', tokens.accessToken).expect(200)
    expect(seen).toEqual(
      (body as { accountList: { accountId: string }[] }).accountList.map(({ accountId }) => accountId),
    )
    for (const query of ['max_result=0', 'max_result=101', 'next_token=nobody'])
      expect(refused(await ask(demo, `/assignment/accounts?${query}`, tokens.accessToken))).toEqual([
        400,
        'InvalidRequestException',
      ])
  })

  it('ends the whole lineage at /logout, and says the same to a token nobody knows (threats.md D10)', async () => {
    const { client, tokens } = await signedInByCode(demo, alice)
    const logout = (token: string) => request(demo.url).post('/logout').set('x-amz-sso_bearer_token', token)
    await logout('rga_unknown').expect(200)
    await logout(tokens.accessToken).expect(200)
    expect(refused(await ask(demo, '/assignment/accounts', tokens.accessToken))).toEqual([401, 'UnauthorizedException'])
    expect(refused(await refresh(demo, client, tokens.refreshToken))).toEqual([400, 'InvalidGrantException'])
  })

  it('knows its addresses exactly, and takes no role for a HEAD', async () => {
    const { tokens } = await signedInByCode(demo, alice)
    const path = '/federation/credentials?role_name=readonly&account_id=111122223333'
    const before = demo.audit().length
    const head = await request(demo.url).head(path).set('x-amz-sso_bearer_token', tokens.accessToken)
    const slashed = await ask(demo, path.replace('?', '/?'), tokens.accessToken)
    expect([head.status, slashed.status]).toEqual([404, 404])
    expect(demo.audit()).toHaveLength(before)
  })

  it.each(['/logout', '/token', '/device_authorization', '/client/register'])(
    'answers whoever types %s into a browser with a page, and a program with JSON',
    async (path) => {
      const page = await request(demo.url).get(path).set('accept', 'text/html').set('sec-fetch-mode', 'navigate')
      expect([page.status, page.type]).toEqual([404, 'text/html'])
      expect(page.text).toContain('There is nothing here')
      expect((await request(demo.url).get(path)).type).toBe('application/problem+json')
    },
  )

  it('refuses a registration whose id would fit no address', async () => {
    const redirectUris = Array.from({ length: 5 }, (_, n) => `http://127.0.0.1/${'x'.repeat(240)}${n}`)
    const answer = await call(demo, '/client/register', { clientName: 'x', clientType: 'public', redirectUris })
    expect(refused(answer)).toEqual([400, 'InvalidRequestException'])
  })

  it('reads JSON alone, and no cookie', async () => {
    const form = await request(demo.url).post('/client/register').type('form').send({ clientName: 'x' })
    expect(refused(form)).toEqual([415, 'InvalidRequestException'])
    expect(refused(await alice.get('/assignment/accounts'))).toEqual([401, 'UnauthorizedException'])
  })
})
