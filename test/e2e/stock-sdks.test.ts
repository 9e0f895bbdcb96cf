import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { writeTokens } from '../cli/kept-files.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'
import { ask, aStockClient, call, signedInByCode, type StockClient } from '../support/a-stock-client.ts'
import { anAwsHome, servedConfig, type AwsHome } from '../support/an-aws-home.ts'
import { BOTOCORES, KNOWS_SERVICES, withoutBotocore } from '../support/botocore.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/rolegate.cjs', import.meta.url))
const minutes = (count: number) => new Date(Date.now() + count * 60_000)

type Env = Record<string, string>
type Lent = { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: Date }
type Answer = { lent?: Lent; refused?: string; as?: string }

let demo: Demo
let alice: Person
let client: StockClient
let config: string
let home: AwsHome
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  client = await aStockClient(demo)
  const { tokens } = await signedInByCode(demo, alice)
  const rolegate = `${process.execPath} ${PROGRAM} credential-process`
  config = [
    await servedConfig(demo, tokens.accessToken),
    '[profile process]',
    `credential_process = ${rolegate} payments-dev/developer`,
    '[profile process-refused]',
    `credential_process = ${rolegate} payments-prod/admin`,
    '[profile refused]',
    `sso_session = ${new URL(demo.url).host.replace(':', '-')}`,
    'sso_account_id = 222233334444',
    'sso_role_name = admin',
    'region = eu-central-1',
    `services = ${new URL(demo.url).host.replace(':', '-')}`,
    '',
  ].join('\n')
})
afterAll(() => demo.close())

/** A home without a sign-in, and a browser of its own: one person approves twenty terminals a minute at most. */
async function aFreshStart(): Promise<void> {
  home = anAwsHome(config)
  alice = await aPersonAt(demo, 'alice')
}

/** How often the gateway was asked so since the last look. */
function lookAt(route: string): () => number {
  const count = () => demo.printed().split(`"route":"${route}"`).length - 1
  const before = count()
  return () => count() - before
}

/** As `aws sso login` left it, which may be some time ago. */
async function signIn({ endsIn }: { endsIn: number }): Promise<{ accessToken: string; refreshToken: string }> {
  const { tokens } = await signedInByCode(demo, alice, client)
  home.keep(client, tokens, minutes(endsIn))
  return tokens
}

const callerOf = async ({ accessKeyId, secretAccessKey, sessionToken }: Lent): Promise<string | undefined> => {
  const credentials = { accessKeyId, secretAccessKey, sessionToken }
  const sts = new STSClient({ region: 'eu-central-1', endpoint: demo.awsUrl, credentials })
  const { Arn } = await sts.send(new GetCallerIdentityCommand())
  sts.destroy()
  return Arn
}

/** For the SDK, and for our program where that asks it. */
const environment = (profile: string): Env => ({
  ...home.env,
  AWS_PROFILE: profile,
  ROLEGATE_URL: demo.url,
  ROLEGATE_CONFIG_DIR: `${home.folder}/rolegate`,
  ROLEGATE_TOKEN_STORE: 'file',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
})

