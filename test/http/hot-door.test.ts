import express from 'express'
import { createServer, request as ask, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeHotDoor } from '../../src/http/hot-door.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'

const HOT = '/v1/credentials'
/** The same route: a query is nothing the hot door takes. */
const BY_EXPRESS = '/v1/credentials?x'
const ROLE = { role: 'payments-dev/readonly' }

type Asked = { headers: OutgoingHttpHeaders; body: string | Buffer; path?: string }

/** One answer as it came over the wire: status, headers in their order and spelling, body. */
function send(url: string, { headers, body, path = HOT }: Asked): Promise<[number, readonly string[], string]> {
  return new Promise((resolve, reject) => {
    const asked = ask(url + path, { method: 'POST', agent: false, headers }, (answer: IncomingMessage) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve([answer.statusCode ?? 0, answer.rawHeaders, Buffer.concat(chunks).toString()]))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** What differs from one request to the next, whoever answers: ids, times and what AWS lent. */
const masked = (text: string): string =>
  text
    .replace(/("(?:\w*request_id|requestId|id|jti|access_?key_?id|secretAccessKey|sessionToken)"):"[^"]*"/gi, '$1:"…"')
    .replace(/("(?:time|expiration|expires_at)"):"[^"]*"/g, '$1:"…"')
    .replace(/"milliseconds":\d+/g, '"milliseconds":"…"')

function maskedHeaders(raw: readonly string[]): readonly (readonly string[])[] {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []))
  return pairs.map(([name = '', value = '']) => (/^(date|x-request-id)$/i.test(name) ? [name] : [name, value]))
}

describe('the hot door and Express give one answer', () => {
  let demo: Demo
  let bearer: string
  let cookie: string
  beforeAll(async () => {
    demo = await aDemo()
    const alice = await aPersonAt(demo, 'alice')
    bearer = (await aTerminalOf(demo, alice)).accessToken
    cookie = alice.jar.header(demo.url)
  })
  afterEach(() => {
    demo.clock.offsetSeconds = 0
    demo.world.aws.behave('normal')
  })
  afterAll(() => demo.close())

  const json = (headers: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
    authorization: `Bearer ${bearer}`,
    'content-type': 'application/json',
    ...headers,
  })
  const asks = (role: string) => ({ headers: json(), body: JSON.stringify({ role }) })

  /** Counts of requests and refusals, as Prometheus would read them. */
  async function counted(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${demo.managementUrl}/metrics`)).text()
    const rows = text.matchAll(/^(rolegate_(?:refusals_total|http_request_duration_seconds_count)\{.*\}) (\d+)$/gm)
    return new Map([...rows].map(([, name = '', count]) => [name, Number(count)]))
  }

  async function witnessed(asked: Asked) {
    const [before, already] = [await counted(), demo.printed().length]
    const [status, headers, body] = await send(demo.url, asked)
    await expect.poll(() => demo.printed().slice(already)).toContain('"message":"request"')
    const grown = [...(await counted())].flatMap(([name, count]) =>
      count === (before.get(name) ?? 0) ? [] : [[name, count - (before.get(name) ?? 0)]],
    )
    const printed = masked(demo.printed().slice(already))
    return { status, headers: maskedHeaders(headers), body: masked(body), printed, grown }
  }

  const long = JSON.stringify({ role: 'x'.repeat(17 * 1024) })
  const TABLE: readonly [what: string, status: number, asked: () => Asked][] = [
    ['good', 200, () => asks(ROLE.role)],
    [
      'good, and says its charset',
      200,
      () => ({ ...asks(ROLE.role), headers: json({ 'content-type': 'application/json; charset=utf-8' }) }),
    ],
    ['good, after a byte-order mark', 200, () => ({ headers: json(), body: `\uFEFF${JSON.stringify(ROLE)}` })],
    [
      'good, in one piece of unknown length',
      200,
      () => ({ ...asks(ROLE.role), headers: json({ 'transfer-encoding': 'chunked' }) }),
    ],
    [
      'another kind of token',
      401,
      () => ({ headers: json({ authorization: 'Bearer rga_wrong' }), body: JSON.stringify(ROLE) }),
    ],
    ['no bearer at all', 401, () => ({ headers: json({ authorization: 'Basic YTpi' }), body: JSON.stringify(ROLE) })],
    ['expired', 401, () => ((demo.clock.offsetSeconds = 46 * 60), asks(ROLE.role))],
    ['broken JSON', 400, () => ({ headers: json(), body: '{"role":' })],
    ['broken JSON and a wrong token', 400, () => ({ headers: json({ authorization: 'Bearer x' }), body: '{' })],
    ['JSON that is a text', 400, () => ({ headers: json(), body: '"payments-dev/readonly"' })],
    ['JSON that is a list', 400, () => ({ headers: json(), body: '[]' })],
    ['JSON that is null', 400, () => ({ headers: json(), body: 'null' })],
    ['no body', 400, () => ({ headers: json(), body: '' })],
    ['bytes that are no text', 400, () => ({ headers: json(), body: Buffer.from([0xff, 0x7b, 0x7d]) })],
    ['an unknown field', 400, () => ({ headers: json(), body: JSON.stringify({ ...ROLE, cookie: 1 }) })],
    ['too many seconds', 400, () => ({ headers: json(), body: JSON.stringify({ ...ROLE, seconds: 1e9 }) })],
    ['oversize', 413, () => ({ headers: json(), body: long })],
    ['oversize, of unknown length', 413, () => ({ headers: json({ 'transfer-encoding': 'chunked' }), body: long })],
    [
      'another content type',
      415,
      () => ({ headers: json({ 'content-type': 'text/plain' }), body: JSON.stringify(ROLE) }),
    ],
    ['a content encoding', 415, () => ({ headers: json({ 'content-encoding': 'gzip' }), body: JSON.stringify(ROLE) })],
    [
      'another charset',
      415,
      () => ({ headers: json({ 'content-type': 'application/json; charset=latin1' }), body: JSON.stringify(ROLE) }),
    ],
    ['cookie and bearer', 400, () => ({ ...asks(ROLE.role), headers: json({ cookie }) })],
    ['another host', 421, () => ({ ...asks(ROLE.role), headers: json({ host: 'rebound.example' }) })],
    ['an unknown role', 404, () => asks('payments-dev/nothing')],
    ['a role of other people', 403, () => asks('data-prod/developer')],
    ['AWS refuses', 403, () => (demo.world.aws.behave('refuse-all'), asks(ROLE.role))],
    ['AWS is down', 503, () => (demo.world.aws.behave('down'), asks(ROLE.role))],
  ]

  it.each(TABLE)('%s: %i', async (_, status, asked) => {
    const hot = await witnessed(asked())
    const byExpress = await witnessed({ ...asked(), path: BY_EXPRESS })
    expect(hot).toEqual(byExpress)
    expect(hot.status).toBe(status)
  })
})

describe('what the hot door takes', () => {
  let took: string[] = []
  let welcome = true
  const app = express().use((_req, res) => void res.end('express'))
  const door = createServer(
    makeHotDoor({
      express: app,
      publicHost: 'gateway.example',
      isWelcome: () => welcome,
      noteFacts: ({ ip = '' }) => ({ requestId: 'a-request', address: ip, userAgent: '', at: 0 }),
      logAnswer: (_res, { address }, method, route) => void took.push(`${method} ${String(route())} ${address}`),
      authenticateBearer: async () => ({}) as never,
      answerCredentials: async () => ({ answered: 'hot' }),
    }),
  )
  let url: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  })
  afterEach(() => {
    took = []
    welcome = true
    app.set('trust proxy', false)
  })
  afterAll(() => door.close())

  const plain: OutgoingHttpHeaders = {
    host: 'gateway.example',
    authorization: 'Bearer x',
    'content-type': 'application/json',
    'content-length': 2,
  }

  it('takes a plain request, and logs it by its route', async () => {
    const [status, , body] = await send(url, { headers: plain, body: '{}' })
    expect([status, body, took]).toEqual([200, '{"answered":"hot"}', ['POST /v1/credentials 127.0.0.1']])
  })

  it('reads an address through trusted proxies as Express does (threats.md R12)', async () => {
    app.set('trust proxy', ['127.0.0.1/32'])
    await send(url, { headers: { ...plain, 'x-forwarded-for': '198.51.100.1, 203.0.113.7' }, body: '{}' })
    expect(took).toEqual(['POST /v1/credentials 203.0.113.7'])
  })

  it.each<[string, OutgoingHttpHeaders, string?]>([
    ['a cookie beside the bearer (threats.md H7)', { cookie: 'a=b' }],
    ['no bearer', { authorization: undefined }],
    ['another host (threats.md P5)', { host: 'rebound.example' }],
    ['another content type', { 'content-type': 'text/plain' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['a body that may be deflated', { 'content-encoding': 'identity' }],
    ['a body of unknown length', { 'content-length': undefined, 'transfer-encoding': 'chunked' }],
    ['another path', {}, '/v1/credentials/'],
    ['a query', {}, '/v1/credentials?x'],
  ])('leaves %s to Express', async (_, headers, path = HOT) => {
    const asked = Object.fromEntries(
      Object.entries({ ...plain, ...headers }).filter(([, value]) => value !== undefined),
    )
    const [, , body] = await send(url, { headers: asked, body: '{}', path })
    expect([body, took]).toEqual(['express', []])
  })

  it('leaves a long body to Express, unread', async () => {
    const body = JSON.stringify({ role: 'x'.repeat(17 * 1024) })
    expect((await send(url, { headers: { ...plain, 'content-length': body.length }, body }))[2]).toBe('express')
  })

  it('leaves everybody to Express while the process drains (security.md V-11)', async () => {
    welcome = false
    expect((await send(url, { headers: plain, body: '{}' }))[2]).toBe('express')
  })
})
