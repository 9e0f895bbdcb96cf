import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, aDemoAws, NOW } from './a-demo-aws.ts'

let world: Awaited<ReturnType<typeof aDemoAws>>
let session: { sessionId: string; sessionKey: string; sessionToken: string }
let passed = 0
const later = (milliseconds: number) => void (passed = milliseconds)

beforeAll(async () => (world = await aDemoAws({ now: () => new Date(NOW.getTime() + passed) })))
afterAll(() => world.close())
beforeEach(async () => {
  later(0)
  const answer = await world.assume()
  const text = (name: string) => answer.element(name) ?? ''
  session = { sessionId: text('AccessKeyId'), sessionKey: text('SecretAccessKey'), sessionToken: text('SessionToken') }
})

const getToken = (change: object = {}, more: Record<string, string> = {}) =>
  fetch(world.aws.federationUrl, {
    method: 'POST',
    body: new URLSearchParams({
      Action: 'getSigninToken',
      Session: JSON.stringify({ ...session, ...change }),
      ...more,
    }),
  })
async function tokenFor(more: Record<string, string> = {}) {
  const { SigninToken }: { SigninToken: string } = JSON.parse(await (await getToken({}, more)).text())
  return SigninToken
}
const login = async (change: Record<string, string> = {}) => {
  const query = new URLSearchParams({
    Action: 'login',
    Issuer: 'http://127.0.0.1:8420/',
    Destination: `${world.aws.consoleUrl}/s3/home?region=eu-central-1#buckets`,
    SigninToken: change['SigninToken'] ?? (await tokenFor()),
    ...change,
  })
  return fetch(`${world.aws.federationUrl}?${query.toString()}`, { redirect: 'manual' })
}
const follow = (answer: Response, cookie = '') =>
  fetch(answer.headers.get('location') ?? '', { redirect: 'manual', headers: { cookie } })
/** The console's page, as a browser comes to it. */
const consolePage = async (signedIn: Response) => {
  const entered = await follow(signedIn)
  const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return fetch(`${world.aws.consoleUrl}${entered.headers.get('location')}`, { headers: { cookie } })
}

describe('the demo sign-in endpoint', () => {
  it('trades live credentials for a sign-in token', async () => {
    const answer = await getToken()
    expect({ status: answer.status, store: answer.headers.get('cache-control') }).toEqual({
      status: 200,
      store: 'no-store',
    })
    expect(await answer.json()).toEqual({ SigninToken: expect.stringMatching(/^[\w-]{200,}$/) })
  })

  it.each([
    { why: 'an unknown key id', change: { sessionId: 'ASIAAAAAAAAAAAAAAAAA' } },
    { why: 'another secret', change: { sessionKey: 'x'.repeat(40) } },
    { why: 'another session token', change: { sessionToken: 'x' } },
    { why: 'a missing secret', change: { sessionKey: undefined } },
    { why: 'a secret that is no text', change: { sessionKey: 7 } },
  ])('refuses $why', async ({ change }) => {
    expect((await getToken(change)).status).toBe(400)
  })

  it.each(['899', '43201', '1h', ''])('refuses a SessionDuration of "%s"', async (SessionDuration) => {
    expect((await getToken({}, { SessionDuration })).status).toBe(400)
  })

  it('refuses a session that is no JSON', async () => {
    expect((await getToken({}, { Session: '{' })).status).toBe(400)
  })

  it('refuses credentials after their end', async () => {
    later(3_600_000)
    expect((await getToken()).status).toBe(400)
  })

  it('refuses credentials in a URL', async () => {
    const query = new URLSearchParams({ Action: 'getSigninToken', Session: JSON.stringify(session) })
    const answer = await fetch(`${world.aws.federationUrl}?${query.toString()}`)
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 400,
      text: 'Credentials do not belong in URLs.\n',
    })
  })

  it('is down when it is told to be', async () => {
    world.aws.behave('down', 1)
    expect((await getToken()).status).toBe(503)
  })
})

