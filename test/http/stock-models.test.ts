import {
  GetRoleCredentialsCommand,
  InvalidRequestException,
  ListAccountRolesCommand,
  ListAccountsCommand,
  LogoutCommand,
  paginateListAccountRoles,
  paginateListAccounts,
  ResourceNotFoundException,
  SSOClient,
  SSOServiceException,
  TooManyRequestsException,
  UnauthorizedException,
} from '@aws-sdk/client-sso'
import * as oidc from '@aws-sdk/client-sso-oidc'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import { approve, aStockAuthorization, signedInByCode, START_URL } from '../support/a-stock-client.ts'
import { answered } from '../support/an-authorization.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

let demo: Demo
let alice: Person
let tokens: oidc.SSOOIDCClient
let portal: SSOClient
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  // One try each: what is seen is our answer, not what the SDK makes of it after three.
  const client = { region: 'eu-central-1', endpoint: demo.url, maxAttempts: 1 }
  tokens = new oidc.SSOOIDCClient(client)
  portal = new SSOClient(client)
})
afterAll(async () => {
  tokens.destroy()
  portal.destroy()
  await demo.close()
})

const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  )

/** A registration, as the model reads it. */
async function register(changes: Partial<oidc.RegisterClientCommandInput> = {}) {
  const { clientId, clientSecret, clientSecretExpiresAt } = await tokens.send(
    new oidc.RegisterClientCommand({
      clientName: 'sdk',
      clientType: 'public',
      scopes: ['sso:account:access'],
      ...changes,
    }),
  )
  return { clientId, clientSecret, clientSecretExpiresAt }
}
type Registered = Pick<Awaited<ReturnType<typeof register>>, 'clientId' | 'clientSecret'>

const begin = ({ clientId, clientSecret }: Registered) =>
  tokens.send(new oidc.StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl: START_URL }))

const create = (
  { clientId, clientSecret }: Registered,
  ask: Omit<oidc.CreateTokenCommandInput, 'clientId' | 'clientSecret'>,
) => tokens.send(new oidc.CreateTokenCommand({ clientId, clientSecret, ...ask }))

const redeem = (client: Registered, deviceCode: string | undefined) =>
  create(client, { grantType: DEVICE_GRANT, deviceCode })

const credentials = (accessToken: string, accountId: string, roleName: string) =>
  portal.send(new GetRoleCredentialsCommand({ accessToken, accountId, roleName }))

