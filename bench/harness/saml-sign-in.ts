import { inflateRawSync } from 'node:zlib'
import { newAddress } from './addresses.ts'
import { IDP } from './gateway.ts'
import { cookiesFrom, form, send } from './load.ts'
import { asField, type SamlIdp, type SamlPerson } from './saml-idp.ts'

/** What a service provider sent its browser away with. */
export function questionIn(location: string): { requestId: string; relayState: string } {
  const sent = new URL(location).searchParams
  const request = inflateRawSync(Buffer.from(sent.get('SAMLRequest') ?? '', 'base64')).toString()
  return { requestId: /\sID="([^"]+)"/.exec(request)?.[1] ?? '', relayState: sent.get('RelayState') ?? '' }
}

/** A browser's way through GET /sign-in/{idp} and the ACS, without its visit to the IdP. Answers the session cookie. */
export async function samlSignIn(gateway: string, idp: SamlIdp, person: SamlPerson): Promise<string> {
  const from = { 'x-forwarded-for': newAddress() }
  const begun = await send(`${gateway}/sign-in/${IDP}`, { expect: 303, headers: from })
  const { requestId, relayState } = questionIn(begun.headers.location ?? '')
  const base = `${gateway}/saml/${IDP}`
  const xml = idp.respond({ requestId, acs: `${base}/acs`, audience: `${base}/metadata` }, person)
  const answer = form({ SAMLResponse: asField(xml), RelayState: relayState })
  const back = await send(`${base}/acs`, {
    ...answer,
    expect: 303,
    headers: { ...answer.headers, ...from, cookie: cookiesFrom(begun) },
  })
  if (back.headers.location !== '/') throw new Error(`the sign-in went to ${back.headers.location}`)
  return cookiesFrom(back)
}
