import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, aDemoWithJobs, aJobAt, exchange, type DemoWithJobs } from '../support/a-demo-with-jobs.ts'
import { aPersonAt, aTerminalOf, form, type Person } from '../support/a-person.ts'

const PATH = '/v1/container-credentials/payments-dev/developer'

let demo: DemoWithJobs
let alice: Person
let containerToken: string
beforeAll(async () => {
  demo = await aDemoWithJobs()
  alice = await aPersonAt(demo, 'alice')
  containerToken = await aContainerTokenOf((await aTerminalOf(demo, alice)).accessToken)
})
afterAll(async () => {
  await demo.close()
  await demo.jobs.close()
})

async function aContainerTokenOf(accessToken: string, role = 'payments-dev/developer'): Promise<string> {
  const { body } = await exchange(demo, accessToken, {
    subject_token_type: ACCESS_TOKEN,
    scope: `container:${role}`,
  }).expect(200)
  return (body as { access_token: string }).access_token
}
/** What a platform puts into a file for us. */
const projected = (claims: Record<string, unknown> = {}) =>
  demo.jobs.token({ aud: [`${demo.url}/containers`], jti: undefined, ...claims })

const ask = (token: string, path = PATH, more: Record<string, string> = {}) =>
  request(demo.url)
    .get(path)
    .redirects(0)
    .set({ authorization: token, ...more })
const lastOf = (event: string) => demo.audit().findLast((record) => record['event'] === event)

describe('GET /v1/container-credentials/{account}/{role}', () => {
  it('answers the document that SDKs read, for the token as it is or as a bearer', async () => {
    for (const header of [containerToken, `Bearer ${containerToken}`]) {
      const { body, headers } = await ask(header).expect(200)
      expect(body).toEqual({
        AccessKeyId: expect.stringMatching(/^ASIA/),
        SecretAccessKey: expect.any(String),
        Token: expect.any(String),
        Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        AccountId: '111122223333',
      })
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
    }
    expect(lastOf('issued')).toMatchObject({
      username: 'alice@example.com',
      role: 'payments-dev/developer',
      via: 'device',
    })
  })

  it('takes the platform’s own token again and again, with rules about its workload', async () => {
    const token = await projected()
    await ask(token).expect(200)
    await ask(`Bearer ${token}`, '/v1/container-credentials/111122223333/developer').expect(200)
    expect(lastOf('issued')).toMatchObject({ idp: 'github', rule: 'deploys', via: 'token-exchange' })
    expect(demo.printed()).not.toContain(token)
    expect(demo.printed()).not.toContain(token.split('.')[2])
  })

  it('answers well within the second that the JavaScript SDK waits', async () => {
    const token = await projected()
    await ask(token).expect(200)
    const times: number[] = []
    for (const proof of [token, containerToken, token, containerToken, token, containerToken]) {
      const before = performance.now()
      await ask(proof).expect(200)
      times.push(performance.now() - before)
    }
    // The machine of a test run has other things to do: the median speaks for us.
    expect(times.toSorted((one, other) => one - other)[3]).toBeLessThan(1_000)
  })
})