describe('the model of sso-oidc', () => {
  it('reads a registration, for ninety days', async () => {
    const { clientId, clientSecret, clientSecretExpiresAt = 0 } = await register()
    expect([typeof clientId, typeof clientSecret]).toEqual(['string', 'string'])
    expect(clientSecretExpiresAt - Date.now() / 1000).toBeCloseTo(90 * 24 * 3600, -2)
  })

  it('reads a sign-in by code, from its start to tokens, and what they are renewed with', async () => {
    const client = await register()
    const { deviceCode, userCode, verificationUri, verificationUriComplete, ...rest } = await begin(client)
    expect(verificationUriComplete).toBe(`${verificationUri}#${userCode}`)
    expect(rest).toMatchObject({ expiresIn: 300, interval: expect.any(Number) })
    expect(await failureOf(redeem(client, deviceCode))).toBeInstanceOf(oidc.AuthorizationPendingException)
    await approve(alice, userCode ?? '')
    const first = await redeem(client, deviceCode)
    expect(first).toMatchObject({ tokenType: 'Bearer', expiresIn: 2700 })
    const renewed = await create(client, { grantType: 'refresh_token', refreshToken: first.refreshToken })
    expect(renewed).toMatchObject({
      tokenType: 'Bearer',
      accessToken: expect.stringMatching(/^rga_/),
      // Clients keep what came back, even where nothing did.
      refreshToken: expect.stringMatching(/^rgr_/),
    })
    expect(renewed.accessToken).not.toBe(first.accessToken)
  })

  it('reads a sign-in through the browser beside the terminal, and a code used twice', async () => {
    const { clientId = '', clientSecret = '' } = await register({
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: ['http://127.0.0.1/oauth/callback'],
      issuerUrl: START_URL,
    })
    const asked = aStockAuthorization({ clientId, clientSecret })
    const back = await answered(alice, asked)
    const code = {
      grantType: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirectUri: asked.fields['redirect_uri'],
      codeVerifier: asked.verifier,
    }
    const first = await create({ clientId, clientSecret }, code)
    expect(first).toMatchObject({ tokenType: 'Bearer', refreshToken: expect.stringMatching(/^rgr_/) })
    expect((await portal.send(new ListAccountsCommand({ accessToken: first.accessToken }))).accountList).toHaveLength(4)
    expect(await failureOf(create({ clientId, clientSecret }, code))).toBeInstanceOf(oidc.InvalidGrantException)
  })

  it('reads slow_down, and not for the two polls at once that the AWS CLI begins with', async () => {
    const client = await register()
    const { deviceCode } = await begin(client)
    const polls = []
    for (let poll = 0; poll < 3; poll += 1) polls.push(await failureOf(redeem(client, deviceCode)))
    expect(polls).toEqual([
      expect.any(oidc.AuthorizationPendingException),
      expect.any(oidc.AuthorizationPendingException),
      expect.any(oidc.SlowDownException),
    ])
  })

  it('reads Deny', async () => {
    const client = await register()
    const { deviceCode, userCode = '' } = await begin(client)
    const _csrf = await alice.csrf()
    await alice.post('/device', { _csrf, user_code: userCode }).expect(200)
    await alice.post('/device', { _csrf, user_code: userCode, decision: 'deny' }).expect(200)
    const failure = await failureOf(redeem(client, deviceCode))
    expect(failure).toBeInstanceOf(oidc.AccessDeniedException)
    expect(failure).toMatchObject({ error: 'access_denied', error_description: expect.stringMatching(/\w/) })
  })

  it('reads the end of a code that nobody approved', async () => {
    const client = await register()
    const { deviceCode } = await begin(client)
    demo.clock.offsetSeconds += 301
    const failure = await failureOf(redeem(client, deviceCode))
    demo.clock.offsetSeconds -= 301
    expect(failure).toBeInstanceOf(oidc.ExpiredTokenException)
    expect(failure).toMatchObject({ error: 'expired_token' })
  })

  it('reads a code and a refresh token that are worth nothing', async () => {
    const client = await register()
    expect(await failureOf(redeem(client, 'rgd_x'))).toBeInstanceOf(oidc.InvalidGrantException)
    const refreshToken = `rgr_${'A'.repeat(43)}`
    const failure = await failureOf(create(client, { grantType: 'refresh_token', refreshToken }))
    expect(failure).toBeInstanceOf(oidc.InvalidGrantException)
    expect(failure).toMatchObject({ error: 'invalid_grant', error_description: expect.stringMatching(/\w/) })
  })

  it('reads what is wrong with a client', async () => {
    const client = await register()
    const stranger = { ...client, clientSecret: 'x' }
    expect(await failureOf(begin(stranger))).toBeInstanceOf(oidc.InvalidClientException)
    const limited = await register({ grantTypes: ['refresh_token'] })
    expect(await failureOf(begin(limited))).toBeInstanceOf(oidc.UnsupportedGrantTypeException)
    expect(await failureOf(create(client, { grantType: 'password' }))).toBeInstanceOf(
      oidc.UnsupportedGrantTypeException,
    )
    expect(await failureOf(register({ scopes: ['admin'] }))).toBeInstanceOf(oidc.InvalidScopeException)
    expect(await failureOf(register({ clientType: 'confidential' }))).toBeInstanceOf(oidc.InvalidRequestException)
    const foreign = {
      clientId: client.clientId,
      clientSecret: client.clientSecret,
      startUrl: 'https://acme.awsapps.com/start',
    }
    expect(await failureOf(tokens.send(new oidc.StartDeviceAuthorizationCommand(foreign)))).toBeInstanceOf(
      oidc.InvalidRequestException,
    )
  })
})