describe('the AWS SDK for JavaScript', () => {
  beforeEach(async () => {
    await aFreshStart()
    return () => home.remove()
  })

  /** A program of its own that takes a profile’s credentials, `times` at once, and asks `tries` times for each. */
  const provide = (
    provider: 'fromSSO' | 'fromProcess',
    profile: string,
    { times = 1, tries = 1, init = {}, env = {} }: { times?: number; tries?: number; init?: object; env?: Env } = {},
  ) =>
    new Promise<Answer[]>((resolve, reject) => {
      const thread = new Worker(new URL('../support/sdk-in-a-thread.mjs', import.meta.url), {
        env: { ...environment(profile), AWS_MAX_ATTEMPTS: String(tries), ...env },
        workerData: { provider, init: { profile, ...init }, times },
      })
      thread.once('message', resolve).once('error', reject)
    })

  it('fromSSO lends the role, to the end that the gateway gave', async () => {
    await signIn({ endsIn: 45 })
    const renewals = lookAt('/token')
    const [{ lent } = {}] = await provide('fromSSO', 'payments-dev.developer')
    expect(lent?.expiration.getTime()).toBeGreaterThan(minutes(29).getTime())
    expect(lent && (await callerOf(lent))).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@/)
    expect(renewals()).toBe(0)
  })

  it.each([
    ['an endpoint in its code', () => ({ init: { clientConfig: { endpoint: demo.url } } })],
    ['two variables', () => ({ env: { AWS_ENDPOINT_URL_SSO: demo.url, AWS_ENDPOINT_URL_SSO_OIDC: demo.url } })],
  ])('fromSSO is led here by %s too, whatever AWS_PROFILE says', async (_how, led) => {
    await signIn({ endsIn: -1 })
    const { env = {}, ...how } = led() as { env?: Env; init?: object }
    const [answer] = await provide('fromSSO', 'payments-dev.developer', {
      ...how,
      env: { ...env, AWS_PROFILE: 'process' },
    })
    expect(answer?.lent?.accessKeyId).toMatch(/^ASIA/)
  })

  it('fromSSO renews a sign-in whose access token has ended, once, and keeps what it got', async () => {
    const old = await signIn({ endsIn: -60 })
    const renewals = lookAt('/token')
    const answers = await provide('fromSSO', 'payments-dev.readonly', { times: 5 })
    expect(answers.map(({ lent }) => lent?.accessKeyId)).toEqual(answers.map(() => expect.stringMatching(/^ASIA/)))
    expect(renewals()).toBe(1)
    const { accessToken, refreshToken, expiresAt } = home.kept()
    expect([accessToken, refreshToken]).not.toEqual([old.accessToken, old.refreshToken])
    expect(new Date(expiresAt).getTime()).toBeGreaterThan(minutes(40).getTime())
    await ask(demo, '/assignment/accounts', accessToken).expect(200)
    // The next program finds it fresh.
    await provide('fromSSO', 'payments-dev.readonly')
    expect(renewals()).toBe(1)
  })

  it('fromSSO renews in several programs at once, and none of them ends the sign-in of the others (threats.md D9)', async () => {
    const tokens = await signIn({ endsIn: -1 })
    // Each with a file of its own: the SDK writes over its file in place, and one that reads it half written asks nobody.
    const homes = [1, 2, 3, 4].map(() => anAwsHome(config))
    onTestFinished(() => homes.forEach((one) => one.remove()))
    const provideIn = async (one: AwsHome, kept: typeof tokens) => {
      one.keep(client, kept, minutes(-1))
      const [answer] = await provide('fromSSO', 'payments-dev.readonly', { env: one.env })
      return answer?.lent?.accessKeyId ?? answer?.refused
    }
    const lent = homes.map(() => expect.stringMatching(/^ASIA/))
    expect(await Promise.all(homes.map((one) => provideIn(one, tokens)))).toEqual(lent)
    const renewed = homes.map((one) => one.kept()).map((kept) => ({ refreshToken: '', ...kept }))
    expect(await Promise.all(homes.map((one, at) => provideIn(one, renewed[at] ?? tokens)))).toEqual(lent)
  })

  it('fromSSO tells of a sign-in that is over', async () => {
    const { accessToken } = await signIn({ endsIn: -1 })
    await call(demo, '/logout', {}).set('x-amz-sso_bearer_token', accessToken).expect(200)
    const [{ refused } = {}] = await provide('fromSSO', 'payments-dev.developer')
    expect(refused).toMatch(/expired.*aws sso login/i)
    // And where its file says that it lasts, the portal says otherwise.
    const ended = await signIn({ endsIn: 45 })
    await call(demo, '/logout', {}).set('x-amz-sso_bearer_token', ended.accessToken).expect(200)
    const [answer] = await provide('fromSSO', 'payments-dev.developer')
    expect(answer?.refused).toContain('UnauthorizedException')
  })

  it('fromSSO tells in our words of a role that is refused', async () => {
    await signIn({ endsIn: 45 })
    const [answer] = await provide('fromSSO', 'refused')
    expect(answer).toMatchObject({ as: 'CredentialsProviderError' })
    expect(answer?.refused).toContain('ForbiddenException')
    expect(answer?.refused).toContain('Elevated roles are given where you can be asked again')
  })

  it('fromSSO tells when AWS throttles, and tries again before it does', async () => {
    await signIn({ endsIn: 45 })
    demo.world.aws.behave('throttle')
    const [throttled] = await provide('fromSSO', 'payments-dev.readonly')
    expect(throttled?.refused).toContain('slow, throttling or down')
    // The gateway tries twice by itself, and the SDK waits as long as it is told to before it asks again.
    demo.world.aws.behave('throttle', 2)
    const asked = lookAt('/federation/credentials')
    const [recovered] = await provide('fromSSO', 'payments-dev.readonly', { tries: 2 })
    demo.world.aws.behave('normal')
    expect(recovered?.lent?.accessKeyId).toMatch(/^ASIA/)
    expect(asked()).toBe(2)
  }, 60_000)

  it('fromProcess runs our program, which renews a sign-in that has ended', async () => {
    const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
    const ended = { accessToken, refreshToken, expiresAt: minutes(-1).toISOString() }
    writeTokens(`${home.folder}/rolegate`, { [demo.url]: ended })
    const renewals = lookAt('/oauth/token')
    const [{ lent } = {}] = await provide('fromProcess', 'process')
    expect(lent && (await callerOf(lent))).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@/)
    const [again] = await provide('fromProcess', 'process')
    expect(again?.lent).toEqual(lent)
    expect(renewals()).toBe(1)
    const [answer] = await provide('fromProcess', 'process-refused')
    expect(answer?.refused).toContain('Elevated roles are given where you can be asked again')
  }, 60_000)

  it('fromProcess shows what our program says to somebody who is not signed in', async () => {
    const [answer] = await provide('fromProcess', 'process')
    expect(answer).toMatchObject({ as: 'CredentialsProviderError', refused: expect.stringContaining('rolegate login') })
  }, 60_000)
})

