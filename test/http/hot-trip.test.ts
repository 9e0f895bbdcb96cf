import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor, type Person } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => void (demo = await aDemo()))
afterAll(() => demo.close())

/** HEAD and a cookie of nobody's are nothing the hot door takes. */
const NOBODYS = 'rolegate=s%3Anobody.signature'

const cookieShape = (line: string): string =>
  line
    .replace(/-[0-9a-f]{8}=/, '-…=')
    .replace(/=(?=[^;])[^;]+/, '=…')
    .split('; ')
    .filter((part) => !/^(max-age|expires=(?!Thu, 01 Jan 1970))/i.test(part))
    .toSorted()
    .join('; ')

/** Status, headers by name, and what the cookies are called, how long they are kept and where they go. */
async function shapeOf(answer: Response) {
  const headers = [...answer.headers].filter(
    ([name]) => !['date', 'x-request-id', 'set-cookie', 'location'].includes(name),
  )
  return {
    status: answer.status,
    headers: Object.fromEntries(headers),
    hasRequestId: /^[\w-]{8,}$/.test(answer.headers.get('x-request-id') ?? ''),
    cookies: answer.headers.getSetCookie().map(cookieShape).toSorted(),
  }
}

/** Express writes a little page for those whose browser does not follow; nobody misses it. */
const ofNoBody = ({ headers, ...rest }: Awaited<ReturnType<typeof shapeOf>>) => {
  const { 'content-length': _length, 'content-type': _type, vary: _vary, ...others } = headers
  return { ...rest, headers: others }
}

describe('the trip to an IdP and back is one trip, at the hot door and in Express', () => {
  it('begins alike', async () => {
    const ask = (headers: HeadersInit) =>
      fetch(`${demo.url}/sign-in/demo?returnTo=%2Fme`, { headers, redirect: 'manual' })
    const hot = await ask({})
    // A link of another site's is looked at by Express, and finds nobody signed in.
    const cold = await ask({ 'sec-fetch-site': 'cross-site' })
    expect(ofNoBody(await shapeOf(hot))).toEqual(ofNoBody(await shapeOf(cold)))
    const asked = (answer: Response) => {
      const url = new URL(answer.headers.get('location') ?? '')
      return [url.origin + url.pathname, [...url.searchParams.keys()].toSorted(), url.searchParams.get('redirect_uri')]
    }
    expect(asked(hot)).toEqual(asked(cold))
  })

  async function arrive(setUp: (visitor: Person) => void): Promise<Response> {
    const visitor = aVisitor(demo)
    const callback = await visitor.callbackUrl('alice', '/sign-in/demo?returnTo=%2Fme')
    setUp(visitor)
    return visitor.fetch(callback)
  }

  it('ends alike, and either session is one', async () => {
    const hot = await arrive(() => {})
    const cold = await arrive(({ jar }) => jar.take(demo.url, [NOBODYS]))
    expect(ofNoBody(await shapeOf(hot))).toEqual(ofNoBody(await shapeOf(cold)))
    expect([hot.headers.get('location'), cold.headers.get('location')]).toEqual(['/me', '/me'])
    for (const answer of [hot, cold]) {
      const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('rolegate=')) ?? ''
      expect(cookie).toMatch(/^rolegate=s%3A[\w-]{32}\.[\w%]{43,}; /)
      const page = await fetch(`${demo.url}/me`, {
        headers: { cookie: cookie.split(';')[0] ?? '' },
        redirect: 'manual',
      })
      expect(page.status).toBe(200)
    }
  })

  it('is on record alike', async () => {
    const keysOf = async (setUp: (visitor: Person) => void) => {
      const already = demo.audit().length
      await arrive(setUp)
      return demo
        .audit()
        .slice(already)
        .map((record) => Object.keys(record).toSorted())
    }
    expect(await keysOf(() => {})).toEqual(await keysOf(({ jar }) => jar.take(demo.url, [NOBODYS])))
  })

  it('is refused alike, and the attempt is over: its cookie goes, and it counts once', async () => {
    const refusedWith = async (setUp: (visitor: Person) => void) => {
      const visitor = aVisitor(demo)
      const callback = new URL(await visitor.callbackUrl('alice'))
      callback.searchParams.set('code', 'no-code-of-theirs')
      setUp(visitor)
      const answer = await visitor.fetch(callback.href)
      const again = await visitor.fetch(callback.href)
      return [await shapeOf(answer), again.status, /rolegate-attempt/.test(visitor.jar.header(demo.url))]
    }
    const hot = await refusedWith(() => {})
    const cold = await refusedWith(({ jar }) => jar.take(demo.url, [NOBODYS]))
    const [shape, again, held] = hot
    expect(hot).toEqual(cold)
    expect([(shape as { status: number }).status, again, held]).toEqual([403, 403, false])
  })
})

