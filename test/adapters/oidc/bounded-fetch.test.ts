import { gzipSync } from 'node:zlib'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  IDP_BOUNDS,
  makeBoundedFetch,
  MOST_SOCKETS,
  UpstreamFailure,
} from '../../../src/adapters/oidc/bounded-fetch.ts'

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function aSite(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const bounded = makeBoundedFetch({ seconds: 10, bytes: 1000 })

describe('a bounded fetch (security.md O-20, O-22)', () => {
  it('waits ten seconds and takes a megabyte from an IdP', () => {
    expect(IDP_BOUNDS).toEqual({ seconds: 10, bytes: 1024 * 1024 })
  })

  it('gives status, headers and body of a small answer, refusals too', async () => {
    const site = await aSite(
      (_, res) => void res.writeHead(400, { 'content-type': 'application/json', 'x-y': 'z' }).end('{"error":"x"}'),
    )
    const answer = await bounded(site)
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-y')]).toEqual([
      400,
      'application/json',
      'z',
    ])
    expect(await answer.json()).toEqual({ error: 'x' })
  })

  it.each([204, 205, 304])('bears an answer without a body: %d', async (status) => {
    const site = await aSite((_, res) => void res.writeHead(status).end())
    const asked = bounded(site)
    if (status === 304) await expect(asked).rejects.toBeInstanceOf(UpstreamFailure)
    else expect((await asked).status).toBe(status)
  })

  it('takes the last byte of the bound and not one more', async () => {
    const site = await aSite(
      (req, res) => void res.end('x'.repeat(Number(new URL(req.url ?? '', 'http://x').searchParams.get('n')))),
    )
    expect(await (await bounded(`${site}?n=1000`)).text()).toHaveLength(1000)
    await expect(bounded(`${site}?n=1001`)).rejects.toThrow('sent more than 1000 bytes')
  })

  it.each([301, 302, 303, 307, 308])('follows no %d', async (status) => {
    let asked = 0
    const site = await aSite((_, res) => void ((asked += 1), res.writeHead(status, { location: '/elsewhere' }).end()))
    await expect(bounded(site)).rejects.toThrow(`answered ${status}, a redirect`)
    expect(asked).toBe(1)
  })

  it.each([500, 502, 503, 504])('takes a %d for no answer', async (status) => {
    const site = await aSite((_, res) => void res.writeHead(status).end('a page with the secret of a proxy'))
    const failure = await bounded(site).catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(UpstreamFailure)
    expect(String(failure)).not.toContain('secret')
  })

  it('gives it to whoever says what it was', async () => {
    const site = await aSite((_, res) => void res.writeHead(503).end('busy'))
    const answer = await makeBoundedFetch({ seconds: 10, bytes: 1000, givesFailures: true })(site)
    expect([answer.status, await answer.text()]).toEqual([503, 'busy'])
    const long = makeBoundedFetch({ seconds: 10, bytes: 3, givesFailures: true })
    await expect(long(site)).rejects.toThrow('sent more than 3 bytes')
  })

  it('takes an answer that breaks off for none', async () => {
    const site = await aSite((_, res) => {
      res.writeHead(200, { 'content-length': 100 }).write('{"half":', () => res.destroy())
    })
    const failure = await bounded(site).catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(UpstreamFailure)
    expect(String(failure)).toContain('broke off')
  })

  it('sends a form as one', async () => {
    const site = await aSite((req, res) => void res.end(`${req.method} ${req.headers['content-type']}`))
    const answer = await bounded(site, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
    expect(await answer.text()).toBe('POST application/x-www-form-urlencoded')
  })

  it('gives up when the time is over, also within a body', async () => {
    const hurried = makeBoundedFetch({ seconds: 0.1, bytes: 1000 })
    const silent = await aSite(() => undefined)
    const slow = await aSite((_, res) => void res.writeHead(200).write('x'))
    await expect(hurried(silent)).rejects.toThrow('did not answer')
    await expect(hurried(slow)).rejects.toThrow('did not answer')
  })

  it('counts none of the time that a request waits for a connection as the IdP’s silence', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const held: ServerResponse[] = []
    let arrived = (): void => undefined
    const arrive = (count: number) =>
      new Promise<void>((resolve) => {
        arrived = () => held.length === count && resolve()
        arrived()
      })
    const site = await aSite((_, res) => (held.push(res), arrived()))
    const fetch = makeBoundedFetch(IDP_BOUNDS)
    const asked = Array.from({ length: MOST_SOCKETS + 1 }, () => fetch(site).then(({ status }) => status, String))
    await arrive(MOST_SOCKETS)
    vi.advanceTimersByTime(9_000)
    for (const res of held.splice(0)) res.end()
    await arrive(1)
    vi.advanceTimersByTime(9_000)
    for (const res of held.splice(0)) res.end()
    expect(await Promise.all(asked)).toEqual(asked.map(() => 200))
  })

  it('waits no longer for a connection than for an answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let count = 0
    let all = (): void => undefined
    const full = new Promise<void>((resolve) => (all = resolve))
    const site = await aSite(() => void ((count += 1), count === MOST_SOCKETS && all()))
    const fetch = makeBoundedFetch(IDP_BOUNDS)
    const asked = Array.from({ length: MOST_SOCKETS + 1 }, () => fetch(site).catch(String))
    await full
    vi.advanceTimersByTime(10_000)
    expect(await asked.at(-1)).toContain('did not answer in time')
  })

  it('lets nobody loosen its bounds by what he hands in', async () => {
    const away = await aSite((_, res) => void res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    await expect(bounded(away, { redirect: 'follow' })).rejects.toThrow('a redirect')
    const deflated = await aSite((_, res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x')))
    await expect(bounded(deflated, { headers: { 'accept-encoding': 'gzip' } })).rejects.toThrow('encoding')
  })

  it('keeps why for the log', async () => {
    const failure = await bounded('http://127.0.0.1:1/').catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      name: 'UpstreamFailure',
      message: 'did not answer',
      cause: { code: 'ECONNREFUSED' },
    })
  })
})
