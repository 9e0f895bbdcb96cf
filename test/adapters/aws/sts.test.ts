import { STSClient } from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeStsClients } from '../../../src/adapters/aws/sts-clients.ts'
import { makeAssumeRole, type StsClientFor } from '../../../src/adapters/aws/sts.ts'
import { roleArnOf } from '../../../src/domain/aws/arn.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { AssumeRole } from '../../../src/usecases/ports/aws.ts'
import { aFakeAws, breaksOff, hangs, lends, page, refuses, type Say } from './fake-aws.ts'

const token = 'eyJhbGciOiJFUzI1NiJ9.canary-token-payload.canary-token-signature'
const request = {
  sts: 'main',
  region: 'eu-west-1',
  roleArn: roleArnOf('aws', '111111111111', 'team/Admin'),
  assertion: { kind: 'web_identity', token } as const,
  sessionName: 'alice+0a1b2c',
  seconds: 3600,
}

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

async function aWorld(say: Say) {
  const aws = await aFakeAws(say)
  const clients = makeStsClients(() => aws.url)
  open.push(clients.close)
  const assumeRole = makeAssumeRole(clients)
  return {
    ...aws,
    clients,
    assume: (more: Partial<Parameters<AssumeRole>[0]> = {}) => assumeRole({ ...request, ...more }),
  }
}

/** The refusal, after a look for the token wherever an error can hide one (threats.md F2). */
async function refusalOf(asked: Promise<unknown>): Promise<RolegateError> {
  const thrown = await asked.catch((refused: unknown) => refused)
  if (!(thrown instanceof RolegateError)) throw new Error(`not refused: ${inspect(thrown)}`)
  const everything = [
    thrown.message,
    thrown.stack,
    JSON.stringify(thrown),
    inspect(thrown, { depth: 20, showHidden: true }),
  ].join('\n')
  for (const canary of ['canary', token, encodeURIComponent(token), Buffer.from(token).toString('base64')]) {
    expect(everything).not.toContain(canary)
  }
  return thrown
}

describe('AssumeRoleWithWebIdentity', () => {
  it('gives the credentials STS lends', async () => {
    const { assume } = await aWorld(lends())
    expect(await assume()).toEqual({
      accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
      secretAccessKey: 'canary-secret-access-key',
      sessionToken: 'canary/session+token==',
      expiresAt: new Date('2030-01-01T10:00:00Z'),
      requestId: 'request-1',
    })
  })

  it('asks in a POST body, unsigned, once, and for nothing but the role (threats.md F2)', async () => {
    const { assume, seen } = await aWorld(lends())
    await assume()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/' })
    expect(Object.fromEntries(seen[0]?.body ?? [])).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::111111111111:role/team/Admin',
      RoleSessionName: 'alice+0a1b2c',
      WebIdentityToken: token,
      DurationSeconds: '3600',
    })
  })

  it('sends no signature and no credential of anybody, whatever stands in the environment (security.md T-21)', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT00000')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of-the-environment')
    vi.stubEnv('AWS_SESSION_TOKEN', 'of-the-environment')
    const { assume, seen } = await aWorld(lends())
    await assume()
    expect(seen[0]?.headers.authorization).toBeUndefined()
    expect(seen[0]?.headers['x-amz-security-token']).toBeUndefined()
    expect(JSON.stringify(seen[0]?.headers)).not.toMatch(/AKIA|of-the-environment/)
  })

  it('goes where the configuration says, not the environment (threats.md F5, security.md T-21)', async () => {
    const elsewhere = await aFakeAws(lends())
    for (const name of ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL', 'HTTPS_PROXY', 'HTTP_PROXY', 'http_proxy'])
      vi.stubEnv(name, elsewhere.url)
    vi.stubEnv('AWS_PROFILE', 'no-such-profile')
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
    vi.stubEnv('AWS_REGION', 'us-gov-west-1')
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true')
    vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true')
    vi.stubEnv('AWS_RETRY_MODE', 'no-such-mode')
    vi.stubEnv('AWS_MAX_ATTEMPTS', '0')
    const { assume, seen } = await aWorld(lends())
    await assume()
    expect([seen.length, elsewhere.seen.length]).toEqual([1, 0])
  })

  it('asks the endpoint of its own entry and region, through one client each', async () => {
    const [ireland, virginia] = [await aFakeAws(lends()), await aFakeAws(lends())]
    const { clientFor, close } = makeStsClients((sts, region) =>
      sts === 'main' && region === 'eu-west-1' ? ireland.url : virginia.url,
    )
    open.push(close)
    const assumeRole = makeAssumeRole({ clientFor })
    await assumeRole(request)
    await assumeRole({ ...request, region: 'us-east-1' })
    await assumeRole({ ...request, sts: 'gov' })
    expect([ireland.seen.length, virginia.seen.length]).toEqual([1, 2])
    expect(clientFor('main', 'eu-west-1')).toBe(clientFor('main', 'eu-west-1'))
    expect(clientFor('main', 'eu-west-1')).not.toBe(clientFor('main', 'us-east-1'))
  })
})