describe('the model of sso', () => {
  it('reads lists of accounts and roles, page by page', async () => {
    const { accessToken } = (await signedInByCode(demo, alice)).tokens
    const accounts = []
    for await (const page of paginateListAccounts({ client: portal, pageSize: 1 }, { accessToken }))
      accounts.push(page.accountList)
    expect(accounts.map((page) => page?.length)).toEqual([1, 1, 1, 1])
    expect(accounts.flat()).toContainEqual({
      accountId: '012345678901',
      accountName: 'Sandbox',
      emailAddress: 'sandbox',
    })
    const roles = []
    const ask = { accessToken, accountId: '111122223333' }
    for await (const page of paginateListAccountRoles({ client: portal, pageSize: 1 }, ask)) roles.push(page.roleList)
    expect(roles).toEqual([
      [{ accountId: '111122223333', roleName: 'readonly' }],
      [{ accountId: '111122223333', roleName: 'developer' }],
    ])
  })

  it('reads credentials, their end in milliseconds', async () => {
    const { accessToken } = (await signedInByCode(demo, alice)).tokens
    const { roleCredentials } = await credentials(accessToken, '111122223333', 'developer')
    expect(roleCredentials).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA/),
      secretAccessKey: expect.any(String),
      sessionToken: expect.any(String),
      expiration: expect.any(Number),
    })
    const minutes = ((roleCredentials?.expiration ?? 0) - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(29)
    expect(minutes).toBeLessThan(12 * 60)
  })

  it('reads every refusal as its exception', async () => {
    const { accessToken } = (await signedInByCode(demo, alice)).tokens
    expect(await failureOf(credentials('rga_unknown', '111122223333', 'readonly'))).toBeInstanceOf(
      UnauthorizedException,
    )
    expect(await failureOf(credentials(accessToken, '999999999999', 'readonly'))).toBeInstanceOf(
      ResourceNotFoundException,
    )
    expect(await failureOf(credentials(accessToken, '123', 'readonly'))).toBeInstanceOf(InvalidRequestException)
    const list = new ListAccountsCommand({ accessToken, nextToken: 'nobody' })
    expect(await failureOf(portal.send(list))).toBeInstanceOf(InvalidRequestException)
    const roles = new ListAccountRolesCommand({ accessToken, accountId: '999999999999' })
    expect(await failureOf(portal.send(roles))).toBeInstanceOf(ResourceNotFoundException)
    // AWS's own answer too is one that its model does not list.
    const refused = await failureOf(credentials(accessToken, '222233334444', 'admin'))
    expect(refused).toBeInstanceOf(SSOServiceException)
    expect(refused).toMatchObject({
      name: 'ForbiddenException',
      message: expect.stringContaining('where you can be asked again'),
      $metadata: { httpStatusCode: 403 },
    })
  })

  it('reads as a failure to be tried again that AWS throttles us', async () => {
    const { accessToken } = (await signedInByCode(demo, alice)).tokens
    demo.world.aws.behave('throttle')
    const failure = await failureOf(credentials(accessToken, '111122223333', 'readonly'))
    demo.world.aws.behave('normal')
    expect(failure).toMatchObject({ name: 'InternalServerException', $metadata: { httpStatusCode: 503 } })
  }, 30_000)

  it('ends a sign-in, and reads that it has ended', async () => {
    const { client, tokens: held } = await signedInByCode(demo, alice)
    await portal.send(new LogoutCommand({ accessToken: held.accessToken }))
    const list = new ListAccountsCommand({ accessToken: held.accessToken })
    expect(await failureOf(portal.send(list))).toBeInstanceOf(UnauthorizedException)
    const again = create(client, { grantType: 'refresh_token', refreshToken: held.refreshToken })
    expect(await failureOf(again)).toBeInstanceOf(oidc.InvalidGrantException)
  })
})

// Last: for the rest of the minute this address starts no other sign-in.
it('both models read that somebody asks too often, by one name', async () => {
  const client = await register()
  let failure: unknown
  for (let tries = 0; tries < 40 && !(failure instanceof Error); tries += 1)
    failure = await failureOf(begin(client).then(() => 0))
  expect(failure).toMatchObject({ name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } })
  // The very answer, as the portal's client meets it.
  const flooded = await fetch(`${demo.url}/device_authorization`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ clientId: client.clientId, clientSecret: client.clientSecret, startUrl: START_URL }),
  })
  expect(Number(flooded.headers.get('retry-after'))).toBeGreaterThan(0)
  const replaying = new SSOClient({
    region: 'eu-central-1',
    endpoint: demo.url,
    maxAttempts: 1,
    requestHandler: {
      handle: async () => ({
        response: {
          statusCode: flooded.status,
          headers: Object.fromEntries(flooded.headers),
          body: Buffer.from(await flooded.arrayBuffer()),
        },
      }),
    } as never,
  })
  expect(await failureOf(replaying.send(new ListAccountsCommand({ accessToken: 'x' })))).toBeInstanceOf(
    TooManyRequestsException,
  )
})
