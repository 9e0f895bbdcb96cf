import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aGatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, aTerminalOf, aVisitor } from '../support/a-person.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'

let demo: Demo
beforeAll(async () => void (demo = await aDemo()))
afterAll(() => demo.close())

const ask = (bearer: string, url = demo.url) => request(url).get('/v1/config').set('authorization', `Bearer ${bearer}`)

describe('GET /v1/config', () => {
  it.each(['alice', 'bob'])('tells %s the rules in force, by name and in the order of the file', async (username) => {
    const { body } = await ask(await aTerminalBeside(demo, await aPersonAt(demo, username))).expect(200)
    expect(body).toMatchObject({
      config: expect.stringMatching(/^[0-9a-f]{12}$/),
      idps: [
        { id: 'demo', label: 'Demo directory', type: 'oidc' },
        { id: 'contractors', type: 'saml' },
      ],
      accounts: { sandbox: { id: '012345678901', environment: 'dev' } },
      roles: { admin: { roleName: 'rolegate/Admin', elevated: true, maxSeconds: 3600 } },
      admin: { operators: [{ idp: 'demo', groups: ['platform-engineers'] }] },
      vouchers: { demo: { type: 'oidc', subject: 'sub' } },
    })
    expect(body.rules[0]).toMatchObject({
      id: 'platform-looks-at-dev',
      effect: 'grant',
      match: { idp: 'demo', groups: ['platform-engineers'] },
      accounts: ['payments-dev', 'sandbox'],
      roles: ['readonly'],
    })
    expect(body.tests).toContainEqual({ as: 'demo: auditors', expects: 'can', role: 'data-prod/readonly' })
  })

  it('holds no secret, masked or not (threats.md P2)', async () => {
    const { text } = await ask(await aTerminalBeside(demo, await aPersonAt(demo, 'alice')))
    for (const secret of Object.values(demo.world.env)) expect(text).not.toContain(secret)
    expect(text).not.toMatch(/secret|masterKey|master_key|PRIVATE KEY|\*\*\*/i)
  })

  it('is nobody else’s, and no terminal’s that signed in with a code (threats.md P1)', async () => {
    const refused = async (bearer: string) => {
      const { status, body } = await ask(bearer)
      return [status, body.code]
    }
    const alice = await aPersonAt(demo, 'alice')
    expect(await refused(await aTerminalBeside(demo, await aPersonAt(demo, 'carol')))).toEqual([403, 'not_entitled'])
    expect(await refused((await aTerminalOf(demo, await aPersonAt(demo, 'carol'))).accessToken)).toEqual([
      403,
      'not_entitled',
    ])
    expect(await refused((await aTerminalOf(demo, alice)).accessToken)).toEqual([403, 'condition_unmet'])
  })

  it('takes the browser’s session on our own pages alone', async () => {
    const cookie = (await aPersonAt(demo, 'alice')).jar.header(demo.url)
    await request(demo.url).get('/v1/config').set({ cookie }).expect(403)
    await request(demo.url).get('/v1/config').set({ cookie, 'sec-fetch-site': 'cross-site' }).expect(403)
    await request(demo.url).get('/v1/config').set({ cookie, 'sec-fetch-site': 'same-origin' }).expect(200)
  })
})

describe.skipIf(whyNoSqlite)(sqliteTitle('after a reload'), () => {
  it('operators and auditors, what they read and what the status says are of the new configuration', async () => {
    const gateway = await aGatewayOverRestarts()
    await gateway.start()
    const alice = await aPersonAt(gateway, 'alice')
    const bearer = await aTerminalBeside(gateway, alice)
    const { body: before } = await ask(bearer, gateway.url).expect(200)

    // Refused: what was in force stays, and the page says so, with the first fault.
    expect(await gateway.reload((text) => text.replace('roles: [readonly, developer]', 'roles: [raedonly]'))).toBe(
      false,
    )
    const refused = (await alice.get('/admin/status').expect(200)).text
    expect(refused).toContain('What is on disk is not in force.')
    expect(refused).toContain('did you mean &quot;readonly&quot;?')
    expect((await ask(bearer, gateway.url)).body).toEqual(before)

    expect(await gateway.reload((text) => text.replace('max_duration: 4h', 'max_duration: 2h'))).toBe(true)
    const { body: after } = await ask(bearer, gateway.url).expect(200)
    expect(after.config).not.toBe(before.config)
    expect(JSON.stringify(after.rules)).toContain('7200')
    const { text } = await alice.get('/admin/status').expect(200)
    expect([text.includes(after.config), text.includes('What is on disk is in force.')]).toEqual([true, true])

    // What the host closed stands there too, and is no rule of the file.
    await gateway.onHost(async (desk) =>
      desk.deny({ aim: { kind: 'role', role: 'payments-prod/admin' }, by: 'root', reason: 'test' }),
    )
    const closed = (await alice.get('/admin/status').expect(200)).text
    expect(closed).toMatch(/emergency deny since [^<]+ UTC, by root: <code>payments-prod\/admin<\/code>/)
    expect(closed).toContain('4 accounts, 4 roles, 10 rules')
    expect((await ask(bearer, gateway.url)).body).toEqual(after)

    const why = (await alice.get('/roles/payments-prod/admin/why').expect(200)).text
    expect(why).toContain('from the host, whatever grants it')

    // An IdP that is closed is not called ready, has no button, and tells those who come back from it what is wrong.
    await gateway.onHost(async (desk) =>
      desk.deny({ aim: { kind: 'idp', idp: 'contractors' }, by: 'root', reason: 'test' }),
    )
    const idps = (await alice.get('/admin/status').expect(200)).text.split('<h2>Identity providers</h2>')[1] ?? ''
    expect(idps.match(/<dt>Now<\/dt><dd>[^<]+/g)).toEqual([
      '<dt>Now</dt><dd>ready for sign-ins',
      '<dt>Now</dt><dd>closed from the host: nobody can sign in there',
    ])
    const doors = (await aVisitor(gateway).get('/sign-in').expect(200)).text
    expect(doors).not.toContain('href="/sign-in/contractors')
    expect(doors).toContain('is closed for now, by the people who run Rolegate')

    // Whoever is no operator any more is none from the next request on (threats.md P1).
    const narrowed = (text: string) =>
      text.replace('operators: { idp: demo, group: platform-engineers }', 'operators: { idp: demo, group: others }')
    expect(await gateway.reload(narrowed)).toBe(true)
    await alice.get('/admin/status').expect(404)
    await ask(bearer, gateway.url).expect(403)
    expect((await alice.get('/me')).text).not.toContain('/admin')
    await gateway.close()
  })
})
