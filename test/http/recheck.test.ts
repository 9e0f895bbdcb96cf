import request from 'supertest'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  aGatewayWithEntra,
  aGatewayWithGoogle,
  ENTRA_ALICE,
  GOOGLE_ALICE,
  type Closing,
} from '../support/a-directory-gateway.ts'
import { ACCESS_TOKEN, exchange } from '../support/a-demo-with-jobs.ts'
import { aPersonAt, aTerminalOf, aVisitor, form, type Person } from '../support/a-person.ts'
import { groupIds } from '../support/fake-graph.ts'

const EVERY = 15 * 60
const ROLE = 'payments-dev/developer'

type Gateway = Awaited<ReturnType<typeof aGatewayWithEntra>>
/** Somebody’s browser, a terminal of theirs, and what they gave a container. */
type Held = { browser: Person; csrf: string; bearer: string; refreshToken: string; containerToken: string }
type Door = (held: Held) => Promise<{ status: number; text: string }>

const aContainerTokenOf = ({ demo }: Gateway, bearer: string) =>
  exchange(demo, bearer, { subject_token_type: ACCESS_TOKEN, scope: `container:${ROLE}` })

async function hold(gateway: Gateway): Promise<Held> {
  const browser = aVisitor(gateway.demo)
  await gateway.signIn(browser)
  const { accessToken, refreshToken } = await aTerminalOf(gateway.demo, browser)
  const { body } = await aContainerTokenOf(gateway, accessToken).expect(200)
  const { access_token: containerToken } = body as { access_token: string }
  return { browser, csrf: await browser.csrf(), bearer: accessToken, refreshToken, containerToken }
}

const later = ({ demo }: Pick<Gateway, 'demo'>, seconds: number) => void (demo.clock.offsetSeconds += seconds)
const lastOf = ({ demo }: Pick<Gateway, 'demo'>, event: string) =>
  demo.audit().findLast((record) => record['event'] === event)
