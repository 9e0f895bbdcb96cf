import request from 'supertest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => void (demo = await aDemo()))
afterAll(() => demo.close())

const turnedAway = (reason: string) =>
  demo.audit().filter(({ event, reason: said }) => event === 'turned_away' && said === reason)
const SECRET = 'x'.repeat(43)

const asTerminal = (token: string) => request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${token}`)
const grant = (fields: Record<string, string>) =>
  request(demo.url)
    .post('/oauth/token')
    .type('form')
    .send({ client_id: 'rolegate-cli', ...fields })

it('a token, a code or a cookie that opens nothing is on record, and not what it was (security.md A-8, A-4)', async () => {
  await asTerminal(`rga_${SECRET}`).expect(401)
  expect(turnedAway('unknown_token')).toMatchObject([{ code: 'sign_in_required', client_ip: '127.0.0.1' }])
  await grant({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: `rgd_${SECRET}` }).expect(400)
  expect(turnedAway('unknown_code')).toMatchObject([{ code: 'invalid_grant' }])

  const alice = await aPersonAt(demo, 'alice')
  const cookie = alice.jar.header(demo.url)
  const cut = await request(demo.url).get('/me').set('cookie', cookie.slice(0, -1))
  expect([cut.status, cut.headers['location']]).toEqual([303, expect.stringMatching(/^\/sign-in\?/)])
  expect(turnedAway('altered_cookie')).toMatchObject([{ code: 'sign_in_required' }])
  expect(JSON.stringify(demo.audit())).not.toContain(SECRET)
})

it('who shows nothing has tried nothing', async () => {
  const already = demo.audit().length
  await request(demo.url).get('/v1/whoami').expect(401)
  await request(demo.url).get('/assignment/accounts').expect(401)
  await request(demo.url).get('/me').expect(303)
  expect(demo.audit()).toHaveLength(already)
})

it('a hundred of them are a line a minute', async () => {
  for (let tries = 0; tries < 100; tries += 1) await asTerminal(`rga_${'y'.repeat(43)}`).expect(401)
  expect(turnedAway('unknown_token')).toHaveLength(1)
})

it('what attacks try is counted by its class (security.md A-9)', async () => {
  const { managementUrl } = demo
  const counted = async (kind: string) => {
    const text = await (await fetch(`${managementUrl}/metrics`)).text()
    return Number(text.match(`rolegate_suspect_requests_total\\{class="${kind}"\\} (\\d+)`)?.[1])
  }
  const [guesses, replays] = [await counted('guess'), await counted('replay')]
  await asTerminal(`rga_${SECRET}`).expect(401)
  const alice = aVisitor(demo)
  const answer = await alice.samlAnswer('erin')
  const cookies = alice.jar.header(demo.url)
  await alice.postAcs(answer).expect(303)
  const again = aVisitor(demo)
  again.jar.take(
    demo.url,
    cookies.split('; ').map((cookie) => `${cookie}; Secure; SameSite=None`),
  )
  await again.postAcs(answer).expect(403)
  expect([await counted('guess'), await counted('replay')]).toEqual([guesses + 1, replays + 1])
})

it('the cookie of a session that is over is everybody’s in the morning, and no record', async () => {
  const alice = await aPersonAt(demo, 'alice')
  const cookie = alice.jar.header(demo.url)
  await alice.post('/sign-out', { _csrf: await alice.csrf() }).expect(303)
  const already = demo.audit().length
  const { status } = await request(demo.url).get('/me').set('cookie', cookie)
  expect([status, demo.audit().length]).toEqual([303, already])
})
