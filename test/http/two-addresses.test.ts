import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { anAuthorization, redeem } from '../support/an-authorization.ts'
import { aPersonAt, form, type Person } from '../support/a-person.ts'
import { aStockAuthorization, aStockClient, call, pollOnce, refresh, start } from '../support/a-stock-client.ts'

/** Where the browser is, and where else somebody may be. */
const HERE = '203.0.113.7'
const AWAY = '198.51.100.9'
const OFFICE = ['192.0.2.10', '192.0.2.200'] as const

const behindProxy =
  (more = '') =>
  (text: string) =>
    `${text.replace('\n  management:', '\n  trusted_proxies: [127.0.0.1/32]\n  management:')}
networks: { office: [192.0.2.0/24], plant: [198.18.0.0/15, "2001:db8:f::/48"] }
${more}`
const from = (address: string) => ({ 'x-forwarded-for': address })

const worldOf = (edit: (text: string) => string) => {
  const world = {} as { demo: Demo; alice: Person }
  beforeAll(async () => {
    world.demo = await aDemo({ edit })
    world.alice = await aPersonAt(world.demo, 'alice')
  })
  afterAll(() => world.demo.close())
  return world
}
type World = ReturnType<typeof worldOf>

const last = ({ demo }: World, event: string) => demo.audit().findLast((record) => record['event'] === event)
const classOf = async ({ demo }: World, token: string) =>
  (await request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${token}`).expect(200)).body.session.via

/** Approves in a browser at one address what a terminal at another takes up. */
async function acrossByCode(world: World, browser: string, terminal: string) {
  const { demo, alice } = world
  const asked = anAuthorization()
  const _csrf = await alice.csrf()
  const answer = await alice
    .post('/oauth/authorize', { ...asked.fields, _csrf, decision: 'approve' })
    .set(from(browser))
    .expect(303)
  const code = new URL(String(answer.headers['location'])).searchParams.get('code') ?? ''
  return redeem(demo, asked, code).set(from(terminal))
}

/** A terminal of ours at one address, looked at and answered by a browser at another. */
async function acrossByDevice(world: World, browser: string, terminal: string) {
  const { demo, alice } = world
  const { body: started } = await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' })
    .set(from(terminal))
    .expect(200)
  const { device_code, user_code, match_number: number } = started as Record<string, string>
  const _csrf = await alice.csrf()
  const post = (fields: Record<string, string | undefined>) =>
    alice
      .post('/device', { _csrf, user_code: user_code ?? '', ...(fields as Record<string, string>) })
      .set(from(browser))
  return {
    number,
    look: () => post({}),
    pick: (picked = number) => post({ number: picked }),
    poll: () =>
      form(demo, '/oauth/token', {
        client_id: 'rolegate-cli',
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: device_code ?? '',
      }).set(from(terminal)),
  }
}

describe('a code approved in one place and taken up in another (threats.md D2)', () => {
  const world = worldOf(behindProxy())

  it.each([
    ['the same address', HERE, HERE, 'pkce'],
    ['one household’s IPv6 network', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 'pkce'],
    ['one network the operator named', OFFICE[0], OFFICE[1], 'pkce'],
    ['one network of two ranges and both families', '198.18.0.1', '2001:db8:f::1', 'pkce'],
    ['this machine, by either family', '127.0.0.1', '::1', 'pkce'],
    ['IPv4, written as IPv6', HERE, `::ffff:${HERE}`, 'pkce'],
    ['the neighbour’s address', HERE, '203.0.113.8', 'device'],
    ['the next household', '2001:db8:1:2::1', '2001:db8:1:3::1', 'device'],
    ['another family', HERE, '2001:db8:1:2::1', 'device'],
    ['inside and outside the office', OFFICE[0], AWAY, 'device'],
    ['two networks with names', OFFICE[0], '198.18.0.1', 'device'],
  ])('%s: %s and %s make a session of class %s', async (_how, browser, terminal, via) => {
    const { body } = await acrossByCode(world, browser, terminal).then((answer) => answer)
    expect(await classOf(world, body.access_token)).toBe(via)
    const plain = (address: string) => address.replace('::ffff:', '')
    expect(last(world, 'code_redeemed')).toMatchObject({
      approver_address: plain(browser),
      client_ip: plain(terminal),
      via,
    })
  })

  it('keeps the weaker class, whoever renews it from wherever (threats.md I8)', async () => {
    const { body } = await acrossByCode(world, HERE, AWAY)
    const renewed = await form(world.demo, '/oauth/token', {
      client_id: 'rolegate-cli',
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token,
    })
      .set(from(HERE))
      .expect(200)
    expect(await classOf(world, renewed.body.access_token)).toBe('device')
    await request(world.demo.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${String(renewed.body.access_token)}`)
      .send({ role: 'payments-prod/admin' })
      .expect(403)
  })

  it('does the same for stock tools: one story, two doors', async () => {
    const { demo, alice } = world
    const client = await aStockClient(demo)
    const asked = aStockAuthorization(client)
    const _csrf = await alice.csrf()
    const answer = await alice
      .post('/authorize', { ...asked.fields, _csrf, decision: 'approve' })
      .set(from(HERE))
      .expect(303)
    const { body } = await call(demo, '/token', {
      ...client,
      grantType: 'authorization_code',
      code: new URL(String(answer.headers['location'])).searchParams.get('code'),
      redirectUri: asked.fields['redirect_uri'],
      codeVerifier: asked.verifier,
    })
      .set(from(AWAY))
      .expect(200)
    expect(await classOf(world, body.accessToken)).toBe('device')
  })

  it('takes a refresh token that two places use at once for stolen (threats.md D9)', async () => {
    const { demo } = world
    const { body } = await acrossByCode(world, HERE, HERE)
    const renew = (address: string) =>
      form(demo, '/oauth/token', {
        client_id: 'rolegate-cli',
        grant_type: 'refresh_token',
        refresh_token: body.refresh_token,
      }).set(from(address))
    const { body: honest } = await renew(HERE).expect(200)
    expect((await renew(HERE).expect(200)).body.refresh_token).toBe(honest.refresh_token)
    expect((await renew(AWAY).expect(400)).body.error).toBe('invalid_grant')
    expect(last(world, 'session_ended')).toMatchObject({ reason: 'refresh_token_reused', client_ip: AWAY })
    await request(demo.url)
      .get('/v1/whoami')
      .set('authorization', `Bearer ${String(honest.access_token)}`)
      .expect(401)
  })
})

