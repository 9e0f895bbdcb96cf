import { codeFor } from '../neighbours/code.ts'
import { IDP } from './gateway.ts'
import { newAddress } from './addresses.ts'
import { deviceFlow, ourDoors } from './device.ts'
import { cookiesFrom, send } from './load.ts'

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

/** A device sign-in from start to finish, approved by whoever holds the cookie. Answers a bearer token. */
export const signInDevice = async (gateway: string, cookie: string): Promise<string> =>
  (await deviceFlow(ourDoors(gateway), cookie)).access_token
