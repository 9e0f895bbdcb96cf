import request from 'supertest'
import type { Demo } from './a-demo.ts'
import type { Person } from './a-person.ts'
import { anAuthorization } from './an-authorization.ts'

type Gateway = Pick<Demo, 'url'>

export const START_URL = 'https://rolegate.invalid.awsapps.com/start'

/** A JSON body as the AWS CLI sends it: no signature, no cookie. */
export const call = (gateway: Gateway, path: string, body: object) =>
  request(gateway.url).post(path).set('user-agent', 'aws-cli/2.36.7 md/command#sso.login').send(body)

/** What the portal's API is asked with. */
export const ask = (gateway: Gateway, path: string, token: string) =>
  request(gateway.url).get(path).set('x-amz-sso_bearer_token', token)

/** A tool that has registered itself, as the stock ones do at their first sign-in. */
export async function aStockClient(gateway: Gateway, changes: object = {}) {
  const { body } = await call(gateway, '/client/register', {
    clientName: 'botocore-client-gw',
    clientType: 'public',
    scopes: ['sso:account:access'],
    grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    redirectUris: ['http://127.0.0.1/oauth/callback'],
    ...changes,
  }).expect(200)
  const { clientId, clientSecret } = body as { clientId: string; clientSecret: string }
  return { clientId, clientSecret }
}

export type StockClient = Awaited<ReturnType<typeof aStockClient>>
type StockTokens = { accessToken: string; refreshToken: string; expiresIn: number; tokenType: string }

export const start = async (gateway: Gateway, client: StockClient) =>
  (await call(gateway, '/device_authorization', { ...client, startUrl: START_URL }).expect(200)).body as {
    deviceCode: string
    userCode: string
    verificationUri: string
    verificationUriComplete: string
    interval: number
    expiresIn: number
  }

export const pollOnce = (gateway: Gateway, client: StockClient, deviceCode: string) =>
  call(gateway, '/token', { ...client, grantType: 'urn:ietf:params:oauth:grant-type:device_code', deviceCode })

export const refresh = (gateway: Gateway, client: StockClient, refreshToken: string) =>
  call(gateway, '/token', { ...client, grantType: 'refresh_token', refreshToken })

/** A person looks at who asks, and approves. */
export async function approve(person: Person, userCode: string): Promise<void> {
  const _csrf = await person.csrf()
  await person.post('/device', { _csrf, user_code: userCode }).expect(200)
  await person.post('/device', { _csrf, user_code: userCode, decision: 'approve' }).expect(200)
}

/** The whole of `aws sso login --use-device-code`. */
export async function signedInByCode(gateway: Gateway, person: Person, client?: StockClient) {
  const tool = client ?? (await aStockClient(gateway))
  const { deviceCode, userCode } = await start(gateway, tool)
  await approve(person, userCode)
  const { body } = await pollOnce(gateway, tool, deviceCode).expect(200)
  return { client: tool, tokens: body as StockTokens }
}

/** The address a stock tool opens: `scopes`, and a port that was not registered (RFC 8252 §7.3). */
export const aStockAuthorization = (
  client: StockClient,
  changes: Readonly<Record<string, string | undefined>> = {},
) => {
  const { verifier, fields } = anAuthorization({
    client_id: client.clientId,
    redirect_uri: 'http://127.0.0.1:50124/oauth/callback',
    scopes: 'sso:account:access',
    ...changes,
  })
  return { verifier, fields, path: `/authorize?${new URLSearchParams(fields).toString()}` }
}