describe('where the operator lets nobody in from elsewhere', () => {
  const world = worldOf(behindProxy('sessions: { cli: { cross_network: refuse, device: { cross_network: refuse } } }'))

  it('a code is refused, on record with both addresses', async () => {
    const answer = await acrossByCode(world, HERE, AWAY)
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant'])
    expect(last(world, 'code_refused')).toMatchObject({
      reason: 'another_network',
      approver_address: HERE,
      client_ip: AWAY,
    })
  })

  it('a code works inside one network', async () => {
    const { body } = await acrossByCode(world, OFFICE[0], OFFICE[1])
    expect(await classOf(world, body.access_token)).toBe('pkce')
  })

  it('a terminal is shown, cannot be approved, and hears no', async () => {
    const { look, pick, poll } = await acrossByDevice(world, HERE, AWAY)
    const page = await look().expect(200)
    expect(page.text).toContain(AWAY)
    expect(page.text).not.toMatch(/name="number"|value="approve"/)
    await pick().expect(403)
    expect((await poll()).body.error).toBe('access_denied')
    expect(last(world, 'device_denied')).toMatchObject({
      reason: 'another_network',
      requester_address: AWAY,
      client_ip: HERE,
    })
  })
})

describe('a terminal that asks from where the browser is not (threats.md D3)', () => {
  const world = worldOf(behindProxy())

  it('is named with both places, waits ten seconds, and then needs the number', async () => {
    const { look, pick, poll } = await acrossByDevice(world, HERE, AWAY)
    const page = await look().expect(200)
    expect(page.text).toContain(AWAY)
    expect(page.text).toContain(HERE)
    await pick().expect(400)
    expect((await poll()).body.error).toBe('authorization_pending')
    world.demo.clock.offsetSeconds += 10
    await pick().expect(200)
    expect((await poll().expect(200)).body.access_token).toMatch(/^rga_/)
    expect(last(world, 'device_approved')).toMatchObject({ requester_address: AWAY, client_ip: HERE })
  })

  it('ends at a wrong number, on record with both addresses', async () => {
    const { number, look, pick, poll } = await acrossByDevice(world, HERE, AWAY)
    await look().expect(200)
    world.demo.clock.offsetSeconds += 10
    await pick(number === '99' ? '10' : String(Number(number) + 1)).expect(403)
    expect((await poll()).body.error).toBe('access_denied')
    expect(last(world, 'device_denied')).toMatchObject({
      reason: 'wrong_number',
      requester_address: AWAY,
      client_ip: HERE,
    })
  })

  it('is let in at once inside a network that has a name, which the page says', async () => {
    const { look, pick, poll } = await acrossByDevice(world, OFFICE[0], OFFICE[1])
    expect((await look().expect(200)).text).toContain('office')
    await pick().expect(200)
    await poll().expect(200)
  })

  it('shows no number when it is a stock tool: its code is typed once more', async () => {
    const { demo, alice } = world
    const client = await aStockClient(demo)
    const { userCode, deviceCode } = await start(demo, client)
    const _csrf = await alice.csrf()
    const post = (fields: Record<string, string>) =>
      alice.post('/device', { _csrf, user_code: userCode, ...fields }).set(from(AWAY))
    await post({}).expect(200)
    world.demo.clock.offsetSeconds += 10
    await post({ decision: 'approve' }).expect(400)
    await post({ decision: 'approve', retyped: 'BBBB-BBBB' }).expect(400)
    await post({ decision: 'approve', retyped: userCode }).expect(200)
    const { body } = await pollOnce(demo, client, deviceCode).expect(200)
    await refresh(demo, client, (body as { refreshToken: string }).refreshToken).expect(200)
  })
})

