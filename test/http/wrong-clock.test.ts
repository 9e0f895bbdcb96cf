import request from 'supertest'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'

const ROLE = 'payments-dev/readonly'

let gateway: GatewayOverRestarts
beforeAll(async () => {
  gateway = await aGatewayOverRestarts()
}, 60_000)
afterAll(() => gateway.close())
afterEach(() => void vi.useRealTimers())

it.skipIf(whyNoSqlite !== undefined)(
  sqliteTitle(
    'a gateway whose clock is not AWS’s gives nothing from its start on, says so, and gives again once it is right (threats.md F10)',
  ),
  async () => {
    // Its minute never comes, and its five seconds when we say so.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    await gateway.start()
    const { accessToken } = await aTerminalOf(gateway, await aPersonAt(gateway, 'alice'))
    const post = async (path: string) => {
      const { status, body } = await request(gateway.url)
        .post(path)
        .set('authorization', `Bearer ${accessToken}`)
        .send({ role: ROLE })
      return { status, body: body as { code?: string; detail?: string; unmet?: readonly { condition: string }[] } }
    }
    const take = async () => {
      const { status, body } = await post('/v1/credentials')
      return [status, body.code]
    }
    expect(await take()).toEqual([200, undefined])

    gateway.clock.aheadSeconds = 200
    await gateway.start()
    await expect.poll(take).toEqual([503, 'store_unavailable'])
    expect((await post('/v1/credentials')).body.detail).toContain('differs from AWS’s by more than two minutes')
    expect(gateway.audit().at(-1)).toMatchObject({ event: 'refused', reason: 'clock_skew' })
    expect((await post('/v1/explain')).body.unmet).toMatchObject([{ condition: 'clock_skew' }])
    const { body } = await request(gateway.managementUrl).get('/readyz').expect(200)
    expect((body as { degraded: string[] }).degraded).toContain('clock:sts:default')

    gateway.clock.aheadSeconds = 0
    expect(await take()).toEqual([503, 'store_unavailable'])
    vi.advanceTimersByTime(5_000)
    await expect.poll(take).toEqual([200, undefined])
  },
  60_000,
)