describe('a session policy', () => {
  const POLICY = {
    inline: { json: '{"Version":"2012-10-17"}', hash: 'h' },
    arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::111111111111:policy/team/Boundary'],
  }
  const sent = {
    Policy: '{"Version":"2012-10-17"}',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    'PolicyArns.member.2.arn': 'arn:aws:iam::111111111111:policy/team/Boundary',
  }
  const saml = { kind: 'saml', response: 'PHNhbWw+', providerArn: 'arn:aws:iam::111111111111:saml-provider/r' } as const

  it.each([
    ['AssumeRoleWithWebIdentity', request.assertion],
    ['AssumeRoleWithSAML', saml],
  ])('goes along by %s, the inline one and the managed ones (security.md T-11)', async (action, assertion) => {
    const { assume, seen } = await aWorld(lends())
    // What STS says to the other operation is read by the SDK as an answer without credentials.
    await assume({ assertion, policy: POLICY }).catch(() => undefined)
    expect(Object.fromEntries(seen[0]?.body ?? [])).toMatchObject({ Action: action, ...sent })
  })

  it('without managed ones sends no list, and without an inline one no text', async () => {
    const { assume, seen } = await aWorld(lends())
    await assume({ policy: { ...POLICY, arns: [] } })
    await assume({ policy: { arns: POLICY.arns } })
    expect([...(seen[0]?.body.keys() ?? [])].filter((key) => key.startsWith('Policy'))).toEqual(['Policy'])
    expect([...(seen[1]?.body.keys() ?? [])].filter((key) => key.startsWith('Policy'))).toHaveLength(2)
  })

  it('that binds to an address goes as text, with none in the file too (threats.md R12)', async () => {
    const { assume, seen } = await aWorld(lends())
    await assume({ policy: { arns: [], boundTo: '203.0.113.7' } })
    expect(seen[0]?.body.get('Policy')).toContain('"NotIpAddress":{"aws:SourceIp":"203.0.113.7"}')
  })
})

describe('what a refusal of STS means (aws.md §2)', () => {
  const duration = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
  it.each([
    [403, 'AccessDenied', 'trust_policy', 1],
    [400, 'InvalidIdentityToken', 'token_not_accepted', 1],
    [400, 'InvalidIdentityTokenException', 'token_not_accepted', 1],
    [403, 'IDPRejectedClaim', 'token_not_accepted', 1],
    [400, 'ExpiredTokenException', 'clock', 1],
    [400, 'IDPCommunicationError', 'issuer_unreachable', 2],
    [400, 'PackedPolicyTooLarge', 'too_large', 1],
    [400, 'MalformedPolicyDocument', 'policy', 1],
    [403, 'RegionDisabledException', 'region_disabled', 1],
    [400, 'ValidationError', 'duration', 1, duration],
    [400, 'ValidationError', 'other', 1, '1 validation error detected'],
    [400, 'SomethingNew', 'other', 1],
  ])(
    '%d %s → aws_refused, %s, after %d attempts',
    async (status, wire, because, attempts, message = `not for ${token}`) => {
      const { assume, seen } = await aWorld(refuses(status, wire, message))
      const refused = await refusalOf(assume())
      const awsCode = wire.replace(/Exception$/, '')
      expect(refused).toMatchObject({ code: 'aws_refused', values: { because, awsCode }, reason: awsCode })
      expect(seen).toHaveLength(attempts)
    },
  )
})

