import { request as rawRequest } from 'node:http'
import { createServer, type Socket } from 'node:net'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { aDemo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, aVisitor, form } from '../support/a-person.ts'

/** One demo a case: each bends it its own way. */
async function inADemo(
  edit: (text: string) => string,
  run: (demo: Awaited<ReturnType<typeof aDemo>>) => Promise<void>,
) {
  const demo = await aDemo({ edit })
  try {
    await run(demo)
  } finally {
    await demo.close()
  }
}
const asItIs = (text: string) => text
const whoami = (demo: { url: string }, token: string) =>
  request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${token}`)

describe('signing out ends every terminal of the person (threats.md D10)', () => {
  it('also those of a sign-in that was replaced, and those of another browser', () =>
    inADemo(asItIs, async (demo) => {
      const laptop = await aPersonAt(demo, 'alice')
      const first = await aTerminalOf(demo, laptop)
      await laptop.fetch(await laptop.callbackUrl('alice'))
      const phone = await aPersonAt(demo, 'alice')
      await phone.post('/sign-out', { _csrf: await phone.csrf() }).expect(303)
      await whoami(demo, first.accessToken).expect(401)
      await laptop.get('/').expect(200)
    }))

  it('sends nobody who is signed out already to sign in again', () =>
    inADemo(asItIs, async (demo) => {
      const person = await aPersonAt(demo, 'alice')
      const csrf = await person.csrf()
      await person.post('/sign-out', { _csrf: csrf }).expect(303)
      expect((await person.post('/sign-out', { _csrf: csrf }).expect(303)).headers['location']).toBe('/signed-out')
    }))

  it('records the sign-out of whoever is replaced by another person in the same browser', () =>
    inADemo(asItIs, async (demo) => {
      const alice = await aPersonAt(demo, 'alice')
      const { accessToken } = await aTerminalOf(demo, alice)
      const bob = aVisitor(demo)
      const callback = await bob.callbackUrl('bob')
      bob.jar.take(
        demo.url,
        alice.jar
          .header(demo.url)
          .split('; ')
          .filter((cookie) => cookie.startsWith('rolegate=')),
      )
      await bob.fetch(callback)
      await whoami(demo, accessToken).expect(401)
      expect(demo.audit().find(({ event }) => event === 'sign_out')).toMatchObject({ username: 'alice@example.com' })
    }))
})

it('another site cannot start a sign-in over a live session without a click (security.md W-11)', () =>
  inADemo(asItIs, async (demo) => {
    const person = await aPersonAt(demo, 'alice')
    const start = (site: string) => person.get('/sign-in/demo').set('sec-fetch-site', site).expect(303)
    expect((await start('cross-site')).headers['location']).toBe('/sign-in?choose&returnTo=%2F')
    expect((await start('same-origin')).headers['location']).toContain(demo.world.urls.idp)
    const stranger = await aVisitor(demo).get('/sign-in/demo').set('sec-fetch-site', 'cross-site').expect(303)
    expect(stranger.headers['location']).toContain(demo.world.urls.idp)
  }))

it('sessions.cli.refresh bounds how long a terminal can be renewed, and login: [] ends renewals', async () => {
  const sessions = (cli: string) => (text: string) => text.replace('\nstore:', `\nsessions: { cli: ${cli} }\nstore:`)
  await inADemo(sessions('{ access: 20m, refresh: 30m }'), async (demo) => {
    const { refreshToken } = await aTerminalOf(demo, await aPersonAt(demo, 'alice'))
    const renew = (token: string) =>
      form(demo, '/oauth/token', { client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: token })
    demo.clock.offsetSeconds = 25 * 60
    const renewed = await renew(refreshToken).expect(200)
    demo.clock.offsetSeconds = 31 * 60
    await renew(String(renewed.body.refresh_token)).expect(400)
  })
  await inADemo(sessions('{ login: [] }'), async (demo) => {
    for (const fields of [
      { grant_type: 'refresh_token', refresh_token: 'rgr_x' },
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'rgd_x' },
    ]) {
      expect((await form(demo, '/oauth/token', { client_id: 'rolegate-cli', ...fields }).expect(400)).body.error).toBe(
        'unsupported_grant_type',
      )
    }
    await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' }).expect(400)
  })
})

it('a refresh token that was stolen and comes back is on record (threats.md D9)', () =>
  inADemo(asItIs, async (demo) => {
    const { refreshToken } = await aTerminalOf(demo, await aPersonAt(demo, 'alice'))
    const renew = () =>
      form(demo, '/oauth/token', {
        client_id: 'rolegate-cli',
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      })
    await renew().expect(200)
    demo.clock.offsetSeconds = 40
    await renew().expect(400)
    expect(demo.audit().at(-1)).toMatchObject({
      event: 'session_ended',
      reason: 'refresh_token_reused',
      username: 'alice@example.com',
      client_ip: '127.0.0.1',
    })
  }))

it('an unknown role and a foreign destination at the console doors are on record', () =>
  inADemo(asItIs, async (demo) => {
    const { accessToken } = await aTerminalOf(demo, await aPersonAt(demo, 'alice'))
    const ask = (body: object) =>
      request(demo.url).post('/v1/console').set('authorization', `Bearer ${accessToken}`).send(body)
    await ask({ role: 'payments-dev/root' }).expect(404)
    expect(demo.audit().at(-1)).toMatchObject({ event: 'refused', code: 'role_unknown', hand_over: 'console' })
    await ask({ role: 'payments-dev/readonly', destination: 'https://evil.example/' }).expect(400)
    expect(demo.audit().at(-1)).toMatchObject({ event: 'refused', code: 'destination_refused' })
  }))

it('an IdP that accepts and never answers holds up neither /readyz nor the sign-in page (security.md V-7, V-18)', async () => {
  const callers: Socket[] = []
  const givenUp = () => callers.filter(({ readableEnded, destroyed }) => readableEnded || destroyed).length
  const silent = createServer((caller) => void callers.push(caller))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  const hung = `
  - { id: hung, type: oidc, label: Hung, issuer: "http://127.0.0.1:${port}", client_id: x, client_secret_env: DEMO_CLIENT_SECRET, allow: { http: true }, groups: { claim: groups } }