const noBotocore = withoutBotocore(BOTOCORES[0])

it.skipIf(noBotocore)(`botocore${noBotocore === undefined ? '' : ` (${noBotocore})`} is on this machine`, () => {})

describe.each(BOTOCORES)('botocore $version', ({ python, minor }) => {
  beforeEach(async () => {
    await aFreshStart()
    // Older than endpoints in the file.
    if (minor < KNOWS_SERVICES) home.takeRuleSet(demo)
    return () => home.remove()
  })

  const SCRIPT = `
import json, botocore.session
try:
    found = botocore.session.Session().get_credentials().get_frozen_credentials()
    print(json.dumps({"lent": {"accessKeyId": found.access_key, "secretAccessKey": found.secret_key, "sessionToken": found.token}}))
except Exception as refused:
    print(json.dumps({"refused": str(refused), "as": type(refused).__name__}))
`
  const script = (profile: string) =>
    new Promise<Answer>((resolve, reject) => {
      const env = { ...environment(profile), PATH: process.env['PATH'] ?? '' }
      execFile(python, ['-c', SCRIPT], { env, timeout: 60_000 }, (failure, out) =>
        failure === null ? resolve(JSON.parse(out) as Answer) : reject(failure),
      )
    })

  it('renews once in a token’s life, and not at every command (threats.md D11)', async () => {
    // Fifteen minutes before its end the token counts as old.
    await signIn({ endsIn: 14 })
    const renewals = lookAt('/token')
    for (let command = 0; command < 3; command += 1) {
      const { lent } = await script('payments-dev.developer')
      expect(lent && (await callerOf(lent))).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@/)
    }
    expect(renewals()).toBe(1)
  }, 60_000)

  it('tells of a sign-in that is over, and of a role that is refused', async () => {
    const { accessToken } = await signIn({ endsIn: 45 })
    expect(await script('refused')).toMatchObject({ refused: expect.stringContaining('ForbiddenException') })
    await call(demo, '/logout', {}).set('x-amz-sso_bearer_token', accessToken).expect(200)
    expect(await script('payments-dev.developer')).toMatchObject({ as: 'UnauthorizedSSOTokenError' })
  }, 60_000)

  it('runs our program for credential_process', async () => {
    const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
    writeTokens(`${home.folder}/rolegate`, {
      [demo.url]: { accessToken, refreshToken, expiresAt: minutes(45).toISOString() },
    })
    const { lent } = await script('process')
    expect(lent && (await callerOf(lent))).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@/)
    expect((await script('process-refused')).refused).toContain('Elevated roles are given where you can be asked again')
  }, 60_000)
})