const aboutDirectoriesIn = ({ demo }: Pick<Gateway, 'demo'>, from: number) =>
  demo
    .printed()
    .slice(from)
    .split('\n')
    .filter((line) => line.includes('a directory'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const metricsOf = async ({ demo }: Pick<Gateway, 'demo'>) => (await fetch(`${demo.managementUrl}/metrics`)).text()

describe('at every door that issues, with idps[].recheck (threats.md I7)', () => {
  const closing: Closing = []
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await aGatewayWithEntra(closing, { recheck: '{ every: 15m }' })
  })
  afterEach(() => {
    gateway.members.set(ENTRA_ALICE, groupIds(250))
    gateway.disabled.clear()
    // Whoever was left alone in one test is asked about in the next.
    later(gateway, 31)
    gateway.graph.bend({})
  })
  afterAll(async () => {
    for (const close of closing.toReversed()) await close()
  })

  const asTerminal = (path: string, { bearer }: Held, more: object = {}) =>
    request(gateway.demo.url)
      .post(path)
      .set('authorization', `Bearer ${bearer}`)
      .send({ role: ROLE, ...more })
  const DOORS: readonly (readonly [name: string, door: Door])[] = [
    ['the console', ({ browser, csrf: _csrf }) => browser.post(`/roles/${ROLE}/console`, { _csrf })],
    ['a posted assertion', ({ browser, csrf: _csrf }) => browser.post('/roles/sandbox/readonly/console', { _csrf })],
    ['credentials in the browser', ({ browser, csrf: _csrf }) => browser.post(`/roles/${ROLE}/credentials`, { _csrf })],
    ['POST /v1/credentials', (held) => asTerminal('/v1/credentials', held)],
    ['POST /v1/console', (held) => asTerminal('/v1/console', held)],
    [
      'the API of stock tools',
      ({ bearer }) =>
        request(gateway.demo.url)
          .get('/federation/credentials?account_id=111122223333&role_name=developer')
          .set('x-amz-sso_bearer_token', bearer),
    ],
    [
      'a container',
      ({ containerToken }) =>
        request(gateway.demo.url).get(`/v1/container-credentials/${ROLE}`).set('authorization', containerToken),
    ],
    ['a token for a container', ({ bearer }) => aContainerTokenOf(gateway, bearer)],
  ]

  it.each(DOORS)('%s: goes on while the groups are the same', async (_, door) => {
    const held = await hold(gateway)
    const before = gateway.graph.seen.length
    expect((await door(held)).status).toBeLessThan(400)
    expect(gateway.graph.seen).toHaveLength(before)
    later(gateway, EVERY + 1)
    expect((await door(held)).status).toBeLessThan(400)
    expect(gateway.graph.seen.slice(before).map(({ path }) => path)).toEqual([
      `/v1.0/users/${ENTRA_ALICE}`,
      `/v1.0/users/${ENTRA_ALICE}/transitiveMemberOf/microsoft.graph.group`,
    ])
    expect((await door(held)).status).toBeLessThan(400)
    expect(gateway.graph.seen).toHaveLength(before + 2)
  })

  it.each(DOORS)('%s: is refused once they are others, and the whole sign-in is over', async (_, door) => {
    const held = await hold(gateway)
    const seen = gateway.demo.world.aws.log().length
    gateway.members.set(ENTRA_ALICE, groupIds(249))
    later(gateway, EVERY - 60)
    await request(gateway.demo.url).get('/v1/whoami').set('authorization', `Bearer ${held.bearer}`).expect(200)
    later(gateway, 61)
    expect((await door(held)).status).toBe(401)
    // What is asked of AWS was asked for nobody.
    expect(gateway.demo.world.aws.log()).toHaveLength(seen)
    expect(lastOf(gateway, 'session_ended')).toMatchObject({
      reason: 'groups_changed',
      groups_gained: 0,
      groups_lost: 1,
      idp: 'entra',
      groups_count: 250,
    })
    expect(lastOf(gateway, 'refused')).toMatchObject({ code: 'sign_in_required', reason: 'groups_changed' })
    await request(gateway.demo.url).get('/v1/whoami').set('authorization', `Bearer ${held.bearer}`).expect(401)
    const renewal = { client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: held.refreshToken }
    expect((await form(gateway.demo, '/oauth/token', renewal).expect(400)).body).toMatchObject({
      error: 'invalid_grant',
    })
    await request(gateway.demo.url)
      .get(`/v1/container-credentials/${ROLE}`)
      .set('authorization', held.containerToken)
      .expect(401)
    await held.browser.get('/').expect(303)
    // And a new sign-in reads them anew.
    await gateway.signIn(held.browser)
    expect((await held.browser.get('/').expect(200)).text).not.toContain(ROLE)
  })

  it.each(DOORS)('%s: is refused while Graph is silent, and nobody’s sign-in ends', async (_, door) => {
    const held = await hold(gateway)
    later(gateway, EVERY + 1)
    gateway.graph.bend({ instead: (_req, res) => (res.destroy(), true) })
    const refused = await door(held)
    expect(refused.status).toBe(503)
    expect(lastOf(gateway, 'refused')).toMatchObject({
      code: 'idp_unavailable',
      reason: expect.stringMatching(/^directory:/),
    })
    gateway.graph.bend({})
    later(gateway, 6)
    expect((await door(held)).status).toBeLessThan(400)
  })

  it('says so in words, in a terminal and on a page that leads to a new sign-in', async () => {
    const [one, other] = [await hold(gateway), await hold(gateway)]
    gateway.members.set(ENTRA_ALICE, groupIds(251))
    later(gateway, EVERY + 1)
    expect((await asTerminal('/v1/credentials', one).expect(401)).body).toMatchObject({
      code: 'sign_in_required',
      detail: expect.stringContaining('What your directory says of you has changed since you signed in'),
      next: expect.stringContaining('rolegate login'),
    })
    const { browser, csrf: _csrf } = other
    const page = await browser.post(`/roles/${ROLE}/console`, { _csrf }).expect(401)
    expect(page.text).toContain('has changed since you signed in')
    expect(page.text).toContain(`href="/sign-in?returnTo=${encodeURIComponent(`/roles/${ROLE}`)}"`)
    expect(lastOf(gateway, 'session_ended')).toMatchObject({ groups_gained: 1, groups_lost: 0 })
  })

  it('ends the sign-in of somebody whose account is switched off, and says which it was', async () => {
    const held = await hold(gateway)
    gateway.disabled.add(ENTRA_ALICE)
    later(gateway, EVERY + 1)
    await asTerminal('/v1/credentials', held).expect(401)
    const record = lastOf(gateway, 'session_ended')
    expect(record).toMatchObject({ reason: 'not_in_directory' })
    expect(record).not.toHaveProperty('groups_lost')
  })

  it('asks Graph once, however many ask at once', async () => {
    const held = await hold(gateway)
    later(gateway, EVERY + 1)
    const before = gateway.graph.seen.length
    const answers = await Promise.all(Array.from({ length: 5 }, () => asTerminal('/v1/credentials', held)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(gateway.graph.seen).toHaveLength(before + 2)
  })

  it('tells that somebody’s groups are not told, and counts it, without a name', async () => {
    const held = await hold(gateway)
    later(gateway, EVERY + 1)
    const from = gateway.demo.printed().length
    gateway.graph.bend({ instead: (_req, res) => (res.writeHead(403).end('{}'), true) })
    for (const _ of [1, 2, 3]) {
      const { body, headers } = await asTerminal('/v1/credentials', held).expect(503)
      expect(headers['retry-after']).toBe('10')
      expect(body).toMatchObject({ code: 'idp_unavailable', title: 'Your directory does not tell us your groups' })
    }
    gateway.graph.bend({})
    later(gateway, 11)
    await asTerminal('/v1/credentials', held).expect(200)
    expect(aboutDirectoriesIn(gateway, from)).toMatchObject([
      {
        level: 'warn',
        message: 'a directory does not tell the groups of somebody again',
        idp: 'entra',
        reason: 'directory:answered_403',
      },
    ])
    const metrics = await metricsOf(gateway)
    for (const outcome of ['same', 'changed', 'unanswered'])
      expect(metrics).toMatch(
        new RegExp(`^rolegate_group_rechecks_total\\{idp="entra",outcome="${outcome}"\\} \\d+$`, 'm'),
      )
    expect(metrics).not.toContain('aaaaaaaa')
  })

  it('tells once that a directory throttles us, and when it tells again; /readyz has it meanwhile', async () => {
    const sessions = [await hold(gateway), await hold(gateway), await hold(gateway)]
    later(gateway, EVERY + 1)
    const degraded = async () =>
      ((await (await fetch(`${gateway.demo.managementUrl}/readyz`)).json()) as { degraded: readonly string[] }).degraded
    const from = gateway.demo.printed().length
    // What happens again within minutes is not said again.
    for (const held of sessions) {
      gateway.graph.bend({ instead: (_req, res) => (res.writeHead(429, { 'retry-after': '7' }).end(), true) })
      expect((await asTerminal('/v1/credentials', held).expect(503)).headers['retry-after']).toBe('7')
      expect(await degraded()).toContain('directory:entra')
      later(gateway, 8)
      gateway.graph.bend({})
      await asTerminal('/v1/credentials', held).expect(200)
      expect(await degraded()).not.toContain('directory:entra')
    }
    const said = aboutDirectoriesIn(gateway, from)
    expect(said).toMatchObject([
      {
        level: 'error',
        message: expect.stringMatching(/^a directory does not tell groups again: /),
        reason: 'directory:answered_429',
      },
      { level: 'info', message: 'a directory tells groups again', idp: 'entra' },
    ])
    expect(JSON.stringify(said)).not.toMatch(/alice|aaaaaaaa-1111/)
  })

  it('looks, lists and renews by what was stated, and asks nobody', async () => {
    const held = await hold(gateway)
    gateway.members.set(ENTRA_ALICE, [])
    later(gateway, EVERY + 1)
    const before = gateway.graph.seen.length
    expect((await held.browser.get('/').expect(200)).text).toContain(ROLE)
    await held.browser.get('/me').expect(200)
    const renewal = { client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: held.refreshToken }
    await form(gateway.demo, '/oauth/token', renewal).expect(200)
    expect(gateway.graph.seen).toHaveLength(before)
  })
})

describe('idps[].recheck', () => {
  const closing: Closing = []
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })

  it('with else: warn goes on by what was stated while Graph is silent, and ends the sign-in once it answers', async () => {
    const gateway = await aGatewayWithEntra(closing, { recheck: '{ every: 1m, else: warn }' })
    const { bearer } = await hold(gateway)
    const take = () =>
      request(gateway.demo.url).post('/v1/credentials').set('authorization', `Bearer ${bearer}`).send({ role: ROLE })
    gateway.members.set(ENTRA_ALICE, [])
    gateway.graph.bend({ instead: (_req, res) => (res.destroy(), true) })
    later(gateway, 61)
    await take().expect(200)
    await take().expect(200)
    expect(await metricsOf(gateway)).toContain('rolegate_group_rechecks_total{idp="entra",outcome="unanswered"} 2')
    expect(gateway.demo.printed()).toContain('a directory does not tell the groups of somebody again')
    gateway.graph.bend({})
    later(gateway, 6)
    await take().expect(401)
  })

  it('reads Graph at the sign-in, whatever the token holds', async () => {
    const gateway = await aGatewayWithEntra(closing, { recheck: '{ every: 15m }', claims: { groups: groupIds(3) } })
    expect((await gateway.signIn()).status).toBe(303)
    expect(lastOf(gateway, 'sign_in')).toMatchObject({ groups_count: 250 })
  })

  it('stands on the status page, which promises nothing of the other IdPs by it', async () => {
    const gateway = await aGatewayWithEntra(closing, { recheck: '{ every: 15m }' })
    const { text } = await (await aPersonAt(gateway.demo, 'alice')).get('/admin/status').expect(200)
    expect(text).toContain('asked for again before a hand-over, after 15m')
    expect(text.match(/asked for again before/g)).toHaveLength(1)
    expect(text).toContain('at most 12h')
  })

  it('is off by default: groups are as old as the sign-in', async () => {
    const gateway = await aGatewayWithEntra(closing)
    const { bearer } = await hold(gateway)
    const before = gateway.graph.seen.length
    gateway.members.set(ENTRA_ALICE, [])
    later(gateway, 40 * 60)
    await request(gateway.demo.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${bearer}`)
      .send({ role: ROLE })
      .expect(200)
    expect(gateway.graph.seen).toHaveLength(before)
    expect(await metricsOf(gateway)).not.toContain('rolegate_group_rechecks_total{')
  })

  it('asks Google too, and ends the sign-in of somebody it has suspended', async () => {
    const gateway = await aGatewayWithGoogle(closing, { recheck: '{ every: 15m }' })
    await gateway.signIn()
    const { accessToken } = await aTerminalOf(gateway.demo, gateway.visitor)
    const take = () =>
      request(gateway.demo.url)
        .post('/v1/credentials')
        .set('authorization', `Bearer ${accessToken}`)
        .send({ role: ROLE })
    later(gateway, EVERY + 1)
    await take().expect(200)
    gateway.suspended.add(GOOGLE_ALICE)
    later(gateway, EVERY - 60)
    await take().expect(200)
    later(gateway, 61)
    await take().expect(401)
    expect(lastOf(gateway, 'session_ended')).toMatchObject({ idp: 'google', reason: 'not_in_directory' })
  })
})