`
  await inADemo(
    (text) => text.replace('\naccounts:', `${hung}\naccounts:`),
    async (demo) => {
      const before = givenUp()
      await request(demo.managementUrl).get('/readyz').expect(200)
      await aVisitor(demo).get('/sign-in').expect(200)
      // Whoever waits for the IdP gives up at its bound: nobody did meanwhile, so neither has waited for that.
      expect(callers.length).toBeGreaterThan(0)
      expect(givenUp()).toBe(before)
    },
  )
  silent.close()
})

it('an issuer with a path serves its documents there', () =>
  inADemo(
    (text) => text.replace('\nidps:', `\nissuer: { url: "${/public_url: (\S+)/.exec(text)?.[1]}/aws" }\n\nidps:`),
    async (demo) => {
      const { body } = await request(demo.url).get('/aws/.well-known/openid-configuration').expect(200)
      expect(body).toMatchObject({ issuer: `${demo.url}/aws`, jwks_uri: `${demo.url}/aws/.well-known/jwks.json` })
      await request(demo.url).get('/aws/.well-known/jwks.json').expect(200)
      await request(demo.url).get('/.well-known/openid-configuration').expect(404)
    },
  ))

it('a program’s address answers in JSON whatever is accepted, and names are case-sensitive (security.md W-18)', () =>
  inADemo(asItIs, async (demo) => {
    const answer = await request(demo.url)
      .post('/oauth/token')
      .set('accept', 'text/html')
      .type('form')
      .send('client_id=x&grant_type=y')
    expect(answer.headers['content-type']).toContain('json')
    await request(demo.url).get('/V1/roles').set('accept', 'application/json').expect(404)
    await request(demo.url).get('/Roles/payments-dev/readonly').set('accept', 'application/json').expect(404)
  }))

it('an odd request line is refused without an error of ours', () =>
  inADemo(asItIs, async (demo) => {
    const { hostname, port, host } = new URL(demo.url)
    const status = await new Promise((resolve, reject) => {
      const sent = rawRequest({ hostname, port, method: 'OPTIONS', path: '*', headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      sent.once('error', reject).end()
    })
    expect(status).toBeLessThan(500)
    expect(demo.printed()).not.toContain('"level":"error"')
  }))

it('the fragment of a page does not travel to the IdP: a user code stands in it (threats.md D5)', () =>
  inADemo(asItIs, async (demo) => {
    expect((await aVisitor(demo).get('/device').expect(303)).headers['location']).toBe('/sign-in?returnTo=%2Fdevice#-')
  }))
