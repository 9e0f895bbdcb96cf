import { newAddress } from './addresses.ts'
import { form, send, type Received } from './load.ts'

export const DEVICE_CLIENT = 'rolegate-cli'
/** A scope of no meaning: oidc-provider grants nothing to who asks for none, and signs ID tokens for who says `openid`. */
export const SCOPE = 'aws'
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Where a server has its three doors, and who is signed in there. */
export type DeviceServer = {
  readonly authorization: string
  readonly page: string
  readonly token: string
}

export const ourDoors = (gateway: string): DeviceServer => ({
  authorization: `${gateway}/oauth/device_authorization`,
  page: `${gateway}/device`,
  token: `${gateway}/oauth/token`,
})

type Started = { device_code: string; user_code: string; match_number?: string }
type Tokens = { access_token: string; refresh_token: string }

/**
 * A whole device flow (RFC 8628), as people go through it: the terminal asks and polls once in vain; the person, signed in already,
 * opens the page, types the code, picks the terminal's number if there are numbers, approves; the terminal takes its tokens.
 */
export async function deviceFlow(server: DeviceServer, cookie: string): Promise<Tokens> {
  const from = { 'x-forwarded-for': newAddress() }
  const post = (url: string, fields: Readonly<Record<string, string>>, headers: object, expect = 200) => {
    const filled = form(fields)
    return send(url, { ...filled, headers: { ...filled.headers, ...from, ...headers }, expect })
  }
  const browser = { cookie, 'sec-fetch-site': 'same-origin' }
  const started = JSON.parse(
    (await post(server.authorization, { client_id: DEVICE_CLIENT, scope: SCOPE }, {})).text,
  ) as Started
  const redemption = { client_id: DEVICE_CLIENT, grant_type: DEVICE_GRANT, device_code: started.device_code }
  await post(server.token, redemption, {}, 400)

  const page = await send(server.page, { headers: { ...from, ...browser } })
  const confirm = await post(server.page, { ...hiddenIn(page), user_code: started.user_code }, browser)
  await post(server.page, { ...hiddenIn(confirm), ...choiceIn(confirm, started.match_number) }, browser)

  const tokens = JSON.parse((await post(server.token, redemption, {})).text) as Tokens
  if (!tokens.access_token || !tokens.refresh_token) throw new Error('the flow brought no tokens')
  return tokens
}

/** What a form of the page carries by itself; the last of a name counts, as the form of the page comes after the frame's. */
const hiddenIn = ({ text }: Received): Record<string, string> =>
  Object.fromEntries(
    tags(text, 'input').flatMap(({ type, name, value }) => (type === 'hidden' && name ? [[name, value ?? '']] : [])),
  )

/** What a person adds: the number their terminal shows, and their yes. */
function choiceIn({ text }: Received, matchNumber: string | undefined): Record<string, string> {
  const offered = [...tags(text, 'button'), ...tags(text, 'input')]
  const picked = offered.find(({ value }) => value !== undefined && value === matchNumber)
  const yes = offered.find(({ name, value }) => name === 'decision' && value === 'approve')
  return {
    ...(yes !== undefined && { decision: 'approve' }),
    ...(picked?.name !== undefined && { [picked.name]: picked.value ?? '' }),
  }
}

const tags = (html: string, name: string): readonly Readonly<Record<string, string | undefined>>[] =>
  [...html.matchAll(new RegExp(`<${name}\\s([^>]*)>`, 'g'))].map(([, attributes = '']) =>
    Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  )
