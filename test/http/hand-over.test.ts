import request from 'supertest'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

let demo: Demo
let alice: Person
let bearer: string
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  bearer = (await aTerminalOf(demo, alice)).accessToken
})
afterEach(() => demo.world.aws.behave('normal'))
afterAll(() => demo.close())

const asTerminal = (path: string, body: object, token = bearer) =>
  request(demo.url).post(path).set('authorization', `Bearer ${token}`).send(body)
const lastAudit = () => demo.audit().at(-1)

describe('credentials for a terminal', () => {
  it('hands over what STS lent, says for how long and what limited it', async () => {
    const answer = await asTerminal('/v1/credentials', { role: 'payments-dev/developer', seconds: 900 }).expect(200)
    expect(answer.body).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA/),
      secretAccessKey: expect.any(String),
      sessionToken: expect.any(String),
      expiration: expect.stringMatching(/Z$/),
      role: 'payments-dev/developer',
      seconds: 900,
      limitedBy: 'requested',
      region: 'eu-central-1',
    })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('takes the three exact names of a role, and no other (threats.md D12)', async () => {
    for (const role of [
      'payments-dev/developer',
      '111122223333/developer',
      'arn:aws:iam::111122223333:role/rolegate/Developer',
    ]) {
      expect((await asTerminal('/v1/credentials', { role }).expect(200)).body).toMatchObject({
        role: 'payments-dev/developer',
      })
    }
    for (const role of [
      'payments-dev/dev',
      'payments-dev/Developer',
      '111122223333/rolegate/Developer',
      'payments-dev/developer/',
    ]) {
      expect((await asTerminal('/v1/credentials', { role }).expect(404)).body).toMatchObject({ code: 'role_unknown' })
    }
  })

  it('writes intent before the token is signed and issued before the answer (threats.md A1)', async () => {
    const seen = demo.world.aws.log().length
    await asTerminal('/v1/credentials', { role: 'payments-dev/readonly' }).expect(200)
    const [intent, issued] = demo.audit().slice(-2)
    const call = demo.world.aws.log()[seen]
    expect(intent).toMatchObject({
      event: 'intent',
      hand_over: 'credentials',
      role: 'payments-dev/readonly',
      jti: call?.jti,
      rule: 'platform-looks-at-dev',
    })
    expect(issued).toMatchObject({
      event: 'issued',
      jti: call?.jti,
      access_key_id: call?.accessKeyId,
      session_name: call?.sessionName,
      source_identity: call?.sourceIdentity,
    })
  })

  it('cuts a longer wish to the role’s limit and says so', async () => {
    const answer = await asTerminal('/v1/credentials', { role: 'payments-dev/developer', seconds: 43_200 }).expect(200)
    expect(answer.body).toMatchObject({ limitedBy: 'sign-in' })
    expect(answer.body.seconds).toBeLessThanOrEqual(8 * 3600)
  })

  it('refuses elevated roles to a terminal signed in by device code (threats.md D4)', async () => {
    const answer = await asTerminal('/v1/credentials', { role: 'payments-prod/admin' }).expect(403)
    expect(answer.body).toMatchObject({ code: 'condition_unmet', requestId: answer.headers['x-request-id'] })
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'condition_unmet', role: 'payments-prod/admin' })
  })

  it('refuses a role that is not theirs, with a code, a sentence and a record', async () => {
    const bob = (await aTerminalOf(demo, await aPersonAt(demo, 'bob'))).accessToken
    const answer = await asTerminal('/v1/credentials', { role: 'payments-dev/readonly' }, bob).expect(403)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body).toMatchObject({
      code: 'not_entitled',
      status: 403,
      detail: 'No rule gives you payments-dev/readonly.',
    })
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'not_entitled', username: 'bob@example.com' })
  })
})

describe('when AWS has a bad day', () => {
  it.each([
    ['down', 503, 'aws_unavailable'],
    ['throttle', 503, 'aws_unavailable'],
    ['refuse-all', 403, 'aws_refused'],
  ] as const)('%s: answers %i %s, hands nothing over, and recovers by itself', async (mood, status, code) => {
    demo.world.aws.behave(mood)
    const answer = await asTerminal('/v1/credentials', { role: 'payments-dev/readonly' }).expect(status)
    expect(answer.body).toMatchObject({ code })
    expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined)
    expect(lastAudit()).toMatchObject({ event: 'refused', code, jti: expect.any(String) })
    demo.world.aws.behave('normal')
    await asTerminal('/v1/credentials', { role: 'payments-dev/readonly' }).expect(200)
  })

  it('retries a single throttled call and succeeds', async () => {
    demo.world.aws.behave('throttle', 1)
    await asTerminal('/v1/credentials', { role: 'payments-dev/readonly' }).expect(200)
  })

  it('says that the trust policy is why, when one character of it changes', async () => {
    const role = demo.world.aws.role('111122223333', 'rolegate/ReadOnly')
    const kept = role.trustPolicy
    role.trustPolicy = JSON.parse(
      JSON.stringify(kept).replace('111122223333:rolegate/ReadOnly', '111122223333:rolegate/ReadOnlx'),
    )
    const answer = await asTerminal('/v1/credentials', { role: 'payments-dev/readonly' }).expect(403)
    const page = await alice.post('/roles/payments-dev/readonly/console', { _csrf: await alice.csrf() }).expect(403)
    role.trustPolicy = kept
    expect(answer.body).toMatchObject({ code: 'aws_refused', detail: expect.stringContaining('trust policy') })
    expect(page.text).toContain('AWS refused the role')
    expect(page.text).toContain('trust policy')
  })

  it('withholds the credential of somebody who signed out while STS was thinking (threats.md H5)', async () => {
    const person = await aPersonAt(demo, 'bob')
    const { accessToken } = await aTerminalOf(demo, person)
    const hold = demo.world.aws.hold()
    const asked = asTerminal('/v1/credentials', { role: 'data-prod/readonly' }, accessToken).then((answer) => answer)
    await hold.arrived
    await person.post('/sign-out', { _csrf: await person.csrf() }).expect(303)
    hold.release()
    const answer = await asked
    expect([answer.status, answer.text]).toEqual([401, expect.not.stringContaining('ASIA')])
    const issued = demo.world.aws.log().at(-1)
    expect(lastAudit()).toMatchObject({
      event: 'withheld',
      code: 'sign_in_required',
      access_key_id: issued?.accessKeyId,
    })
  })
})

