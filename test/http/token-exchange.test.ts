import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ACCESS_TOKEN,
  aDemoWithJobs,
  aJobAt,
  exchange,
  EXCHANGE_GRANT,
  JWT,
  type DemoWithJobs,
} from '../support/a-demo-with-jobs.ts'
import { GITHUB_CLAIMS, GITLAB_CLAIMS } from '../support/a-job-issuer.ts'
import { aPersonAt, aTerminalOf, form, type Person } from '../support/a-person.ts'

let demo: DemoWithJobs
let alice: Person
beforeAll(async () => {
  demo = await aDemoWithJobs()
  alice = await aPersonAt(demo, 'alice')
})
afterAll(async () => {
  await demo.close()
  await demo.jobs.close()
})

const jobToken = (claims: Record<string, unknown> = {}, how: Parameters<typeof demo.jobs.token>[1] = {}) =>
  demo.jobs.token({ aud: `${demo.url}/workloads`, ...claims }, how)
const as = (token: string) => ({ authorization: `Bearer ${token}` })
const credentials = (token: string, role: string) =>
  request(demo.url).post('/v1/credentials').set(as(token)).send({ role })
const lastOf = (event: string) => demo.audit().findLast((record) => record['event'] === event)

describe('a CI job signs in with its own token (RFC 8693)', () => {
  it('and gets an access token, no refresh token, and credentials for what the rules say of it', async () => {
    const { body, headers } = await exchange(demo, await jobToken()).expect(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(/^rga_[\w-]{43}$/),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: expect.any(Number),
    })
    expect(headers['cache-control']).toBe('no-store')
    // Fifteen minutes past the job token's five.
    expect(body.expires_in).toBeGreaterThan(19 * 60)
    expect(body.expires_in).toBeLessThanOrEqual(20 * 60)

    const { body: lent } = await credentials(String(body.access_token), 'payments-dev/developer').expect(200)
    expect(lent).toMatchObject({ role: 'payments-dev/developer', limitedBy: 'sign-in' })
    expect(lastOf('issued')).toMatchObject({
      idp: 'github',
      issuer: demo.jobs.issuer,
      subject: GITHUB_CLAIMS['sub'],
      via: 'token-exchange',
      rule: 'deploys',
      session_name: expect.stringMatching(/^repo_acme_infra_environment_production\+[a-z2-7]{16}$/),
    })
  })

  it('as GitLab’s jobs do, whose rules are others', async () => {
    const gone = Object.fromEntries(Object.keys(GITHUB_CLAIMS).map((name) => [name, undefined]))
    const token = await aJobAt(demo, { ...gone, ...GITLAB_CLAIMS })
    await credentials(token, 'data-prod/readonly').expect(200)
    await credentials(token, 'payments-dev/readonly').expect(403)
  })

  it('by whichever of the two types it calls its token, and with the client id or without', async () => {
    const idToken = 'urn:ietf:params:oauth:token-type:id_token'
    await exchange(demo, await jobToken(), { subject_token_type: idToken, client_id: 'rolegate-cli' }).expect(200)
    await exchange(demo, await jobToken(), { requested_token_type: ACCESS_TOKEN }).expect(200)
    const stranger = await exchange(demo, await jobToken(), { client_id: 'somebody' })
    expect([stranger.status, stranger.body.error]).toEqual([401, 'invalid_client'])
  })

  it('is on record, with its token in no record and no log line (security.md A-4)', async () => {
    const token = await jobToken()
    const { body } = await exchange(demo, token).expect(200)
    expect(lastOf('workload_signed_in')).toMatchObject({ idp: 'github', via: 'token-exchange', client_ip: '127.0.0.1' })
    for (const secret of [token, ...token.split('.'), String(body.access_token)])
      expect(demo.printed()).not.toContain(secret)
  })

  it('says who it is at whoami', async () => {
    const { body } = await request(demo.url)
      .get('/v1/whoami')
      .set(as(await aJobAt(demo)))
      .expect(200)
    expect(body).toMatchObject({
      subject: GITHUB_CLAIMS['sub'],
      idp: 'github',
      groups: { count: 0, truncated: false },
      session: { via: 'token-exchange' },
    })
  })
})