describe('nobody is signed in whom nobody sees (RFC 9110 §9.2.1, security.md C-12)', () => {
  it.each([
    ['a head alone', { method: 'HEAD' }],
    ['what is fetched ahead', { headers: { 'sec-purpose': 'prefetch;prerender' } }],
    ['a page within another', { headers: { 'sec-fetch-dest': 'iframe' } }],
  ])('the answer stays good after %s, with and without a session', async (_, how) => {
    for (const cookies of [[], [NOBODYS]]) {
      const visitor = aVisitor(demo)
      const callback = await visitor.callbackUrl('alice', '/sign-in/demo?returnTo=%2Fme')
      visitor.jar.take(demo.url, cookies)
      const already = demo.audit().filter(({ event }) => event === 'sign_in').length
      const first = await visitor.fetch(callback, how)
      expect([first.status >= 400, first.headers.getSetCookie()]).toEqual([true, []])
      expect(demo.audit().filter(({ event }) => event === 'sign_in')).toHaveLength(already)
      expect((await visitor.fetch(callback)).headers.get('location')).toBe('/me')
    }
  })

  it.each(['/sign-in/demo', '/sign-in/contractors'])(
    'a head of %s, and one fetched ahead, begins nothing',
    async (path) => {
      for (const how of [{ method: 'HEAD' }, { headers: { 'sec-purpose': 'prefetch' } }]) {
        const answer = await aVisitor(demo).fetch(demo.url + path, how)
        expect([answer.status >= 400, answer.headers.getSetCookie()]).toEqual([true, []])
      }
    },
  )

  it.each(['/saml/contractors/slo?SAMLRequest=x', '/admin/idps/demo/test/start'])(
    'nor is a head of %s read',
    async (path) => {
      const already = demo.audit().length
      const operator = await aPersonAt(demo, 'alice')
      const signedIn = demo.audit().length
      expect((await operator.fetch(demo.url + path, { method: 'HEAD' })).status).toBe(404)
      expect([signedIn > already, demo.audit().length]).toEqual([true, signedIn])
    },
  )
})

describe('whose trip is not plain goes to Express', () => {
  it('a page that has us in a frame begins nothing (security.md W-11)', async () => {
    const visitor = aVisitor(demo)
    const answer = await visitor.fetch(`${demo.url}/sign-in/demo`, { headers: { 'sec-fetch-dest': 'iframe' } })
    expect([answer.status, visitor.jar.header(demo.url)]).toEqual([403, ''])
  })

  it('another site does not put anybody in the place of who is signed in (security.md W-11)', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const answer = await alice.fetch(`${demo.url}/sign-in/demo`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(answer.headers.get('location')).toMatch(/^\/sign-in\?choose/)
  })

  it('a second person at one browser ends the first one’s session (threats.md H9)', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const before = alice.jar.header(demo.url)
    alice.jar.forget(demo.world.urls.idp)
    const callback = await alice.callbackUrl('bob', '/sign-in/demo?returnTo=%2Fme')
    expect((await alice.fetch(callback)).headers.get('location')).toBe('/')
    const old = await fetch(`${demo.url}/me`, { headers: { cookie: before }, redirect: 'manual' })
    expect(old.status).toBe(303)
  })

  it('another host is told so (threats.md P5)', async () => {
    const { port } = new URL(demo.url)
    const answer = await fetch(`http://localhost:${port}/sign-in/demo`, { redirect: 'manual' })
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([421, []])
  })

  it('an IdP that is SAML’s has its own way in, and no callback of OIDC’s (security.md S-38)', async () => {
    const visitor = aVisitor(demo)
    expect((await visitor.fetch(`${demo.url}/sign-in/contractors`)).status).toBe(303)
    expect((await visitor.fetch(`${demo.url}/oidc/contractors/callback?code=x&state=y`)).status).toBe(404)
    expect((await visitor.fetch(`${demo.url}/sign-in/nowhere`)).status).toBe(404)
    expect((await visitor.fetch(`${demo.url}/oidc/nowhere/callback`)).status).toBe(404)
  })
})