describe('what is no answer → aws_unavailable, tried again by the SDK (security.md V-8)', () => {
  it.each<[string, Say, number]>([
    ['Throttling', refuses(400, 'Throttling'), 2],
    ['ThrottlingException', refuses(429, 'ThrottlingException'), 2],
    ['RequestLimitExceeded', refuses(503, 'RequestLimitExceeded'), 2],
    ['a 500', refuses(500, 'InternalFailure'), 2],
    ['a 502 page of a proxy', page(502, '<html>'), 2],
    ['a 503', refuses(503, 'ServiceUnavailable'), 2],
    ['a connection that breaks off', breaksOff, 2],
    ['a 200 that is no XML', page(200, 'hello'), 1],
  ])('%s', async (_, say, attempts) => {
    const { assume, seen } = await aWorld(say)
    expect(await refusalOf(assume())).toMatchObject({ code: 'aws_unavailable' })
    expect(seen).toHaveLength(attempts)
  })

  it.each([
    ['Throttling', refuses(400, 'Throttling')],
    ['a 500', refuses(500, 'InternalFailure')],
    ['IDPCommunicationError', refuses(400, 'IDPCommunicationError')],
  ])('%s that is over at the second attempt is not seen by anybody', async (_, first) => {
    const { assume, seen } = await aWorld((res, call, nth) => (nth === 1 ? first : lends())(res, call, nth))
    expect((await assume()).accessKeyId).toBe('ASIAEXAMPLEEXAMPLE00')
    expect(seen).toHaveLength(2)
  })

  it.each(['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'] as const)(
    'an answer without %s',
    async (name) => {
      const { assume } = await aWorld(lends({ [name]: undefined }))
      expect(await refusalOf(assume())).toMatchObject({ code: 'aws_unavailable' })
    },
  )

  it.each(['AccessKeyId', 'SecretAccessKey', 'SessionToken'] as const)('an answer with an empty %s', async (name) => {
    const { assume } = await aWorld(lends({ [name]: '' }))
    expect(await refusalOf(assume())).toMatchObject({ code: 'aws_unavailable', reason: 'incomplete_answer' })
  })

  it('a connection that is refused', async () => {
    const { assume, stop } = await aWorld(lends())
    await stop()
    expect(await refusalOf(assume())).toMatchObject({ code: 'aws_unavailable', values: { retryAfterSeconds: 5 } })
  })

  it('an endpoint that hangs: the attempt ends by the bound of the connection', async () => {
    const { url, seen } = await aWorld(hangs)
    const client = new STSClient({
      region: 'eu-west-1',
      endpoint: url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      requestHandler: new NodeHttpHandler({ requestTimeout: 100, throwOnRequestTimeout: true }),
    })
    open.push(() => client.destroy())
    const asked = makeAssumeRole({ clientFor: () => client })(request)
    expect(await refusalOf(asked)).toMatchObject({ code: 'aws_unavailable' })
    expect(seen).toHaveLength(1)
  })

  it('an endpoint that hangs: two tries, each cut off by the client’s own bound', async () => {
    const aws = await aFakeAws(hangs)
    const { clientFor, close } = makeStsClients(() => aws.url, { mostMs: 100 })
    open.push(close)
    expect(await refusalOf(makeAssumeRole({ clientFor })(request))).toMatchObject({
      code: 'aws_unavailable',
      reason: 'TimeoutError',
    })
    expect(aws.seen).toHaveLength(2)
  })

  it('a client that cannot be made', async () => {
    const clientFor: StsClientFor = () => {
      throw new Error(`no client for ${token}`)
    }
    expect(await refusalOf(makeAssumeRole({ clientFor })(request))).toMatchObject({ code: 'aws_unavailable' })
  })
})

it('lets fifty people through at once over few connections', async () => {
  const { assume, seen } = await aWorld(lends())
  const lent = await Promise.all(Array.from({ length: 50 }, assume))
  expect([lent.length, seen.length]).toEqual([50, 50])
})
