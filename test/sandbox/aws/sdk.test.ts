import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCOUNT, aDemoAws, readXml, roleArn } from './a-demo-aws.ts'

let world: Awaited<ReturnType<typeof aDemoAws>>
let lent: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string }
let skew = 0
/** The SDK signs with the machine's clock, so the demo AWS keeps it too here. */
const now = () => new Date(Date.now() + skew)

type Holder = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
const client = (credentials: Holder = { accessKeyId: 'none', secretAccessKey: 'none' }, maxAttempts = 1) =>
  new STSClient({ region: 'eu-central-1', endpoint: world.aws.url, credentials, maxAttempts })
const holder = (change: Partial<typeof lent> = {}) => {
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
  } = { ...lent, ...change }
  return { accessKeyId, secretAccessKey, sessionToken }
}
const tokenNow = (change: object = {}) => {
  const iat = Math.floor(Date.now() / 1000)
  return world.issuer.sign({ ...world.claimsFor(ACCOUNT, 'rolegate/Admin'), iat, exp: iat + 120, ...change })
}
const assumeBySdk = async (change: object = {}) =>
  client().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
      RoleSessionName: 'alice+abcdefgh',
      WebIdentityToken: await tokenNow(),
      DurationSeconds: 900,
      ...change,
    }),
  )

beforeAll(async () => {
  world = await aDemoAws({ now })
  const { Credentials: { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = {} } = await assumeBySdk()
  lent = { AccessKeyId, SecretAccessKey, SessionToken }
})
afterAll(() => world.close())

describe('the AWS SDK for JavaScript, as it comes', () => {
  it('reads the whole answer', async () => {
    const answer = await assumeBySdk()
    expect(answer).toMatchObject({
      Audience: 'sts.test.example',
      Provider: `arn:aws:iam::${ACCOUNT}:oidc-provider/${world.issuer.url.slice('http://'.length)}`,
      SourceIdentity: 'alice+abcdefgh',
      AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefgh` },
    })
    expect(answer.SubjectFromWebIdentityToken).toMatch(new RegExp(`^${ACCOUNT}:rolegate/Admin:`))
    expect(answer.Credentials?.Expiration).toBeInstanceOf(Date)
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('narrows a session as it passes policies along', async () => {
    const Policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    const { PackedPolicySize } = await assumeBySdk({ Policy, PolicyArns: [{ arn }] })
    expect(PackedPolicySize).toBe(Math.ceil((Policy.length + arn.length) / 20.48))
    expect(world.aws.log().at(-1)?.narrowedTo).toEqual({ policy: Policy, arns: [arn] })
  })

  it.each([
    { why: 'no token', change: { WebIdentityToken: 'none' }, name: 'InvalidIdentityTokenException' },
    { why: 'no such role', change: { RoleArn: roleArn(ACCOUNT, 'rolegate/Nobody') }, name: 'AccessDenied' },
    { why: 'too long', change: { DurationSeconds: 7200 }, name: 'ValidationError' },
    { why: 'no policy', change: { Policy: 'x' }, name: 'MalformedPolicyDocumentException' },
    {
      why: 'another account’s policy',
      change: { PolicyArns: [{ arn: 'arn:aws:iam::999999999999:policy/x' }] },
      name: 'ValidationError',
    },
  ])('knows the refusal by its name: $name', async ({ change, name }) => {
    await expect(assumeBySdk(change)).rejects.toMatchObject({ name, $fault: 'client' })
  })

  it('knows an expired token by its name', async () => {
    await expect(assumeBySdk({ WebIdentityToken: await tokenNow({ exp: 1 }) })).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    })
  })

  it('knows that an unreachable issuer is worth another try', async () => {
    world.issuer.documents.delete('/jwks')
    await expect(assumeBySdk()).rejects.toMatchObject({ name: 'IDPCommunicationErrorException', $retryable: {} })
  })

  it('tries again when STS throttles', async () => {
    world.aws.behave('throttle', 1)
    const sts = client(holder(), 2)
    expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe(ACCOUNT)
  })
})

describe('GetCallerIdentity', () => {
  it('says who holds the credentials', async () => {
    const { Arn, Account, UserId } = await client(holder()).send(new GetCallerIdentityCommand({}))
    expect({ Arn, Account }).toEqual({
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefgh`,
      Account: ACCOUNT,
    })
    expect(UserId).toMatch(/^AROA.*:alice\+abcdefgh$/)
  })

  it.each([
    { why: 'another secret', change: { SecretAccessKey: 'x'.repeat(40) }, name: 'SignatureDoesNotMatch' },
    { why: 'an unknown key id', change: { AccessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }, name: 'InvalidClientTokenId' },
    { why: 'another session token', change: { SessionToken: 'x' }, name: 'InvalidClientTokenId' },
  ])('refuses $why', async ({ change, name }) => {
    await expect(client(holder(change)).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 403 },
    })
  })

  it('refuses credentials without their session token', async () => {
    const { accessKeyId, secretAccessKey } = holder()
    await expect(client({ accessKeyId, secretAccessKey }).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(
      { name: 'InvalidClientTokenId' },
    )
  })

  // By hand: the SDK corrects its clock by the answer's Date and would try to be right.
  it.each([
    { when: 'sixteen minutes ago', shift: -16 * 60_000, code: 'SignatureDoesNotMatch' },
    { when: 'in sixteen minutes', shift: 16 * 60_000, code: 'SignatureDoesNotMatch' },
    { when: 'fourteen minutes ago', shift: -14 * 60_000, code: undefined },
  ])('takes or refuses a request signed $when: $code', async ({ shift, code }) => {
    expect((await presigned({ signingDate: new Date(Date.now() + shift) })).code).toBe(code)
  })

  it('takes a signed query', async () => {
    expect((await presigned({})).element('Account')).toBe(ACCOUNT)
  })

  it('refuses a signed query with one parameter more', async () => {
    expect((await presigned({}, '&Extra=1')).code).toBe('SignatureDoesNotMatch')
  })

  it('refuses a signed query after its own end', async () => {
    expect((await presigned({ expiresIn: 60, signingDate: new Date(Date.now() - 120_000) })).code).toBe(
      'SignatureDoesNotMatch',
    )
  })

  it('refuses credentials after their end', async () => {
    skew = 901_000
    const answer = await presigned({ signingDate: now() })
    skew = 0
    expect(answer).toMatchObject({ status: 403, code: 'ExpiredToken' })
  })
})

/** The SDK's own signer, as its presigning packages use it. */
type Presigner = { presign(request: object, options: object): Promise<{ query: Record<string, string> }> }
const canPresign = (signer: object): signer is Presigner => 'presign' in signer

async function presigned(options: { signingDate?: Date; expiresIn?: number }, extra = '') {
  const signer = await client(holder()).config.signer()
  if (!canPresign(signer)) throw new Error('The SDK signs in another way now.')
  const { host, hostname, port } = new URL(world.aws.url)
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: '/',
      headers: { host },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    },
    { expiresIn: 900, ...options },
  )
  const query = new URLSearchParams(signed.query).toString().replaceAll('+', '%20')
  return readXml(await fetch(`${world.aws.url}/?${query}${extra}`))
}