describe('what another hostile reading found', () => {
  const world = worldOf(behindProxy())

  it('gives nothing to whoever takes a device sign-in up elsewhere than it began (threats.md D3)', async () => {
    const { demo, alice } = world
    const { body } = await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' })
      .set(from(HERE))
      .expect(200)
    const { device_code, user_code, match_number: number } = body as Record<string, string>
    const _csrf = await alice.csrf()
    const post = (fields: Record<string, string>) =>
      alice.post('/device', { _csrf, user_code: user_code ?? '', ...fields }).set(from(HERE))
    await post({}).expect(200)
    await post({ number: number ?? '' }).expect(200)
    const poll = (address: string) =>
      form(demo, '/oauth/token', {
        client_id: 'rolegate-cli',
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: device_code ?? '',
      }).set(from(address))
    const stolen = await poll(AWAY).expect(403)
    expect(stolen.body).toMatchObject({ error: 'access_denied' })
    await poll(HERE).expect(400)
    expect(last(world, 'session_ended')).toMatchObject({ reason: 'another_network', client_ip: AWAY })
  })

  it.each([
    ['/oauth/device_authorization', { client_id: 'rolegate-cli' }],
    ['/oauth/token', { client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: 'rgr_x' }],
    ['/oauth/revoke', { client_id: 'rolegate-cli', token: 'rga_x' }],
  ])('%s answers no page that asks in a terminal’s place, from its visitor’s own address', async (path, fields) => {
    for (const header of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' },
      { origin: world.demo.url },
    ])
      await form(world.demo, path, fields).set(header).expect(403)
    // Node's own fetch says as much, and is no page.
    const plain = await form(world.demo, path, fields).set('sec-fetch-mode', 'cors')
    expect(plain.status).not.toBe(403)
  })

  it.each(['/client/register', '/device_authorization', '/token', '/logout'])(
    '%s answers none either',
    async (path) => {
      const answer = await call(world.demo, path, {}).set('origin', 'https://evil.example')
      expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([403, 'InvalidRequestException'])
    },
  )

  it('lets nobody stop others’ sign-ins: what is refused for its address counts for no one else (threats.md D7)', async () => {
    for (let tries = 0; tries < 31; tries += 1)
      await form(world.demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' }).set(from('198.51.100.77'))
    await form(world.demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' })
      .set(from('198.51.100.77'))
      .expect(429)
    await form(world.demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' })
      .set(from('198.51.100.78'))
      .expect(200)
  })
})

describe('a peer that is no trusted proxy', () => {
  const world = worldOf((text) => `${text}\nnetworks: { office: [192.0.2.0/24] }\n`)

  it('is where it is, whatever its headers say (security.md W-17)', async () => {
    const { body } = await acrossByCode(world, OFFICE[0], AWAY)
    expect(await classOf(world, body.access_token)).toBe('pkce')
    expect(last(world, 'code_redeemed')).toMatchObject({ approver_address: '127.0.0.1', client_ip: '127.0.0.1' })
    const { look, pick } = await acrossByDevice(world, OFFICE[0], AWAY)
    const page = await look().expect(200)
    expect(page.text).not.toMatch(/192\.0\.2\.10|198\.51\.100\.9|office/)
    await pick().expect(200)
    expect(last(world, 'device_approved')).toMatchObject({ requester_address: '127.0.0.1', client_ip: '127.0.0.1' })
  })

  it('cannot pass for an address of the operator’s by any other header', async () => {
    const { demo, alice } = world
    const asked = anAuthorization()
    const forged = { forwarded: `for=${OFFICE[0]}`, 'x-real-ip': OFFICE[0], 'true-client-ip': OFFICE[0] }
    const _csrf = await alice.csrf()
    await alice
      .post('/oauth/authorize', { ...asked.fields, _csrf, decision: 'approve' })
      .set(forged)
      .expect(303)
    expect(last(world, 'terminal_approved')).toMatchObject({ client_ip: '127.0.0.1' })
    expect(demo.audit().some((record) => record['client_ip'] === OFFICE[0])).toBe(false)
  })
})
