import request from 'supertest'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

const ROLE = 'payments-dev/readonly'
const same = (text: string) => text
const newer = (text: string) => `${text}\n# newer\n`
const elevated = (text: string) =>
  text.replace(/(\n {2}readonly: \{)(.*), max_duration: 12h \}/, '$1$2, elevated: true, max_duration: 1h }') +
  '\nsessions: { claims_max_age: { elevated: 12h } }\n'
const broken = (text: string) => text.replace('\nidps:', '\nidpz:')

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('a gateway whose configuration is old'), () => {
  let gateway: GatewayOverRestarts
  let alice: Person
  let access: string
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
  }, 60_000)
  afterAll(() => gateway.close())
  afterEach(() => void (gateway.clock.offsetSeconds = 0))

  const signIn = async () => {
    alice = await aPersonAt(gateway, 'alice')
    access = (await aTerminalOf(gateway, alice)).accessToken
  }
  const takeAt = async (url: string) => {
    const { status, body } = await request(url)
      .post('/v1/credentials')
      .set('host', new URL(gateway.url).host)
      .set('authorization', `Bearer ${access}`)
      .send({ role: ROLE })
    return [status, (body as { code?: string }).code]
  }
  const whyAt = async (url: string) => {
    const { body } = await request(url)
      .post('/v1/explain')
      .set('host', new URL(gateway.url).host)
      .set('authorization', `Bearer ${access}`)
      .send({ role: ROLE })
    return (body as { unmet: { condition: string }[] }).unmet.map(({ condition }) => condition)
  }
  const degradedAt = async (url: string) =>
    ((await request(url).get('/readyz').expect(200)).body as { degraded: string[] }).degraded

  describe('beside one on its store that has a newer (threats.md R9)', () => {
    beforeEach(async () => {
      await gateway.start()
      await signIn()
    }, 60_000)

    it('gives nothing after ten seconds, says so, and gives again once it has it too', async () => {
      const other = await gateway.beside(same)
      try {
        expect([await takeAt(gateway.url), await takeAt(other.url)]).toEqual([
          [200, undefined],
          [200, undefined],
        ])
        await gateway.reload(newer)
        gateway.clock.offsetSeconds += 9
        expect(await takeAt(other.url)).toEqual([200, undefined])
        gateway.clock.offsetSeconds += 2
        expect(await takeAt(other.url)).toEqual([503, 'store_unavailable'])
        expect(gateway.audit().at(-1)).toMatchObject({ event: 'refused', reason: 'config_behind' })
        expect(await whyAt(other.url)).toContain('config_behind')
        expect(await degradedAt(other.managementUrl)).toContain('config:behind')
        expect(await takeAt(gateway.url)).toEqual([200, undefined])
        await other.reload(newer)
        expect(await takeAt(other.url)).toEqual([200, undefined])
        expect(await degradedAt(other.managementUrl)).not.toContain('config:behind')
      } finally {
        await other.close()
      }
    }, 60_000)

    it('withholds what AWS lent meanwhile (threats.md H5)', async () => {
      const other = await gateway.beside(same)
      try {
        const hold = gateway.world.aws.hold()
        const asked = takeAt(other.url)
        await hold.arrived
        await gateway.reload(newer)
        gateway.clock.offsetSeconds += 11
        hold.release()
        expect(await asked).toEqual([503, 'store_unavailable'])
        expect(gateway.audit().at(-1)).toMatchObject({ event: 'withheld', code: 'store_unavailable' })
      } finally {
        await other.close()
      }
    }, 60_000)

    it('started with it, gives nothing from the first request on', async () => {
      await gateway.reload(newer)
      gateway.clock.offsetSeconds += 11
      const other = await gateway.beside(same)
      try {
        expect(await takeAt(other.url)).toEqual([503, 'store_unavailable'])
        expect(await takeAt(gateway.url)).toEqual([200, undefined])
      } finally {
        await other.close()
      }
    }, 60_000)
  })

  describe('because what is on disk is refused (threats.md R8)', () => {
    const takeInBrowser = async () => {
      const { status, text, headers } = await alice.post(`/roles/${ROLE}/credentials`, { _csrf: await alice.csrf() })
      return status === 303
        ? String(headers['location']).split('?')[0]
        : (/code +(\w+)/.exec(text)?.[1] ?? String(status))
    }
    const stale = async () =>
      Number(
        /^rolegate_config_stale_seconds (\S+)$/m.exec((await request(gateway.managementUrl).get('/metrics')).text)?.[1],
      )

    it('gives no elevated role after an hour', async () => {
      await gateway.start(elevated)
      await signIn()
      const given = await takeInBrowser()
      expect(given).not.toBe('condition_unmet')
      await gateway.reload(broken)
      gateway.clock.offsetSeconds += 59 * 60
      expect(await takeInBrowser()).toBe(given)
      expect(await stale()).toBeGreaterThan(58 * 60)
      gateway.clock.offsetSeconds += 2 * 60
      expect(await takeInBrowser()).toBe('condition_unmet')
      expect(gateway.audit().at(-1)).toMatchObject({ event: 'refused', reason: 'config_stale' })
      await gateway.reload(elevated)
      expect(await takeInBrowser()).toBe(given)
      expect(await stale()).toBe(0)
    }, 60_000)

    it('gives everything else', async () => {
      await gateway.start(same)
      await signIn()
      await gateway.reload(broken)
      for (let hours = 0; hours < 3; hours += 1) {
        gateway.clock.offsetSeconds += 55 * 60
        expect(await takeInBrowser()).toBe('200')
      }
    }, 60_000)

    it('as soon as the file that is in force says', async () => {
      await gateway.start((text) => `${elevated(text)}\nreload: { max_stale: 5m }\n`)
      await signIn()
      const given = await takeInBrowser()
      await gateway.reload(broken)
      gateway.clock.offsetSeconds += 4 * 60
      expect(await takeInBrowser()).toBe(given)
      gateway.clock.offsetSeconds += 2 * 60
      expect(await takeInBrowser()).toBe('condition_unmet')
    }, 60_000)
  })
})