describe('what is refused there (threats.md D15)', () => {
  it.each([
    ['a cookie', { cookie: 'anything=1' }],
    ['a page’s origin', { origin: 'https://evil.example' }],
    ['our own origin', { origin: 'http://127.0.0.1' }],
    ['a browser’s word on where it is from', { 'sec-fetch-site': 'same-origin' }],
    ['a browser’s word on how', { 'sec-fetch-mode': 'navigate' }],
    ['a browser’s word on what for', { 'sec-fetch-dest': 'document' }],
  ])('%s beside a good token', async (_what, headers) => {
    const { status, body } = await ask(containerToken, PATH, headers)
    expect([status, body.code, body.AccessKeyId]).toEqual([403, 'condition_unmet', undefined])
  })

  it('a session’s cookie alone, also for whoever asks for a page: never a redirect', async () => {
    const { status, headers, body } = await request(demo.url)
      .get(PATH)
      .redirects(0)
      .set({ cookie: alice.jar.header(demo.url), accept: 'text/html' })
    expect([status, headers['location'], body.code]).toEqual([403, undefined, 'condition_unmet'])
    const bare = await request(demo.url).get(PATH).redirects(0).set('accept', 'text/html')
    expect([bare.status, bare.headers['location'], bare.body.code]).toEqual([401, undefined, 'sign_in_required'])
  })

  it('any method but GET: HEAD would lend to nobody', async () => {
    const issued = () => demo.audit().filter(({ event }) => event === 'issued').length
    const before = issued()
    const head = await request(demo.url).head(PATH).set('authorization', containerToken)
    expect(head.status).toBe(404)
    for (const method of ['post', 'put', 'delete'] as const)
      expect((await request(demo.url)[method](PATH).set('authorization', containerToken)).status).toBe(404)
    expect(issued()).toBe(before)
  })

  it.each([
    '/v1/container-credentials/payments-dev/readonly',
    '/v1/container-credentials/payments-prod/developer',
    '/v1/container-credentials/sandbox/developer',
    '/v1/container-credentials/222233334444/developer',
    '/v1/container-credentials/payments-dev/nobody',
  ])('a container token at %s, with one answer and on record', async (path) => {
    const { status, body } = await ask(containerToken, path)
    expect([status, body.code]).toEqual([401, 'sign_in_required'])
    expect(lastOf('refused')).toMatchObject({
      reason: 'container_token_for_another_role',
      username: 'alice@example.com',
    })
  })

  it.each([
    '/v1/container-credentials/payments-dev%2Fdeveloper/x',
    '/v1/container-credentials/..%2F/developer',
    '/v1/container-credentials/arn:aws:iam::111122223333:role/Developer',
    '/v1/container-credentials/PAYMENTS-DEV/developer',
    '/v1/container-credentials/__proto__/constructor',
  ])('%s, which names no role', async (path) => {
    const { status, body } = await ask(containerToken, path)
    expect([status, body.code]).toEqual([404, 'role_unknown'])
  })

  it('a token of another kind, one that was changed, two at once, and none', async () => {
    const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
    const headers = [
      accessToken,
      refreshToken,
      await aJobAt(demo),
      `${containerToken.slice(0, -1)}${containerToken.endsWith('A') ? 'B' : 'A'}`,
      `${containerToken}, ${containerToken}`,
      `Basic ${containerToken}`,
      ' ',
    ]
    for (const header of headers) {
      const { status, body } = await ask(header)
      expect([header, status === 401 || status === 403, body.AccessKeyId]).toEqual([header, true, undefined])
    }
  })

  it('a container token at every other door', async () => {
    const bearer = { authorization: `Bearer ${containerToken}` }
    for (const path of ['/v1/whoami', '/v1/roles', '/v1/sessions', '/v1/aws-config'])
      expect((await request(demo.url).get(path).set(bearer)).status).toBe(401)
    for (const path of ['/v1/credentials', '/v1/console', '/v1/sessions/end'])
      expect((await request(demo.url).post(path).set(bearer).send({ role: 'payments-dev/developer' })).status).toBe(401)
    // The Identity-Center API’s doors, by its own header.
    const sso = { 'x-amz-sso_bearer_token': containerToken }
    const lent = '/federation/credentials?account_id=111122223333&role_name=developer'
    for (const path of ['/assignment/accounts', lent])
      expect((await request(demo.url).get(path).set(sso)).status).toBe(401)
    const client = { client_id: 'rolegate-cli' }
    const refresh = await form(demo, '/oauth/token', {
      ...client,
      grant_type: 'refresh_token',
      refresh_token: containerToken,
    })
    expect(refresh.body.error).toBe('invalid_grant')
  })

  it.each([
    ['the audience of jobs', { aud: '/workloads' }],
    ['another repository', { repository_id: '75' }],
    ['a life of more than an hour', { exp: Math.floor(Date.now() / 1000) + 3_700 }],
    ['an end that is over', { exp: Math.floor(Date.now() / 1000) - 120, iat: Math.floor(Date.now() / 1000) - 400 }],
  ])('the platform’s token with %s, on record without it', async (_what, claims) => {
    const token = await projected('aud' in claims ? { aud: `${demo.url}${claims.aud}` } : claims)
    const { status, body } = await ask(token)
    expect([status, body.code]).toEqual([403, 'sign_in_rejected'])
    expect(lastOf('workload_refused')).toMatchObject({ code: 'sign_in_rejected' })
    expect(demo.printed()).not.toContain(token)
  })

  it('the platform’s token at the exchange and as a bearer: it is for this door alone', async () => {
    const token = await projected()
    expect((await exchange(demo, token)).body.error).toBe('invalid_request')
    expect((await request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${token}`)).status).toBe(401)
  })

  it('what the rules refuse, in words that SDKs show', async () => {
    const { status, body, headers } = await ask(await projected(), '/v1/container-credentials/data-prod/readonly')
    expect([status, body]).toEqual([
      403,
      {
        code: 'not_entitled',
        message: expect.stringContaining('No rule gives you data-prod/readonly'),
        Code: 'not_entitled',
        Message: expect.stringContaining(String(headers['x-request-id'])),
      },
    ])
    const elevated = await ask(await projected(), '/v1/container-credentials/payments-prod/admin')
    expect([elevated.status, elevated.body.code]).toEqual([403, 'condition_unmet'])
  })
})

describe('what AWS says no to', () => {
  it.each([
    ['refuse-all', 403, 'aws_refused'],
    ['throttle', 503, 'aws_unavailable'],
    ['down', 503, 'aws_unavailable'],
  ] as const)('%s: %i, and no SDK retries what would fail again', async (mood, status, code) => {
    demo.world.aws.behave(mood)
    try {
      for (const proof of [containerToken, await projected()]) {
        const answer = await ask(proof)
        expect([answer.status, answer.body.code, answer.body.Code]).toEqual([status, code, code])
        expect(answer.headers['retry-after'] !== undefined).toBe(status === 503)
      }
    } finally {
      demo.world.aws.behave('normal')
    }
  })
})

describe('the end of a container token', () => {
  it('comes with its session’s: a revoked terminal, a sign-out in the browser', async () => {
    const bob = await aPersonAt(demo, 'bob')
    const terminal = await aTerminalOf(demo, bob)
    const role = 'data-prod/readonly'
    const token = await aContainerTokenOf(terminal.accessToken, role)
    await ask(token, `/v1/container-credentials/${role}`).expect(200)
    await form(demo, '/oauth/revoke', { client_id: 'rolegate-cli', token: terminal.refreshToken }).expect(200)
    await ask(token, `/v1/container-credentials/${role}`).expect(401)

    const other = await aContainerTokenOf((await aTerminalOf(demo, bob)).accessToken, role)
    await bob.post('/sign-out', { _csrf: await bob.csrf() }).expect(303)
    await ask(other, `/v1/container-credentials/${role}`).expect(401)
  })

  it('can be had by itself: whoever holds the file ends the file, and not its person’s terminal', async () => {
    const { accessToken } = await aTerminalOf(demo, alice)
    const token = await aContainerTokenOf(accessToken)
    await form(demo, '/oauth/revoke', { client_id: 'rolegate-cli', token }).expect(200)
    await ask(token).expect(401)
    await request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${accessToken}`).expect(200)
  })

  it('comes after an hour', async () => {
    const token = await aContainerTokenOf((await aTerminalOf(demo, alice)).accessToken)
    try {
      demo.clock.offsetSeconds = 3_601
      await ask(token).expect(401)
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })
})
