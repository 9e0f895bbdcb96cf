import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'
import { aServedGateway, noSqlite } from '../support/a-served-gateway.ts'

describe.skipIf(noSqlite)(`serve, on SQLite${noSqlite === undefined ? '' : ` (${noSqlite})`}`, () => {
  let gateway: Awaited<ReturnType<typeof aServedGateway>>
  beforeAll(async () => void (gateway = await aServedGateway()))
  afterAll(() => gateway.close())
  const keys = async () => (await request(gateway.url).get('/.well-known/jwks.json')).text

  it('keeps sessions, terminals and the signing key over a restart; SIGTERM ends it cleanly with 0', async () => {
    expect(await gateway.start()).toBeUndefined()
    const alice = await aPersonAt(gateway, 'alice')
    const { accessToken } = await aTerminalOf(gateway, alice)
    const before = await keys()
    expect(await gateway.stop('SIGTERM')).toBe(0)

    expect(await gateway.start()).toBeUndefined()
    expect(await keys()).toBe(before)
    await alice.get('/').expect(200)
    await request(gateway.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'payments-dev/developer' })
      .expect(200)
    expect(await gateway.stop('SIGTERM')).toBe(0)
  }, 60_000)

  it('finishes a hand-over that is under way when SIGTERM comes (security.md V-11)', async () => {
    await gateway.start()
    const { accessToken } = await aTerminalOf(gateway, await aPersonAt(gateway, 'alice'))
    const hold = gateway.world.aws.hold()
    const asked = request(gateway.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'payments-dev/readonly' })
      .then((answer) => answer)
    await hold.arrived
    const stopped = gateway.stop('SIGTERM')
    const readiness = () =>
      request(gateway.managementUrl)
        .get('/readyz')
        .then(({ status, body }) => [status, body.missing])
    await expect.poll(readiness).toEqual([503, ['draining']])
    hold.release()
    expect((await asked).status).toBe(200)
    expect(await stopped).toBe(0)
  }, 60_000)

  it('will not start with another master key, and makes no new signing key over the old (threats.md K2)', async () => {
    expect(await gateway.start({ masterKey: Buffer.from('another key of thirty-two bytes!').toString('base64') })).toBe(
      3,
    )
    expect(gateway.said()).toContain('sealed with another master key')
  }, 60_000)

  it('will not start under another issuer name unless told to (threats.md K6)', async () => {
    gateway.write((text) => text.replace('\nidps:', '\nissuer: { url: http://localhost:1 }\n\nidps:'))
    expect(await gateway.start()).toBe(3)
    expect(gateway.said()).toContain('fixed for life')
    gateway.write()
  }, 60_000)

  it.each([
    ['its store', (text: string) => text.replace('path: rolegate.db', 'path: nowhere/rolegate.db')],
    ['its records', (text: string) => `${text}audit: { sinks: [{ type: file, path: nowhere/audit.jsonl }] }\n`],
  ])(
    'will not start without the folder of %s, and says which one that is',
    async (_whose, change) => {
      gateway.write((text) => change(text.replace(/^audit:.*\n(?: .*\n)*/m, '')))
      expect(await gateway.start()).toBe(3)
      expect(gateway.said()).toContain(`there is no folder ${gateway.folder}/nowhere. Make it`)
      gateway.write()
    },
    60_000,
  )

  it('will not start without a master key, and says how to make one (threats.md K2)', async () => {
    gateway.write((text) => text.replace(/secrets: .*\n/, ''))
    expect(await gateway.start()).toBe(3)
    expect(gateway.said()).toContain('openssl rand')
    gateway.write()
  }, 60_000)

  it.each([['NODE_TLS_REJECT_UNAUTHORIZED', '0']])(
    'will not start under %s=%s (security.md K-10)',
    async (name, value) => {
      expect(await gateway.start({ env: { [name]: value } })).toBe(3)
      expect(gateway.said()).toContain(name)
    },
    60_000,
  )

  it('says so where no client’s address will be known, and nothing where it is (threats.md D2, R12)', async () => {
    const https = (more: string) => (text: string) =>
      text.replace(/public_url: http:.*/, `public_url: https://aws.example.com${more}`)
    // Another issuer than the store knows: it says what it has to say, and does not start.
    gateway.write(https(''))
    expect(await gateway.start()).toBe(3)
    expect(gateway.said()).toContain('server.trusted_proxies names nobody')
    gateway.write(https('\n  trusted_proxies: [127.0.0.1/32]'))
    expect(await gateway.start()).toBe(3)
    expect(gateway.said()).not.toContain('trusted_proxies')
    gateway.write()
  }, 60_000)

  it('names every fault of a broken file and exits 3', async () => {
    gateway.write((text) => text.replace('rules:', 'rulez:').replace('max_duration: 12h', 'max_duration: 12'))
    expect(await gateway.start()).toBe(3)
    expect(gateway.said()).toMatch(/rolegate\.yaml:\d+:\d+ .*did you mean "rules"/)
    expect(gateway.said()).toContain('max_duration')
    gateway.write()
  }, 60_000)

  it('killed at any moment: whatever STS lent had an intent first, and whatever a client got was issued on record (threats.md A1)', async () => {
    const received: string[] = []
    for (let kill = 0; kill < 6; kill += 1) {
      expect(await gateway.start()).toBeUndefined()
      const { accessToken } = await aTerminalOf(gateway, await aPersonAt(gateway, 'alice'))
      const asks = Array.from({ length: 24 }, () =>
        request(gateway.url)
          .post('/v1/credentials')
          .set('authorization', `Bearer ${accessToken}`)
          .send({ role: 'payments-dev/readonly' })
          .then(
            ({ body }) => void (body.accessKeyId && received.push(String(body.accessKeyId))),
            () => undefined,
          ),
      )
      await Promise.race(asks.slice(kill * 4, kill * 4 + 1))
      await gateway.stop('SIGKILL')
      await Promise.all(asks)
    }
    const audit = gateway.audit()
    const intents = new Set(audit.filter(({ event }) => event === 'intent').map(({ jti }) => jti))
    const issued = new Set(audit.filter(({ event }) => event === 'issued').map(({ access_key_id }) => access_key_id))
    const lent = gateway.world.aws.log().filter(({ outcome }) => outcome === 'issued')
    expect(lent.length).toBeGreaterThan(20)
    expect(lent.filter(({ jti }) => !intents.has(jti))).toEqual([])
    expect(received.length).toBeGreaterThan(0)
    expect(received.filter((key) => !issued.has(key))).toEqual([])
  }, 120_000)
})
