import request, { type Test } from 'supertest'
import type { Demo } from './a-demo.ts'

/** Cookies by host name, as a browser keeps them: ports do not part them. */
class Jar {
  readonly #cookies = new Map<string, Map<string, string>>()

  take(url: string, setCookie: readonly string[]): void {
    const held = this.#cookies.get(new URL(url).hostname) ?? new Map<string, string>()
    for (const line of setCookie) {
      const [pair = ''] = line.split(';')
      const [name = '', ...value] = pair.split('=')
      if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) held.delete(name.trim())
      else held.set(name.trim(), value.join('='))
    }
    this.#cookies.set(new URL(url).hostname, held)
  }

  /** As if the browser had never been at that host. */
  forget(url: string): void {
    this.#cookies.delete(new URL(url).hostname)
  }

  header(url: string): string {
    return [...(this.#cookies.get(new URL(url).hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

export type Person = ReturnType<typeof aVisitor>

/** Somebody with a browser's habits and no browser: keeps cookies, follows nothing by itself. */
export function aVisitor(demo: Pick<Demo, 'url'>) {
  const jar = new Jar()

  async function fetchOnce(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = jar.header(url)
    if (cookie !== '') headers.set('cookie', cookie)
    if (!headers.has('accept')) headers.set('accept', 'text/html')
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    jar.take(url, answer.headers.getSetCookie())
    return answer
  }

  /** A trip's first answer, asked for by its path or had already. */
  const begun = (start: string | Response): Promise<Response> =>
    typeof start === 'string' ? fetchOnce(`${demo.url}${start}`) : Promise.resolve(start)

  const send = (test: Test): Test => {
    const cookie = jar.header(demo.url)
    return (cookie === '' ? test : test.set('cookie', cookie)).set('accept', 'text/html')
  }

  return {
    jar,
    fetch: fetchOnce,
    get: (path: string): Test => send(request(demo.url).get(path)),
    /** A form of our own page, as a browser of today posts it. */
    post: (path: string, fields: Record<string, string>): Test =>
      send(request(demo.url).post(path))
        .set('sec-fetch-site', 'same-origin')
        .set('origin', demo.url)
        .type('form')
        .send(fields),

    /** The same, its answer to be followed. */
    submit: (path: string, fields: Record<string, string>): Promise<Response> =>
      fetchOnce(`${demo.url}${path}`, {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin', origin: demo.url },
        body: new URLSearchParams(fields),
      }),

    /** From /sign-in to the IdP's form, through it, and up to the callback's URL, which is not yet called. */
    async callbackUrl(username: string, start: string | Response = '/sign-in/demo'): Promise<string> {
      let answer = await begun(start)
      let url = demo.url
      for (let hops = 0; hops < 12; hops += 1) {
        const next = answer.headers.get('location')
        if (next === null) {
          const form = /<form method="post" action="([^"]+)"/.exec(await answer.text())?.[1] ?? ''
          url = new URL(form, url).href
          answer = await fetchOnce(url, { method: 'POST', body: new URLSearchParams({ username, password: 'demo' }) })
          continue
        }
        url = new URL(next, url).href
        if (url.startsWith(`${demo.url}/oidc/`)) return url
        answer = await fetchOnce(url)
      }
      throw new Error(`the sign-in never came back; last seen ${url}`)
    },

    /** Through the contractors' directory, up to the fields its page would post to our ACS. */
    async samlAnswer(
      username: string,
      start: string | Response = '/sign-in/contractors',
    ): Promise<Record<string, string>> {
      let answer = await begun(start)
      let url = demo.url
      for (let hops = 0; hops < 12; hops += 1) {
        const next = answer.headers.get('location')
        if (next !== null) {
          url = new URL(next, url).href
          answer = await fetchOnce(url)
          continue
        }
        const page = await answer.text()
        const fields = Object.fromEntries(
          [...page.matchAll(/name="(SAMLResponse|RelayState)" value="([^"]*)"/g)].map(([, name, value]) => [
            name,
            value,
          ]),
        ) as Record<string, string>
        if ('SAMLResponse' in fields) return fields
        url = new URL(/<form method="post" action="([^"]+)"/.exec(page)?.[1] ?? '', url).href
        answer = await fetchOnce(url, { method: 'POST', body: new URLSearchParams({ username, password: 'demo' }) })
      }
      throw new Error(`the sign-in never came back; last seen ${url}`)
    },
    /** What its page posts to us, from its own site. */
    postAcs: (fields: Record<string, string>, path = '/saml/contractors/acs'): Test =>
      send(request(demo.url).post(path))
        .on('response', ({ headers }: { headers: Record<string, unknown> }) => {
          jar.take(demo.url, (headers['set-cookie'] ?? []) as string[])
        })
        .set('sec-fetch-site', 'cross-site')
        .type('form')
        .send(fields),

    /** The token that our forms carry, read off the page. */
    async csrf(path = '/device'): Promise<string> {
      const page = await (await fetchOnce(`${demo.url}${path}`)).text()
      return /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
    },
  }
}

/** Somebody signed in at the demo IdP, with a session at the gateway. */
export async function aPersonAt(demo: Pick<Demo, 'url'>, username: string): Promise<Person> {
  const person = aVisitor(demo)
  const answer = await person.fetch(await person.callbackUrl(username))
  if (answer.status !== 303) throw new Error(`sign-in of ${username} answered ${answer.status}: ${await answer.text()}`)
  return person
}

/** To the IdP and back, as far as our callback leads: a path, or a refusal's page. */
export async function tripOf(person: Person, start: string, username = 'alice') {
  const answer = await person.fetch(await person.callbackUrl(username, start))
  return { status: answer.status, path: answer.headers.get('location') ?? '', page: await answer.text() }
}

/** Looks at who asks for a code, and picks the number the terminal shows. */
export async function approveTerminal(person: Person, user_code: string, number: string): Promise<void> {
  const _csrf = await person.csrf()
  await person.post('/device', { _csrf, user_code }).expect(200)
  await person.post('/device', { _csrf, user_code, number }).expect(200)
}

/** A terminal of this person's, through the whole device flow: its tokens. */
export async function aTerminalOf(
  demo: Pick<Demo, 'url'>,
  person: Person,
): Promise<{ accessToken: string; refreshToken: string }> {
  const started = await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli', host: 'test-host' })
  const { device_code, user_code, match_number } = started.body as Record<string, string>
  await approveTerminal(person, user_code ?? '', match_number ?? '')
  const redeemed = await form(demo, '/oauth/token', {
    client_id: 'rolegate-cli',
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: device_code ?? '',
  }).expect(200)
  const { access_token, refresh_token } = redeemed.body as { access_token: string; refresh_token: string }
  return { accessToken: access_token, refreshToken: refresh_token }
}

/** A form post as a program sends it: no cookie, no origin. */
export const form = (demo: Pick<Demo, 'url'>, path: string, fields: Record<string, string>): Test =>
  request(demo.url).post(path).type('form').send(fields)
