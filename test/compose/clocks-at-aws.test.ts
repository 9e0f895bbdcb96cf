import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { makeClockWatch } from '../../src/compose/clock-watch.ts'
import { reachAws } from '../../src/compose/aws.ts'
import { aWorld, changed, load } from '../config/a-file.ts'
import { aHost } from '../support/a-host.ts'
import { aClock, secondsAfter } from '../support/a-session.ts'

const clock = aClock()
/** An STS that is so many seconds ahead of us, at once or after some answers that are not; undefined: it hangs up. */
const sts = { ahead: 0 as number | undefined, first: [] as number[], status: 403, asked: [] as string[] }
const server = createServer((req, res) => {
  sts.asked.push(`${req.method} ${req.url} ${req.headers.authorization ?? 'by nobody'}`)
  const ahead = sts.first.shift() ?? sts.ahead
  if (ahead === undefined) req.socket.destroy()
  else res.writeHead(sts.status, { date: secondsAfter(clock.now(), ahead).toUTCString() }).end()
})
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())
beforeEach(() => void Object.assign(sts, { ahead: 0, first: [], status: 403, asked: [] }))

function anAws() {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const text = `${changed(['env: dev }', 'env: dev, sts: own }'])}sts:
  default: { endpoint: "${endpoint}", audience: ours }
  own: { endpoint: "${endpoint}", audience: ours }
  of-nobody: { endpoint: "${endpoint}", audience: ours }\n`
  const { config } = load(text, aWorld({ insecureDev: true }))
  const witness = {
    metrics: { clockSkew: () => undefined },
    log: { warn: () => undefined, error: () => undefined },
  } as unknown as Parameters<typeof makeClockWatch>[0]['witness']
  const host = aHost(clock.now)
  const clocks = makeClockWatch({ host, witness })
  const { lookAtClocks } = reachAws(config, { witness, clocks })
  return async (seconds: number | undefined) => {
    sts.ahead = seconds
    await lookAtClocks()
    return [clocks.degraded(), clocks.stops()]
  }
}

it('asks every STS that accounts are reached by for the time, without credentials, and goes by what it says (threats.md F10)', async () => {
  const seeing = anAws()
  expect(await seeing(0)).toEqual([[], false])
  expect(sts.asked).toEqual(Array(2).fill('GET /?Action=GetCallerIdentity&Version=2011-06-15 by nobody'))
  expect(await seeing(-60)).toEqual([['clock:sts:default', 'clock:sts:own'], false])
  expect(await seeing(600)).toEqual([['clock:sts:default', 'clock:sts:own'], true])
})

it('asks again at once whoever is minutes away, and goes by what is said twice', async () => {
  const seeing = anAws()
  sts.first = [200, 0]
  expect(await seeing(0)).toEqual([[], false])
  expect(sts.asked).toHaveLength(3)
  expect(await seeing(200)).toMatchObject([{ length: 2 }, true])
  expect(sts.asked).toHaveLength(7)
})

it('takes an outage for no news, and the time of one that is down for that of something in between', async () => {
  const seeing = anAws()
  sts.status = 502
  expect(await seeing(600)).toEqual([[], false])
  sts.status = 403
  expect(await seeing(600)).toMatchObject([{ length: 2 }, true])
  expect(await seeing(undefined)).toMatchObject([{ length: 2 }, true])
  sts.status = 503
  expect(await seeing(0)).toMatchObject([{ length: 2 }, true])
})