describe('what a job’s session is not worth (threats.md D16)', () => {
  it('no console, no elevated role though a rule grants it, no terminal’s approval', async () => {
    const token = await aJobAt(demo)
    const console = await request(demo.url).post('/v1/console').set(as(token)).send({ role: 'payments-dev/readonly' })
    expect([console.status, console.body.code]).toEqual([403, 'condition_unmet'])
    const elevated = await credentials(token, 'payments-prod/admin')
    expect([elevated.status, elevated.body.code]).toEqual([403, 'condition_unmet'])
    const { body } = await request(demo.url).get('/v1/roles').set(as(token)).expect(200)
    expect((body.roles as { role: string; state: string }[]).map(({ role, state }) => [role, state])).toEqual([
      ['payments-dev/readonly', 'available'],
      ['payments-dev/developer', 'available'],
      ['payments-prod/admin', 'not_now'],
    ])
    const byStockClients = (role: string) =>
      request(demo.url)
        .get(`/federation/credentials?account_id=222233334444&role_name=${role}`)
        .set('x-amz-sso_bearer_token', token)
    expect((await byStockClients('admin')).headers['x-amzn-errortype']).toBe('ForbiddenException')
    const device = await request(demo.url).get('/device').set(as(token)).set('accept', 'text/html')
    expect(device.status).toBe(303)
  })

  it('nothing of what people of that group get, whatever it claims (threats.md R3)', async () => {
    const token = await aJobAt(demo, { groups: ['jobs', 'payments-admins'], idp: 'demo' })
    await credentials(token, 'sandbox/readonly').expect(403)
    await credentials(token, 'payments-dev/readonly').expect(200)
  })

  it('nothing of a rule whose claims it lacks', async () => {
    const token = await aJobAt(demo, { environment: 'staging' })
    const answer = await credentials(token, 'payments-dev/readonly')
    expect([answer.status, answer.body.code]).toEqual([403, 'not_entitled'])
  })

  it('no minute past its end', async () => {
    const token = await aJobAt(demo)
    try {
      demo.clock.offsetSeconds = 20 * 60
      await credentials(token, 'payments-dev/readonly').expect(401)
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })

  it('no hour and a minute, however long its token lives', async () => {
    const far = Math.floor(Date.now() / 1000) + 86_400
    const { body } = await exchange(demo, await jobToken({ exp: far })).expect(200)
    expect(body.expires_in).toBeLessThanOrEqual(3600)
    expect(body.expires_in).toBeGreaterThan(3590)
  })
})

describe('a token that is refused', () => {
  const refusal = async (token: string, more: Record<string, string> = {}) => {
    const { status, body } = await exchange(demo, token, more)
    return [status, body.error]
  }

  it('counts once, however many show it at once (threats.md D16)', async () => {
    const token = await jobToken()
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(demo, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await refusal(token)).toEqual([400, 'invalid_request'])
    expect(lastOf('workload_refused')).toMatchObject({
      code: 'sign_in_rejected',
      reason: 'token_used_before',
      idp: 'github',
    })
  })

  it('counts once without a jti too', async () => {
    const token = await jobToken({ jti: undefined })
    await exchange(demo, token).expect(200)
    expect(await refusal(token)).toEqual([400, 'invalid_request'])
  })

  it.each([
    ['another audience', { aud: 'https://github.com/acme' }, 'audience'],
    ['the containers’ audience', { aud: '/containers' }, 'audience'],
    ['another repository', { repository_id: '75' }, 'required_claim:project_id'],
    ['an age over ten minutes', { iat: Math.floor(Date.now() / 1000) - 700 }, 'issued_too_long_ago'],
  ])('for %s is `invalid_request` (RFC 8693 §2.2.2), and why is on record alone', async (_why, claims, reason) => {
    const { status, body } = await exchange(demo, await jobToken(claims))
    expect([status, body.error]).toEqual([400, 'invalid_request'])
    expect(JSON.stringify(body)).not.toContain(reason)
    expect(lastOf('workload_refused')).toMatchObject({ code: 'sign_in_rejected', reason })
  })

  it('for a person’s own ID token of the IdP they sign in at (threats.md D16)', async () => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { sub: 'u-alice', aud: 'rolegate', iat: now, exp: now + 300, email: 'alice@example.com' }
    expect(await refusal(await demo.jobs.token({ iss: demo.world.urls.idp, ...claims }))).toEqual([
      400,
      'invalid_request',
    ])
    expect(lastOf('workload_refused')).toMatchObject({ reason: 'unknown_issuer' })
    expect(await refusal(await demo.jobs.token(claims))).toEqual([400, 'invalid_request'])
    expect(lastOf('workload_refused')).toMatchObject({ reason: 'audience' })
  })

  it('at every door that takes bearers: a job’s own token is for the exchange alone (threats.md F4)', async () => {
    const token = await jobToken()
    for (const path of ['/v1/whoami', '/v1/roles', '/v1/sessions', '/v1/aws-config'])
      expect((await request(demo.url).get(path).set(as(token))).status).toBe(401)
    await credentials(token, 'payments-dev/readonly').expect(401)
    const container = await request(demo.url)
      .get('/v1/container-credentials/payments-dev/readonly')
      .set('authorization', token)
    expect(container.status).toBe(403)
    // Nothing of that used it up.
    await exchange(demo, token).expect(200)
  })

  it.each([
    [
      'a job’s token as an access token',
      () => jobToken(),
      { subject_token_type: ACCESS_TOKEN, scope: 'container:payments-dev/readonly' },
    ],
    ['an access token as a job’s', () => aJobAt(demo), {}],
  ])('%s', async (_what, token, more) => {
    expect(await refusal(await token(), more)).toEqual([400, 'invalid_request'])
  })

  it.each([
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    [{ actor_token: 'x', actor_token_type: JWT }, 'invalid_request'],
    [{ scope: 'container:payments-dev/readonly' }, 'invalid_scope'],
  ])('asked for with %o', async (more, error) => {
    expect(await refusal(await jobToken(), more)).toEqual([400, error])
  })

  it('that is not there, or there twice', async () => {
    const missing = await form(demo, '/oauth/token', { grant_type: EXCHANGE_GRANT, subject_token_type: JWT })
    expect([missing.status, missing.body.error]).toEqual([400, 'invalid_request'])
    const token = await jobToken()
    const twice = await request(demo.url)
      .post('/oauth/token')
      .type('form')
      .send(`grant_type=${EXCHANGE_GRANT}&subject_token_type=${JWT}&subject_token=${token}&subject_token=${token}`)
    expect([twice.status, twice.body.error]).toEqual([400, 'invalid_request'])
  })

  it('is counted: past sixty a minute there is a 429 and no record (threats.md A4)', async () => {
    const before = demo.audit().filter(({ event }) => event === 'workload_refused').length
    const answers = await Promise.all(Array.from({ length: 80 }, () => exchange(demo, 'no.job.token')))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(10)
    const after = demo.audit().filter(({ event }) => event === 'workload_refused').length
    expect(after - before).toBeLessThanOrEqual(60)
    // Whoever has a right token is not held up by that.
    try {
      demo.clock.offsetSeconds = 61
      await aJobAt(demo)
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })
})

describe('a token for a container (threats.md D15)', () => {
  const CONTAINER = 'urn:rolegate:params:oauth:token-type:container'
  const forContainer = (accessToken: string, scope: string, more: Record<string, string> = {}) =>
    exchange(demo, accessToken, { subject_token_type: ACCESS_TOKEN, scope, ...more })

  it('is had for one’s own access token: one role, an hour at most, never past the session', async () => {
    const { accessToken } = await aTerminalOf(demo, alice)
    const { body } = await forContainer(accessToken, 'container:payments-dev/developer').expect(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(/^rgk_[\w-]{43}$/),
      issued_token_type: CONTAINER,
      token_type: 'N_A',
      expires_in: 3600,
      scope: 'container:payments-dev/developer',
    })
    expect(lastOf('container_token_issued')).toMatchObject({
      username: 'alice@example.com',
      role: 'payments-dev/developer',
      via: 'device',
    })
    expect(demo.printed()).not.toContain(String(body.access_token))
    const job = await forContainer(await aJobAt(demo), 'container:payments-dev/developer').expect(200)
    expect(job.body.expires_in).toBeLessThanOrEqual(20 * 60)
  })

  it.each([
    ['a role that is not theirs', 'container:sandbox/readonly', 403, 'access_denied', 'bob'],
    ['an elevated role', 'container:payments-prod/admin', 403, 'access_denied', 'alice'],
    ['a role nobody knows', 'container:payments-dev/nobody', 404, 'invalid_request', 'alice'],
    ['two roles', 'container:payments-dev/readonly container:payments-dev/developer', 400, 'invalid_scope', 'alice'],
    ['every role', 'container:payments-dev/*', 400, 'invalid_scope', 'alice'],
    ['a prefix of a role', 'container:payments-dev/read', 404, 'invalid_request', 'alice'],
    ['no role', '', 400, 'invalid_scope', 'alice'],
    ['an ARN', 'container:arn:aws:iam::111122223333:role/rolegate/ReadOnly', 400, 'invalid_scope', 'alice'],
  ])('is refused for %s', async (_what, scope, status, error, who) => {
    const { accessToken } = await aTerminalOf(demo, await aPersonAt(demo, who))
    const answer = await forContainer(accessToken, scope)
    expect([answer.status, answer.body.error]).toEqual([status, error])
  })

  it('is refused for a token of another kind, and for one that has ended', async () => {
    const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
    const scope = 'container:payments-dev/readonly'
    const { body } = await forContainer(accessToken, scope).expect(200)
    for (const token of [refreshToken, String(body.access_token), `rga_${'A'.repeat(43)}`, 'rga_'])
      expect((await forContainer(token, scope)).body.error).toBe('invalid_request')
    await form(demo, '/oauth/revoke', { client_id: 'rolegate-cli', token: accessToken }).expect(200)
    expect((await forContainer(accessToken, scope)).body.error).toBe('invalid_request')
  })
})
