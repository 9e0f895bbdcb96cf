import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { startFakeIdp, type FakeIdp } from '../support/fake-idp.ts'

const HOST = 'aws.example.com'
const SECRET = 'kD9-fK2vq-tls'
/** Not called loopback, and on this machine all the same. */
const LISTENER = '127.0.0.2'
const PROXY = '127.0.0.1'
const STRANGER = '127.0.0.9'

let idp: FakeIdp
let demo: Demo
type Asked = { method?: string; headers?: OutgoingHttpHeaders; from?: string; body?: string }
type Answered = { status: number; headers: IncomingHttpHeaders; page: string }

/** One request as the proxy sends it on, but for what is said otherwise. */
function ask(path: string, { method = 'GET', headers = {}, from = PROXY, body }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: LISTENER,
        port: new URL(demo.url).port,
        path,
        method,
        localAddress: from,
        agent: false,
        headers: {
          host: HOST,
          accept: 'text/html',
          'x-forwarded-proto': 'https',
          'x-forwarded-for': '203.0.113.7',
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (answer) => {
        text(answer).then((page) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, page }), reject)
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}

const cookiesOf = ({ headers }: Answered): readonly string[] => headers['set-cookie'] ?? []
const carried = (lines: readonly string[]): string => lines.map((line) => line.split(';')[0]).join('; ')

/** To the IdP and back, each way through the proxy. */
async function signIn() {
  const away = await ask('/sign-in/other')
  const { pathname, search, origin } = await idp.signIn(String(away.headers.location))
  const back = await ask(pathname + search, { headers: { cookie: carried(cookiesOf(away)) } })
  return { away, back, origin }
}

// 127.0.0.2 is there without asking on Linux alone.
describe.skipIf(process.platform !== 'linux')('where TLS ends at a proxy', () => {
  /** As it stands in production: https outside, plain http from the one proxy inside. */
  beforeAll(async () => {
    idp = await startFakeIdp({
      client: { id: 'rolegate', method: 'client_secret_basic', secret: SECRET },
      person: { sub: 'olga', idToken: { preferred_username: 'olga@example.com', groups: ['developers'] } },
    })
    const entry = `
  - id: other
    type: oidc
    issuer: ${idp.issuer}
    client_id: rolegate
    client_secret: ${SECRET}
    allow: { http: true }
    groups: { claim: groups }
`
    demo = await aDemo({
      edit: (file) =>
        file
          .replace(/public_url: .*/, `public_url: https://${HOST}\n  trusted_proxies: [${PROXY}/32]`)
          .replace(/listen: \{ host: 127\.0\.0\.1/, `listen: { host: ${LISTENER}`)
          .replace(/\nidps:\n/, `\nidps:${entry}`),
    })
  })
  afterAll(async () => {
    await demo.close()
    await idp.stop()
  })

  it('a sign-in goes the whole way, and every cookie is the browser’s to send by TLS alone (security.md W-3)', async () => {
    const { away, back, origin } = await signIn()
    expect([away.status, origin, back.status, back.headers.location]).toEqual([303, `https://${HOST}`, 303, '/'])
    const set = [...cookiesOf(away), ...cookiesOf(back)]
    expect(set.length).toBeGreaterThanOrEqual(3)
    for (const line of set) {
      expect(line).toMatch(/^__Host-rolegate[\w-]*=/)
      expect(line).toContain('; Path=/; HttpOnly; Secure; SameSite=Lax')
      expect(line).not.toContain('Domain')
    }
    const cookie = carried(cookiesOf(back).filter((line) => line.startsWith('__Host-rolegate=')))
    const portal = await ask('/', { headers: { cookie } })
    expect([portal.status, portal.headers['strict-transport-security']]).toEqual([
      200,
      expect.stringContaining('max-age='),
    ])
    expect(portal.page).toContain('olga@example.com')
    // The same by a name that plain http may set is nobody's.
    const renamed = await ask('/', { headers: { cookie: cookie.replace('__Host-', '') } })
    expect([renamed.status, renamed.headers.location]).toEqual([303, '/sign-in?returnTo=%2F#-'])

    const csrf = /name="_csrf" value="([^"]+)"/.exec(portal.page)?.[1] ?? ''
    const signOut = (from: string) =>
      ask('/sign-out', {
        method: 'POST',
        headers: { cookie, origin: from, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ _csrf: csrf }).toString(),
      })
    expect((await signOut(`http://${HOST}`)).status).toBe(403)
    expect((await signOut(`https://${HOST}`)).status).toBe(303)
    expect(demo.audit().findLast(({ event }) => event === 'sign_out')).toMatchObject({ client_ip: '203.0.113.7' })
  })

  const json = { 'content-type': 'application/json', authorization: 'Bearer rga_x' }
  const PATHS: readonly [path: string, asked: Asked][] = [
    ['/', {}],
    ['/sign-in/other', {}],
    ['/oidc/other/callback?code=x&state=y', {}],
    ['/v1/whoami', {}],
    ['/v1/credentials', { method: 'POST', headers: json, body: '{}' }],
    [
      '/oauth/device_authorization',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'client_id=rolegate-cli',
      },
    ],
    ['/.well-known/jwks.json', {}],
  ]
  const PAST: readonly [what: string, past: Pick<Asked, 'headers' | 'from'>][] = [
    ['says nothing of TLS', { headers: { 'x-forwarded-proto': [] } }],
    ['says http', { headers: { 'x-forwarded-proto': 'http' } }],
    ['says two things', { headers: { 'x-forwarded-proto': 'https, http' } }],
    ['says it twice', { headers: { 'x-forwarded-proto': ['https', 'https'] } }],
    ['is no proxy, whatever it says', { from: STRANGER }],
    ['asks for another name', { headers: { host: `${LISTENER}:80` } }],
  ]
  it.each(PAST)('whoever comes past it and %s is served nothing, at any door (threats.md K11)', async (_what, past) => {
    for (const [path, asked] of PATHS) {
      const answer = await ask(path, { ...asked, ...past, headers: { ...asked.headers, ...past.headers } })
      expect([path, answer.status, cookiesOf(answer)]).toEqual([path, 421, []])
    }
  })
})
