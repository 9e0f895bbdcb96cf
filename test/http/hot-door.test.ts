import express, { urlencoded } from 'express'
import { createServer, request as ask, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { RolegateError } from '../../src/domain/errors.ts'
import { makeHotDoor } from '../../src/http/hot-door.ts'
import { hotRoutes } from '../../src/http/hot-routes.ts'
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

/** What differs from one request to the next, whoever answers: ids, times, what AWS lent, and what is on record once a minute. */
const masked = (text: string): string =>
  text
    .replace(/^.*"event":"turned_away".*\n/gm, '')
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

describe('terminals’ forms get one answer from the hot door and from Express', () => {
  let demo: Demo
  beforeAll(async () => void (demo = await aDemo()))
  afterAll(() => demo.close())

  const device = 'urn:ietf:params:oauth:grant-type:device_code'
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`f${n}`, '1']))
  const TABLE: readonly [what: string, status: number, path: string, fields: () => Record<string, string> | string][] =
    [
      [
        'a wrong device code',
        400,
        'token',
        () => ({ client_id: 'rolegate-cli', grant_type: device, device_code: 'rgd_x' }),
      ],
      ['no device code', 400, 'token', () => ({ client_id: 'rolegate-cli', grant_type: device })],
      ['another client', 401, 'token', () => ({ client_id: 'x', grant_type: device, device_code: 'rgd_x' })],
      ['another grant', 400, 'token', () => ({ client_id: 'rolegate-cli', grant_type: 'password' })],
      ['a field twice', 400, 'token', () => 'client_id=rolegate-cli&client_id=rolegate-cli&grant_type=x'],
      [
        'a wrong refresh token',
        400,
        'token',
        () => ({ client_id: 'rolegate-cli', grant_type: 'refresh_token', refresh_token: 'x' }),
      ],
      ['no fields to speak of', 400, 'token', () => '&&'],
      ['too many fields', 413, 'token', () => ({ client_id: 'rolegate-cli', ...many })],
      ['too many fields', 413, 'device_authorization', () => ({ client_id: 'rolegate-cli', ...many })],
      ['another client', 401, 'device_authorization', () => ({ client_id: 'x' })],
      ['too long a name', 400, 'device_authorization', () => ({ client_id: 'rolegate-cli', host: 'x'.repeat(65) })],
      ['a job’s token that is none', 400, 'token', () => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    })], // prettier-ignore
    ]

  it.each(TABLE)('%s: %i at %s', async (_what, status, path, fields) => {
    const given = fields()
    const body = typeof given === 'string' ? given : new URLSearchParams(given).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const [hot, byExpress] = [
      await send(demo.url, { headers, body, path: `/oauth/${path}` }),
      await send(demo.url, { headers, body, path: `/oauth/${path}?x` }),
    ]
    expect([hot[0], maskedHeaders(hot[1]), masked(hot[2])]).toEqual([
      byExpress[0],
      maskedHeaders(byExpress[1]),
      masked(byExpress[2]),
    ])
    expect(hot[0]).toBe(status)
  })

  it('a poll in vain, and the start of a sign-in', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const polls: unknown[] = []
    for (const query of ['', '?x']) {
      const started = await send(demo.url, {
        headers,
        body: 'client_id=rolegate-cli',
        path: `/oauth/device_authorization${query}`,
      })
      const { device_code, ...rest } = JSON.parse(started[2]) as { device_code: string }
      const poll = new URLSearchParams({ client_id: 'rolegate-cli', grant_type: device, device_code }).toString()
      const [status, raw, body] = await send(demo.url, { headers, body: poll, path: `/oauth/token${query}` })
      polls.push([started[0], maskedHeaders(started[1]), Object.keys(rest), status, maskedHeaders(raw), body])
    }
    expect(polls[0]).toEqual(polls[1])
    expect(JSON.stringify(polls[0])).toContain('authorization_pending')
  })
})

describe('what the hot door takes', () => {
  let took: string[] = []
  let welcome = true
  const app = express()
    .use(urlencoded({ extended: false }))
    .use(({ body }: { body?: object }, res) => void res.end(`express${body === undefined ? '' : JSON.stringify(body)}`))
  const door = createServer(
    makeHotDoor({
      express: app,
      publicHost: 'gateway.example',
      isWelcome: () => welcome,
      visit: () => undefined,
      visitHeaders: {},
      noteFacts: ({ ip = '' }) => ({ requestId: 'a-request', address: ip, userAgent: '', at: 0 }),
      logAnswer: (_res, { address }, method, route) => void took.push(`${method} ${String(route())} ${address}`),
      routes: hotRoutes({
        authenticateBearer: async () => ({}) as never,
        answerCredentials: async () => ({ answered: 'hot' }),
        oauthAnswers: {
          deviceAuthorization: async (fields) => ({ started: fields }),
          token: async (fields) => {
            if ((fields as { device_code?: string }).device_code === 'waiting')
              throw new RolegateError('authorization_pending')
            return { redeemed: fields }
          },
        },
        noteRefusal: ({ code }, requestId, status) => void took.push(`${code} ${requestId} ${status}`),
      }),
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

  describe('forms of terminals', () => {
    const posted: OutgoingHttpHeaders = { host: 'gateway.example', 'content-type': 'application/x-www-form-urlencoded' }
    const sent = (body: string, path = '/oauth/token', headers: OutgoingHttpHeaders = {}) =>
      send(url, { headers: { ...posted, 'content-length': Buffer.byteLength(body), ...headers }, body, path })

    it('are read as Express reads them', async () => {
      const [status, , body] = await sent('a=1&b=%C3%A4+b&c=1&c=2&d', '/oauth/device_authorization')
      expect([status, JSON.parse(body)]).toEqual([200, { started: { a: '1', b: 'ä b', c: ['1', '2'], d: '' } }])
      expect(took).toEqual(['POST /oauth/device_authorization 127.0.0.1'])
    })

    it('a poll in vain is answered here, and on record', async () => {
      const [status, , body] = await sent('device_code=waiting')
      expect([status, JSON.parse(body).error]).toEqual([400, 'authorization_pending'])
      expect(took).toEqual(['authorization_pending a-request 400', 'POST /oauth/token 127.0.0.1'])
    })

    it('a token exchange goes to Express, with what was read', async () => {
      const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
      const [, , body] = await sent(`grant_type=${encodeURIComponent(grant)}&subject_token=x`)
      expect([body, took]).toEqual([`express${JSON.stringify({ grant_type: grant, subject_token: 'x' })}`, []])
    })

    it.each<[string, OutgoingHttpHeaders]>([
      ['an authorization beside it', { authorization: 'Basic YTpi' }],
      ['a cookie', { cookie: 'a=b' }],
      ['another content type', { 'content-type': 'application/json' }],
    ])('with %s is left to Express', async (_because, headers) => {
      expect((await sent('{"a":1}', '/oauth/token', headers))[2]).toMatch(/^express/)
      expect(took).toEqual([])
    })

    it('that is long is left to Express, unread', async () => {
      expect((await sent(`a=${'x'.repeat(9000)}`))[2]).toMatch(/^express\{"a":"x/)
    })
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
