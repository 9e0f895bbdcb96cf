import request from 'supertest'
import { expect, it } from 'vitest'
import { ACCESS_TOKEN, aDemoWithJobs, exchange } from '../support/a-demo-with-jobs.ts'
import { anAuthorization, answered, redeem } from '../support/an-authorization.ts'
import { aPersonAt, aTerminalOf, aVisitor, form } from '../support/a-person.ts'
import * as stock from '../support/a-stock-client.ts'

/** A secret as it stands, and as logs tend to disguise it. */
const disguises = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  JSON.stringify(secret).slice(1, -1),
  // Half of it is as good as all of it to whoever guesses the rest.
  secret.slice(0, Math.ceil(secret.length / 2)),
]

it('no secret of any kind reaches log or audit, at level debug, on good paths and bad (security.md A-4, threats.md P4)', async () => {
  const demo = await aDemoWithJobs()
  const secrets = new Map<string, string>()
  const remember = (what: string, secret: string | undefined | null) => void (secret && secrets.set(what, secret))

  // Signing in, well and badly.
  const visitor = aVisitor(demo)
  const callback = await visitor.callbackUrl('alice')
  for (const name of ['code', 'state']) remember(name, new URL(callback).searchParams.get(name))
  remember('attempt cookie', visitor.jar.header(demo.url).split('=')[1])
  await aVisitor(demo).fetch(callback)
  await visitor.fetch(callback.replace(/code=[^&]+/, 'code=canary-code-that-is-wrong'))
  const contractor = aVisitor(demo)
  const fields = await contractor.samlAnswer('erin')
  for (const [name, value] of Object.entries(fields)) remember(name, value)
  remember('SAML attempt cookie', contractor.jar.header(demo.url).split('=')[1])
  await aVisitor(demo).postAcs(fields)
  await contractor.postAcs(fields)
  await contractor.postAcs({ ...fields, SAMLResponse: `${String(fields['SAMLResponse']).slice(0, -8)}AAAAAAA=` })
  const posting = await contractor.post('/roles/sandbox/readonly/console', { _csrf: await contractor.csrf() })
  remember('assertion for AWS', /name="SAMLResponse" value="([^"]+)"/.exec(posting.text)?.[1])
  const alice = await aPersonAt(demo, 'alice')
  remember('session cookie', /rolegate=s%3A([^.;]+)/.exec(alice.jar.header(demo.url))?.[1])
  const csrf = await alice.csrf()
  remember('csrf token', csrf)
  remember('client secret', demo.world.env['DEMO_CLIENT_SECRET'])

  // A terminal.
  const started = (await form(demo, '/oauth/device_authorization', { client_id: 'rolegate-cli' })).body as Record<
    string,
    string
  >
  remember('device code', started['device_code'])
  remember('user code', started['user_code'])
  remember('user code, plain', started['user_code']?.replace('-', ''))
  await alice.post('/device', { _csrf: csrf, user_code: String(started['user_code']) })
  const { accessToken, refreshToken } = await aTerminalOf(demo, alice)
  remember('access token', accessToken)
  remember('refresh token', refreshToken)
  await request(demo.url).get('/v1/whoami').set('authorization', `Bearer ${refreshToken}`)
  await form(demo, '/oauth/token', {
    client_id: 'rolegate-cli',
    grant_type: 'refresh_token',
    refresh_token: `${refreshToken}x`,
  })

  // A terminal with a browser beside it, and a stock tool by either way; what each hears when it is refused.
  const heard: string[] = []
  const hear = async (refused: PromiseLike<request.Response>) => {
    const { status, text, headers } = await refused
    expect(status).toBeGreaterThanOrEqual(400)
    heard.push(text, JSON.stringify(headers))
  }
  const codeIn = ({ searchParams }: URL) => searchParams.get('code') ?? ''
  const asked = anAuthorization()
  const code = codeIn(await answered(alice, asked))
  remember('authorization code', code)
  remember('code verifier', asked.verifier)
  await hear(redeem(demo, asked, code, { code_verifier: 'A'.repeat(43) }))
  await hear(redeem(demo, asked, code, { redirect_uri: `http://127.0.0.1:1/${code}` }))
  await hear(redeem(demo, asked, code, { client_id: code }))
  const beside = (await redeem(demo, asked, code).expect(200)).body as Record<string, string>
  remember('access token by PKCE', beside['access_token'])
  remember('refresh token by PKCE', beside['refresh_token'])
  await hear(redeem(demo, asked, code))
  await hear(alice.get(anAuthorization({ redirect_uri: `https://evil.example/${code}` }).path))

  const tool = await stock.aStockClient(demo)
  remember('client secret of a tool', tool.clientSecret)
  const waiting = await stock.start(demo, tool)
  remember('device code of a tool', waiting.deviceCode)
  remember('user code of a tool', waiting.userCode)
  remember('user code of a tool, plain', waiting.userCode.replace('-', ''))
  // In the fragment alone: no server and no log sees it (threats.md D5).
  expect(waiting.verificationUriComplete.replace(/#.*/, '')).not.toContain(waiting.userCode)
  await hear(stock.pollOnce(demo, tool, waiting.deviceCode))
  await hear(stock.pollOnce(demo, tool, `${waiting.deviceCode}x`))
  await hear(stock.pollOnce(demo, { ...tool, clientSecret: `${tool.clientSecret}x` }, waiting.deviceCode))
  await stock.approve(alice, waiting.userCode)
  const { body: held } = await stock.pollOnce(demo, tool, waiting.deviceCode).expect(200)
  const { accessToken: toolsAccess, refreshToken: toolsRefresh } = held as Record<
    'accessToken' | 'refreshToken',
    string
  >
  remember('access token of a tool', toolsAccess)
  remember('refresh token of a tool', toolsRefresh)
  const toolAsked = stock.aStockAuthorization(tool)
  const toolCode = codeIn(await answered(alice, toolAsked))
  remember('authorization code of a tool', toolCode)
  const redeemTool = { ...tool, grantType: 'authorization_code', code: toolCode, codeVerifier: toolAsked.verifier }
  await hear(stock.call(demo, '/token', { ...redeemTool, redirectUri: 'http://127.0.0.1:1/oauth/callback' }))
  const credentials = '/federation/credentials?account_id=111122223333&role_name=developer'
  const { body: federated } = await stock.ask(demo, credentials, toolsAccess).expect(200)
  const { roleCredentials } = federated as { roleCredentials: Record<string, string> }
  remember('secret access key of a tool', roleCredentials['secretAccessKey'])
  remember('session token of a tool', roleCredentials['sessionToken'])
  for (const path of [
    `${credentials}x`,
    `/assignment/roles?account_id=${toolsAccess}`,
    '/assignment/accounts?next_token=x',
  ])
    await hear(stock.ask(demo, path, toolsAccess))
  await hear(stock.ask(demo, '/assignment/accounts', toolsRefresh))
  await hear(stock.refresh(demo, tool, toolsAccess))
  await hear(stock.refresh(demo, await stock.aStockClient(demo), toolsRefresh))

  // Jobs and containers, well and badly.
  const audience = { aud: `${demo.url}/workloads` }
  const jobToken = await demo.jobs.token(audience)
  remember('job token', jobToken)
  remember('job token’s signature', jobToken.split('.')[2])
  const job = (await exchange(demo, jobToken)).body as Record<string, string>
  remember('access token of a job', job['access_token'])
  await exchange(demo, jobToken)
  await exchange(demo, `${jobToken}x`)
  await exchange(demo, await demo.jobs.token({ aud: 'canary' }))
  const scope = { subject_token_type: ACCESS_TOKEN, scope: 'container:payments-dev/developer' }
  const container = (await exchange(demo, accessToken, scope)).body as Record<string, string>
  remember('container token', container['access_token'])
  const projected = await demo.jobs.token({ aud: `${demo.url}/containers` })
  remember('projected token', projected)
  for (const proof of [container['access_token'], projected, `${projected}x`, jobToken, accessToken])
    for (const role of ['developer', 'admin', 'canary']) {
      const path = `/v1/container-credentials/payments-dev/${role}`
      const { body } = await request(demo.url).get(path).set('authorization', String(proof))
      remember(`container’s key ${role} ${secrets.size}`, (body as Record<string, string>)['SecretAccessKey'])
    }

  // Hand-overs, and each way AWS can fail them.
  const ask = (path: string, body: object) =>
    request(demo.url).post(path).set('authorization', `Bearer ${accessToken}`).send(body)
  const lent = (await ask('/v1/credentials', { role: 'payments-dev/developer' })).body as Record<string, string>
  remember('secret access key', lent['secretAccessKey'])
  remember('session token', lent['sessionToken'])
  const { url } = (await ask('/v1/console', { role: 'payments-dev/developer' })).body as { url: string }
  remember('sign-in token', new URL(url).searchParams.get('SigninToken'))
  const opened = await alice.post('/roles/payments-dev/developer/console', { _csrf: csrf })
  remember('sign-in token in Location', new URL(String(opened.headers['location'])).searchParams.get('SigninToken'))
  for (const mood of ['down', 'throttle', 'refuse-all'] as const) {
    demo.world.aws.behave(mood)
    await ask('/v1/credentials', { role: 'payments-dev/developer' })
    await ask('/v1/console', { role: 'payments-dev/developer' })
  }
  demo.world.aws.behave('normal')
  await ask('/v1/credentials', { role: `canary/${accessToken}` })
  await request(demo.url).get(`/${accessToken}?token=${accessToken}`)
  await request(demo.url)
    .post('/v1/credentials')
    .set('authorization', `Bearer ${accessToken}`)
    .type('json')
    .send(`{"role": "${accessToken}`)

  const printed = demo.printed()
  const metrics = (await request(demo.managementUrl).get('/metrics')).text
  await demo.close()
  await demo.jobs.close()

  expect(secrets.size).toBeGreaterThanOrEqual(39)
  const leaked = [...secrets].filter(([, secret]) =>
    disguises(secret).some((form) => printed.includes(form) || metrics.includes(form)),
  )
  expect(leaked.map(([what]) => what)).toEqual([])
  // Nor does a refusal say again what it was told.
  const echoed = [...secrets].filter(([, secret]) => heard.some((text) => text.includes(secret)))
  expect(echoed.map(([what]) => what)).toEqual([])
  // No JWT of anybody's either: ours toward AWS, or the IdP's.
  expect(printed).not.toMatch(/eyJ[\w-]{10,}\.eyJ/)
})