describe('the console', () => {
  const open = async (fields: Record<string, string>, path = '/roles/payments-dev/developer/console') =>
    alice.post(path, { _csrf: await alice.csrf(), ...fields })

  it('answers the form with a bare 303 that no cache and no Referer keeps (security.md C-2)', async () => {
    const { headers, status, text } = await open({ seconds: '3600', destination: 's3' })
    expect([status, text, headers['cache-control'], headers['referrer-policy']]).toEqual([
      303,
      '',
      'no-store',
      'no-referrer',
    ])
    const url = new URL(String(headers['location']))
    expect(url.origin).toBe(demo.awsUrl)
    expect([...url.searchParams.keys()].toSorted()).toEqual(['Action', 'Destination', 'Issuer', 'SigninToken'])
    expect(url.searchParams.get('Issuer')).toBe(`${demo.url}/`)
  })

  it.each([
    'https://evil.example/',
    'https://console.aws.amazon.com/s3/home',
    'javascript:alert(1)',
    'http://127.0.0.1:1/console',
    'CONSOLE/logout',
    'CONSOLE/oauth?redirect_uri=https://evil.example',
  ])('refuses the destination %s before AWS is asked (threats.md H2)', async (destination) => {
    const before = demo.world.aws.log().length
    const answer = await open({ destination: destination.replace('CONSOLE', demo.consoleUrl) })
    expect([answer.status, demo.world.aws.log().length]).toEqual([400, before])
    expect(answer.text).toContain('not an AWS console page')
  })

  it('gives a terminal the URL by bearer, and a browser session none (threats.md H3)', async () => {
    const answer = await asTerminal('/v1/console', { role: 'payments-dev/developer', destination: 's3' }).expect(200)
    expect(answer.body).toMatchObject({
      url: expect.stringContaining('SigninToken='),
      limitedBy: 'default',
      seconds: 3600,
    })
    const refused = await alice
      .get('/v1/whoami')
      .set('sec-fetch-site', 'same-origin')
      .set('accept', 'application/json')
      .expect(200)
    expect(refused.body).toMatchObject({ session: { via: 'browser' } })
    const csrf = await alice.csrf()
    const viaCookie = await request(demo.url)
      .post('/v1/console')
      .set({
        cookie: alice.jar.header(demo.url),
        'sec-fetch-site': 'same-origin',
        origin: demo.url,
        'x-csrf-token': csrf,
      })
      .send({ role: 'payments-dev/developer' })
      .expect(403)
    expect(viaCookie.body).toMatchObject({ code: 'condition_unmet' })
  })
})

describe('the credentials page', () => {
  it('shows seven forms after a POST, and nothing on GET (security.md C-1)', async () => {
    const page = await alice
      .post('/roles/payments-dev/developer/credentials', { _csrf: await alice.csrf(), seconds: '900' })
      .expect(200)
    for (const sign of [
      'export AWS_ACCESS_KEY_ID=',
      'set -gx AWS_ACCESS_KEY_ID',
      '$Env:AWS_ACCESS_KEY_ID',
      'set &quot;AWS_ACCESS_KEY_ID',
      'aws_access_key_id = ',
      '&quot;Version&quot;:1',
    ]) {
      expect(page.text).toContain(sign)
    }
    expect(page.headers['cache-control']).toBe('no-store')
    const shown = await alice.get('/roles/payments-dev/developer').expect(200)
    expect(shown.text).not.toMatch(/ASIA[A-Z0-9]{16}/)
    await alice.get('/roles/payments-dev/developer/credentials').expect(404)
    await alice.get('/roles/payments-dev/developer/console').expect(404)
  })

  it('gives an elevated role to nobody who has not signed in afresh for it (threats.md H8)', async () => {
    const path = '/roles/payments-prod/admin/credentials'
    const answer = await alice.post(path, { _csrf: await alice.csrf() }).expect(403)
    expect(answer.text).toContain('/roles/payments-prod/admin/step-up?for=credentials')
    expect(lastAudit()).toMatchObject({ event: 'refused', role: 'payments-prod/admin', code: 'step_up_required' })
  })
})
