import { codeFor } from '../neighbours/code.ts'
import { IDP } from './gateway.ts'
import { cookiesFrom, form, send } from './load.ts'

/** A browser's way through GET /sign-in/{idp} and the callback, without its visit to the IdP. Answers the session cookie. */
export async function signIn(
  gateway: string,
  { person, groupCount }: { person: number; groupCount: number },
): Promise<string> {
  const from = { 'x-forwarded-for': newAddress() }
  const begun = await send(`${gateway}/sign-in/${IDP}`, { expect: 303, headers: from })
  const away = new URL(begun.headers.location ?? '').searchParams
  const [state, nonce] = [away.get('state') ?? '', away.get('nonce') ?? '']
  const answer = new URLSearchParams({ code: codeFor({ nonce, person, groupCount }), state })
  const back = await send(`${gateway}/oidc/${IDP}/callback?${answer.toString()}`, {
    expect: 303,
    headers: { ...from, cookie: cookiesFrom(begun) },
  })
  return cookiesFrom(back)
}

let addresses = 0

/** Everybody comes from an address of their own, or the limits for one address would stop the bench. */
function newAddress(): string {
  addresses += 1
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
}

/** A device sign-in from start to finish, approved by whoever holds the cookie. Answers a bearer token. */
export async function signInDevice(gateway: string, cookie: string): Promise<string> {
  const started = await post(`${gateway}/oauth/device_authorization`, { client_id: 'rolegate-cli' })
  const page = await send(`${gateway}/device`, { headers: { cookie } })
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const user_code = String(started['user_code'])
  // First to see who asks, then to pick the number the terminal shows.
  for (const answer of [{}, { number: String(started['match_number']) }]) {
    const posted = form({ _csrf: csrf, user_code, ...answer })
    await send(`${gateway}/device`, {
      ...posted,
      headers: { ...posted.headers, cookie, 'sec-fetch-site': 'same-origin' },
    })
  }
  const tokens = await post(`${gateway}/oauth/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'rolegate-cli',
    device_code: String(started['device_code']),
  })
  return String(tokens['access_token'])
}

const post = async (url: string, fields: Readonly<Record<string, string>>): Promise<Record<string, unknown>> =>
  JSON.parse((await send(url, form(fields))).text) as Record<string, unknown>
