import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'

const ROLE = 'payments-dev/readonly'
const same = (text: string) => text
const closed = (text: string) =>
  text.replace('\nsts:', '  - { id: frozen, match: { everyone: true }, deny: { accounts: "*", roles: "*" } }\n\nsts:')
const broken = (text: string) => text.replace('\nidps:', '\nidpz:')

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('a reload'), () => {
  let gateway: GatewayOverRestarts
  let alice: Person
  let access: string
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
  }, 60_000)
  afterAll(() => gateway.close())
  beforeEach(async () => {
    await gateway.start()
    alice = await aPersonAt(gateway, 'alice')
    access = (await aTerminalOf(gateway, alice)).accessToken
  }, 60_000)

  const take = () =>
    request(gateway.url).post('/v1/credentials').set('authorization', `Bearer ${access}`).send({ role: ROLE })
  const readiness = async () => {
    const { status, body } = await request(gateway.managementUrl).get('/readyz')
    return [status, (body as { degraded: string[] }).degraded]
  }
  const metrics = async () => (await request(gateway.managementUrl).get('/metrics')).text
  const last = () => gateway.audit().at(-1)

  it('is in force for a running session at its next request, and undone as fast (security.md M-19)', async () => {
    await take().expect(200)
    expect(await gateway.reload(closed)).toBe(true)
    expect((await take().expect(403)).body).toMatchObject({ code: 'denied_by_rule' })
    expect((await alice.get('/')).text).toContain('<code>frozen</code>')
    expect(await gateway.reload(same)).toBe(true)
    await take().expect(200)
  })

  it.each(['credentials', 'console'])(
    'makes a role unknown that is taken between the trip and the last click: %s (threats.md P3)',
    async (kind) => {
      const start = `/roles/payments-prod/admin/step-up?for=${kind}`
      const back = await alice.fetch(await alice.callbackUrl('alice', start))
      const path = back.headers.get('location') ?? ''
      expect(path).toMatch(/^\/step-up\//)
      const _csrf = await alice.csrf()
      expect(
        await gateway.reload((text) =>
          text.replace(/\ntests:[\s\S]*/, '\n').replace('group: payments-admins', 'group: nobody'),
        ),
      ).toBe(true)
      const fields = { _csrf, ...(kind === 'console' && { destination: 's3' }) }
      for (const answer of [await alice.get(path), await alice.post(path, fields)])
        expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('role_unknown')])
      expect(await gateway.reload(same)).toBe(true)
    },
  )

  it('says on record which file it was, which it is, and what is another', async () => {
    await take().expect(200)
    const before = last()?.['config_hash']
    await gateway.reload(closed)
    expect(last()).toMatchObject({
      event: 'config_loaded',
      reason: 'signal',
      former_hash: before,
      config_hash: expect.stringMatching(/^[0-9a-f]{12}$/),
      changes: ['rule frozen came'],
      changes_count: 1,
      needs_restart: [],
    })
    expect(last()?.['config_hash']).not.toBe(before)
    expect(last()).not.toHaveProperty('client_ip')
    expect(await metrics()).toContain(`rolegate_config_info{hash="${String(last()?.['config_hash'])}"} 1`)
  })

  it('warns when it takes every role from people who signed in lately, and is in force all the same (threats.md R8)', async () => {
    expect(await gateway.reload((text) => text)).toBe(true)
    expect(last()).toMatchObject({ event: 'config_loaded', lockout: [] })
    expect(await gateway.reload(closed)).toBe(true)
    expect(last()).toMatchObject({ lockout: ['1 of 1 people who signed in lately lose every role'] })
    expect(gateway.said()).toContain('locks people out')
    await take().expect(403)
  })

  it('is refused when nobody is an operator any more, until somebody on the host says that this is meant (threats.md R8)', async () => {
    const withoutStaff = (text: string) => text.replace(/^admin:\n( .*\n)+/m, '')
    const by = 'root'
    const accept = (change: (text: string) => string, acceptsLockout = true) =>
      gateway.onHost((desk) => desk.askReload({ hash: gateway.hashOf(change), acceptsLockout, by }))
    expect(await gateway.reload((text) => text)).toBe(true)
    expect(await gateway.reload(withoutStaff)).toBe(false)
    expect(last()).toMatchObject({ event: 'config_refused', faults: [expect.stringContaining('--accept-lockout')] })
    expect(await readiness()).toEqual([200, ['config']])
    await take().expect(200)

    // Neither a wish to reload, nor the word for another file, nor one of long ago.
    await accept(withoutStaff, false)
    expect(await gateway.reload(withoutStaff)).toBe(false)
    await accept((text) => `${withoutStaff(text)}\n# another\n`)
    expect(await gateway.reload(withoutStaff)).toBe(false)
    await accept(withoutStaff)
    gateway.clock.offsetSeconds = 3601
    expect(await gateway.reload(withoutStaff)).toBe(false)
    gateway.clock.offsetSeconds = 0

    await accept(withoutStaff)
    expect(await gateway.reload(withoutStaff)).toBe(true)
    expect(last()).toMatchObject({
      event: 'config_loaded',
      lockout: expect.arrayContaining(['no operator is named any more']),
      lockout_accepted_by: by,
    })
    expect(await readiness()).toEqual([200, []])
    expect(await gateway.reload((text) => text)).toBe(true)
    expect(last()).not.toHaveProperty('lockout_accepted_by')
  })

  it('that lowers the longest session ends those that are older, and their terminals (threats.md I7)', async () => {
    const shorter = (text: string) => `${text}\nsessions: { browser: { absolute: 15m, idle: 15m } }\n`
    await take().expect(200)
    gateway.clock.offsetSeconds = 1000
    await take().expect(200)
    expect(await gateway.reload(shorter)).toBe(true)
    await take().expect(401)
    await alice.get('/').expect(303)
    gateway.clock.offsetSeconds = 0
  })

  it('that fails leaves everything as it was, and says so until it succeeds', async () => {
    expect(await gateway.reload(broken)).toBe(false)
    await take().expect(200)
    expect(await readiness()).toEqual([200, ['config']])
    expect(await metrics()).toContain('rolegate_config_last_reload_successful 0')
    expect(gateway.said()).toContain('the one before stays in force')
    const refused = gateway.audit().filter(({ event }) => event === 'config_refused')
    expect(refused.at(-1)).toMatchObject({ reason: 'signal', faults_count: expect.any(Number) })
    expect(String(refused.at(-1)?.['faults'])).toContain('did you mean "idps"')

    // The same fault once more is no news.
    await gateway.reload(broken)
    expect(gateway.audit().filter(({ event }) => event === 'config_refused')).toHaveLength(refused.length)

    expect(await gateway.reload(same)).toBe(true)
    expect(await readiness()).toEqual([200, []])
    expect(await metrics()).toContain('rolegate_config_last_reload_successful 1')
  })

  it('whose own tests fail is refused', async () => {
    const withTest = (text: string) =>
      `${text}tests:\n  - as: { idp: demo, groups: [platform-engineers] }\n    cannot: [${ROLE}]\n`
    expect(await gateway.reload(withTest)).toBe(false)
    await take().expect(200)
  })

  it('ends the sessions of an IdP that is gone, or is another (threats.md I2)', async () => {
    await alice.get('/').expect(200)
    await gateway.reload((text) =>
      text.replace('- id: demo\n', '- id: other\n').replaceAll('idp: demo,', 'idp: other,'),
    )
    await alice.get('/').expect(303)
    await take().expect(401)
    await gateway.reload((text) =>
      text.replace(/(- id: demo\n {4}type: oidc\n {4}label: .*\n {4}issuer: ).*/, `$1${gateway.jobs.issuer}`),
    )
    await take().expect(401)
  })

  it('gives a pod nothing whose workload became another issuer’s while AWS was asked (threats.md I2, H5)', async () => {
    const token = await gateway.jobs.token({ aud: [`${gateway.url}/containers`], jti: undefined })
    const ask = () => request(gateway.url).get(`/v1/container-credentials/${ROLE}`).set({ authorization: token })
    await ask().expect(200)
    const hold = gateway.world.aws.hold()
    const asked = ask().then((answer) => answer)
    await hold.arrived
    expect(await gateway.reload((text) => text.replace(gateway.jobs.issuer, 'http://127.0.0.1:9'))).toBe(true)
    hold.release()
    const answer = await asked
    expect([answer.status, answer.text]).toEqual([401, expect.not.stringContaining('ASIA')])
    expect(last()).toMatchObject({ event: 'withheld', code: 'sign_in_required' })
  })

  it('takes all but what a running process cannot change, and names that', async () => {
    expect(
      await gateway.reload((text) =>
        closed(text).replace('driver: sqlite, path: ', 'driver: sqlite, path: /elsewhere'),
      ),
    ).toBe(true)
    expect(last()).toMatchObject({ event: 'config_loaded', needs_restart: ['store'] })
    await take().expect(403)
    expect(await readiness()).toEqual([200, ['config:needs-restart']])
    await gateway.reload(same)
    expect(await readiness()).toEqual([200, []])
  })

  it('lets a sign-in come back that began before it', async () => {
    const carol = aVisitor(gateway)
    const callback = await carol.callbackUrl('carol')
    await gateway.reload(closed)
    const answer = await carol.fetch(callback)
    expect(answer.status).toBe(303)
  })

  it('asked for again and again while one is under way, reads once more and not as often as it was asked', async () => {
    let readings = 0
    const counted = (text: string) => {
      readings += 1
      return text
    }
    const first = gateway.reload(counted)
    await expect.poll(() => readings).toBe(1)
    const others = Array.from({ length: 20 }, () => gateway.reload(counted))
    expect(await Promise.all([first, ...others])).toEqual(Array.from({ length: 21 }, () => true))
    expect(readings).toBe(2)
  })

  it('says nothing of the file when the gateway stops meanwhile', async () => {
    const before = gateway.said().length
    const reloading = gateway.reload(closed)
    await gateway.stop()
    expect(await reloading).toBe(false)
    expect(gateway.said().slice(before)).not.toMatch(/config_refused|was refused|cannot be written/)
  })

  it('twenty of them under fifty requests at a time: not one of those fails', async () => {
    const ways = [same, closed]
    const over = new AbortController()
    const statuses = new Set<number>()
    const asking = Array.from({ length: 50 }, async () => {
      while (!over.signal.aborted) {
        const { status } = await request(gateway.url).get('/v1/roles').set('authorization', `Bearer ${access}`)
        statuses.add(status)
      }
    })
    for (let reloads = 0; reloads < 20; reloads += 1) expect(await gateway.reload(ways[reloads % 2] ?? same)).toBe(true)
    over.abort()
    await Promise.all(asking)
    expect([...statuses]).toEqual([200])
  }, 60_000)
})