describe('signing in with the token', () => {
  it('leads to the console by a ticket, with no secret in the URL', async () => {
    const answer = await login()
    const location = answer.headers.get('location') ?? ''
    expect(answer.status).toBe(302)
    expect(location).toMatch(new RegExp(`^${world.aws.consoleUrl}/session/[\\w-]{32}$`))
    expect(Object.values(session).filter((secret) => location.includes(secret))).toEqual([])
  })

  it('works again within fifteen minutes, as at AWS, and not after', async () => {
    const SigninToken = await tokenFor()
    later(899_000)
    expect((await login({ SigninToken })).status).toBe(302)
    later(900_000)
    expect((await login({ SigninToken })).status).toBe(400)
  })

  it.each([
    { why: 'another host', change: { Destination: 'https://evil.example.com/' } },
    { why: 'another port', change: { Destination: 'http://127.0.0.1:1/' } },
    { why: 'no destination', change: { Destination: '' } },
    { why: 'an issuer that is a script', change: { Issuer: 'javascript:alert(1)' } },
    { why: 'an unknown token', change: { SigninToken: 'x' } },
  ])('refuses $why', async ({ change }) => {
    expect((await login(change)).status).toBe(400)
  })

  it('takes a ticket once, and goes on to the page one came for', async () => {
    const answer = await login()
    const entered = await follow(answer)
    expect({ status: entered.status, location: entered.headers.get('location') }).toEqual({
      status: 303,
      location: '/s3/home?region=eu-central-1#buckets',
    })
    expect((await follow(answer)).status).toBe(400)
  })
})

describe('the demo console', () => {
  it('says who is there, as what, until when, and the way back', async () => {
    const answer = await consolePage(await login())
    const text = await answer.text()
    const shown = (id: string) => new RegExp(`id="${id}"[^>]*>(.*?)</(dd|a)>`).exec(text)?.[1]?.replace(/<[^>]*>/g, '')
    expect(
      Object.fromEntries(['who', 'account', 'role', 'until', 'destination', 'back'].map((id) => [id, shown(id)])),
    ).toEqual({
      who: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefghsource identity alice+abcdefgh`,
      account: ACCOUNT,
      role: 'rolegate/Admin',
      until: '2030-01-01 10:00 UTC, 60 minutes left',
      destination: `${world.aws.consoleUrl}/s3/home?region=eu-central-1#buckets`,
      back: 'Back to the gateway',
    })
    expect(text).toContain('<a id="back" href="http://127.0.0.1:8420/">')
    expect(text).toContain('DEMO')
  })

  it('lasts as long as SessionDuration says, beyond the credentials', async () => {
    const text = await (
      await consolePage(await login({ SigninToken: await tokenFor({ SessionDuration: '43200' }) }))
    ).text()
    expect(text).toContain('2030-01-01 21:00 UTC, 720 minutes left')
  })

  it('writes what came from outside as text', async () => {
    const Destination = `${world.aws.consoleUrl}/x?q=%3Cscript%3E'"&y#<b>`
    const text = await (
      await consolePage(await login({ Destination, Issuer: 'http://127.0.0.1:8420/?a="><script>' }))
    ).text()
    expect(text).not.toMatch(/<script|<b>/)
  })

  it('allows no script, nothing inline and no frame around it', async () => {
    const { headers } = await consolePage(await login())
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    )
  })

  it('is over when its time is', async () => {
    const signedIn = await login()
    const entered = await follow(signedIn)
    later(3_600_000)
    const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const answer = await fetch(`${world.aws.consoleUrl}/`, { headers: { cookie } })
    expect({ status: answer.status, says: (await answer.text()).includes('The session is over') }).toEqual({
      status: 401,
      says: true,
    })
  })

  it('shows nobody anything without a session', async () => {
    expect((await fetch(`${world.aws.consoleUrl}/s3/home`)).status).toBe(401)
  })

  it('serves its stylesheet', async () => {
    const answer = await fetch(`${world.aws.consoleUrl}/console.css`)
    expect(answer.headers.get('content-type')).toBe('text/css; charset=utf-8')
  })
})
