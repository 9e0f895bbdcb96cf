import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCOUNT, aDemoAws, AUDIENCE, NOW, OTHER_ACCOUNT, readXml, roleArn } from './a-demo-aws.ts'

let world: Awaited<ReturnType<typeof aDemoAws>>
beforeAll(async () => (world = await aDemoAws()))
afterAll(() => world.close())

const SECOND = Math.floor(NOW.getTime() / 1000)
const TAGS = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'
const developer = { RoleArn: roleArn(ACCOUNT, 'rolegate/Developer') }
const developerToken = async (
  change: Record<string, unknown> = {},
  tags: Record<string, string> = { team: 'payments' },
) => world.issuer.sign({ ...world.claimsFor(ACCOUNT, 'rolegate/Developer', tags), ...change })

describe('AssumeRoleWithWebIdentity', () => {
  it('lends credentials for a token made for this role, and names the session after it', async () => {
    const answer = await world.assume({ DurationSeconds: '900' })
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.element('AccessKeyId')).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(answer.element('SecretAccessKey')).toHaveLength(40)
    expect(answer.element('SessionToken')).toMatch(/^[A-Za-z0-9+/=]{300,}$/)
    expect(answer.element('Expiration')).toBe('2030-01-01T09:15:00Z')
    expect(answer.element('Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefgh`)
    expect(answer.element('AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{17}:alice\+abcdefgh$/)
    expect(answer.element('SourceIdentity')).toBe('alice+abcdefgh')
    expect(answer.element('Audience')).toBe(AUDIENCE)
    expect(answer.body).toContain(
      '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">',
    )
  })

  it('lends for an hour when nobody says how long', async () => {
    expect((await world.assume()).element('Expiration')).toBe('2030-01-01T10:00:00Z')
  })

  it('takes RS256 as well', async () => {
    const token = await world.issuer.sign(world.claimsFor(ACCOUNT, 'rolegate/Admin'), {}, 'RS256')
    expect((await world.assume({ WebIdentityToken: token })).status).toBe(200)
  })

  it('takes the same by GET', async () => {
    const query = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
      RoleSessionName: 'alice',
      WebIdentityToken: await world.token(),
    })
    expect((await fetch(`${world.aws.url}/?${query.toString()}`)).status).toBe(200)
  })

  it('takes a session with tags where the role allows them', async () => {
    expect((await world.assume({ ...developer, WebIdentityToken: await developerToken() })).status).toBe(200)
  })

  it('takes a token up to five minutes after its end', async () => {
    expect(
      (await world.assume({ WebIdentityToken: await world.token({ iat: SECOND - 600, exp: SECOND - 299 }) })).status,
    ).toBe(200)
  })

  it('lets azp stand for the audience', async () => {
    expect(
      (await world.assume({ WebIdentityToken: await world.token({ aud: ['a', 'b'], azp: AUDIENCE }) })).element(
        'Audience',
      ),
    ).toBe(AUDIENCE)
  })
})

describe('AssumeRoleWithWebIdentity refuses a token', () => {
  it.each([
    {
      why: 'without iss',
      change: { iss: undefined },
      code: 'InvalidIdentityToken',
      message: 'Missing a required claim: iss',
    },
    {
      why: 'without sub',
      change: { sub: undefined },
      code: 'InvalidIdentityToken',
      message: 'Missing a required claim: sub',
    },
    {
      why: 'without aud',
      change: { aud: undefined },
      code: 'InvalidIdentityToken',
      message: 'Missing a required claim: aud',
    },
    {
      why: 'without iat',
      change: { iat: undefined },
      code: 'InvalidIdentityToken',
      message: 'Missing a required claim: iat',
    },
    {
      why: 'without exp',
      change: { exp: undefined },
      code: 'InvalidIdentityToken',
      message: 'Missing a required claim: exp',
    },
    {
      why: 'of another issuer',
      change: { iss: 'http://127.0.0.1:1' },
      code: 'InvalidIdentityToken',
      message: /^No OpenIDConnect provider found/,
    },
    {
      why: 'for another audience',
      change: { aud: 'other' },
      code: 'InvalidIdentityToken',
      message: 'Incorrect token audience',
    },
    {
      why: 'for two audiences without azp',
      change: { aud: [AUDIENCE, 'other'] },
      code: 'InvalidIdentityToken',
      message: 'Missing a required claim: azp',
    },
    {
      why: 'with another azp',
      change: { azp: 'other' },
      code: 'InvalidIdentityToken',
      message: 'Incorrect token audience',
    },
    {
      why: 'five minutes after its end',
      change: { exp: SECOND - 300 },
      code: 'ExpiredTokenException',
      message: /^Token expired: current date\/time/,
    },
    { why: 'from the future', change: { iat: SECOND + 301 }, code: 'InvalidIdentityToken', message: /iat/ },
    { why: 'that is not valid yet', change: { nbf: SECOND + 301 }, code: 'InvalidIdentityToken', message: /nbf/ },
    { why: 'with a broken second', change: { exp: SECOND + 60.5 }, code: 'InvalidIdentityToken', message: /integer/ },
    { why: 'with a textual time', change: { iat: String(SECOND) }, code: 'InvalidIdentityToken', message: /integer/ },
    {
      why: 'with a source identity AWS cannot take',
      change: { [SOURCE_IDENTITY]: 'a b' },
      code: 'InvalidIdentityToken',
      message: /source identity/,
    },
    {
      why: 'with a tag of two values',
      change: { [TAGS]: { principal_tags: { team: ['a', 'b'] } } },
      code: 'InvalidIdentityToken',
      message: /team/,
    },
    {
      why: 'with a tag AWS keeps for itself',
      change: { [TAGS]: { principal_tags: { 'aws:x': ['a'] } } },
      code: 'InvalidIdentityToken',
      message: /aws:x/,
    },
    {
      why: 'with one tag in two cases',
      change: { [TAGS]: { principal_tags: { team: ['a'], Team: ['a'] } } },
      code: 'InvalidIdentityToken',
      message: /session tags/,
    },
  ])('$why', async ({ change, code, message }) => {
    const answer = await world.assume({ WebIdentityToken: await world.token(change) })
    expect(answer).toMatchObject({ status: 400, code })
    expect(answer.message).toMatch(message)
  })

  it('with one character of its signature changed', async () => {
    const token = await world.token()
    const at = token.lastIndexOf('.') + 10
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    expect(await world.assume({ WebIdentityToken: changed })).toMatchObject({
      status: 400,
      code: 'InvalidIdentityToken',
    })
  })

  it('with its claims changed after it was signed', async () => {
    const [header, , signature] = (await world.token()).split('.')
    const payload = Buffer.from(JSON.stringify(world.claimsFor(ACCOUNT, 'rolegate/Admin2'))).toString('base64url')
    const answer = await world.assume({
      RoleArn: roleArn(ACCOUNT, 'rolegate/Admin2'),
      WebIdentityToken: `${header}.${payload}.${signature}`,
    })
    expect(answer).toMatchObject({ status: 400, code: 'InvalidIdentityToken' })
  })

  it('signed by a key the issuer does not publish', async () => {
    const token = await world.issuer.sign(world.claimsFor(ACCOUNT, 'rolegate/Admin'), {}, 'unpublished')
    const answer = await world.assume({ WebIdentityToken: token })
    expect(answer.code).toBe('InvalidIdentityToken')
    expect(answer.message).toContain("Couldn't retrieve verification key from your identity provider")
  })

  it('signed by a stranger under a published key id', async () => {
    const token = await world.issuer.sign(world.claimsFor(ACCOUNT, 'rolegate/Admin'), { kid: 'ES256' }, 'unpublished')
    expect((await world.assume({ WebIdentityToken: token })).code).toBe('InvalidIdentityToken')
  })

  it('signed with PS256, which AWS does not take', async () => {
    const token = await world.issuer.sign(world.claimsFor(ACCOUNT, 'rolegate/Admin'), {}, 'PS256')
    expect((await world.assume({ WebIdentityToken: token })).code).toBe('InvalidIdentityToken')
  })

  it('that is not signed at all', async () => {
    const parts = [{ alg: 'none' }, world.claimsFor(ACCOUNT, 'rolegate/Admin')]
    const token = `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
    expect((await world.assume({ WebIdentityToken: token })).code).toBe('InvalidIdentityToken')
  })

  it('that is no token', async () => {
    expect((await world.assume({ WebIdentityToken: 'rga_opaque' })).message).toMatch(/not a valid JWT/)
  })
})

const documentChanged = async (path: string, document: unknown) => {
  const before = world.issuer.documents.get(path)
  world.issuer.documents.set(path, document)
  const answer = await world.assume()
  world.issuer.documents.set(path, before)
  return answer
}

describe('AssumeRoleWithWebIdentity asks the issuer itself', () => {
  it.each([
    {
      why: 'discovery is not there',
      path: '/.well-known/openid-configuration',
      document: undefined,
      code: 'IDPCommunicationError',
    },
    { why: 'the keys are not there', path: '/jwks', document: undefined, code: 'IDPCommunicationError' },
    {
      why: 'discovery is larger than half a megabyte',
      path: '/.well-known/openid-configuration',
      document: 'x'.repeat(600_000),
      code: 'IDPCommunicationError',
    },
    {
      why: 'discovery names another issuer',
      path: '/.well-known/openid-configuration',
      document: { issuer: 'http://127.0.0.1:1', jwks_uri: 'http://127.0.0.1:1' },
      code: 'InvalidIdentityToken',
    },
    { why: 'there is no key', path: '/jwks', document: { keys: [] }, code: 'InvalidIdentityToken' },
  ])('and refuses when $why', async ({ path, document, code }) => {
    expect(await documentChanged(path, document)).toMatchObject({ status: 400, code })
  })

  it('and goes to no keys over plain http beyond loopback', async () => {
    const document = { issuer: world.issuer.url, jwks_uri: 'http://keys.example.com/jwks' }
    expect((await documentChanged('/.well-known/openid-configuration', document)).code).toBe('IDPCommunicationError')
  })
})

describe('a role that is pinned to where the gateway calls from (threats.md F3)', () => {
  const taking = async (roleName: string, claimed = roleName) =>
    world.assume({
      RoleArn: roleArn(ACCOUNT, roleName),
      WebIdentityToken: await world.issuer.sign(world.claimsFor(ACCOUNT, claimed)),
    })

  it('is had from there', async () => {
    expect((await taking('rolegate/Here')).status).toBe(200)
  })

  it.each(['rolegate/Elsewhere', 'rolegate/Endpoint'])(
    'is not had from anywhere else, by the best of tokens: %s',
    async (role) => {
      expect(await taking(role)).toMatchObject({ status: 403, code: 'AccessDenied' })
      expect(world.aws.log().at(-1)).toMatchObject({ because: expect.stringContaining('no statement allows it') })
    },
  )

  it('is had by no other role’s token for being here', async () => {
    expect((await taking('rolegate/Here', 'rolegate/Admin')).status).toBe(403)
  })
})

describe('AssumeRoleWithWebIdentity asks the trust policy', () => {
  const refusal = {
    status: 403,
    code: 'AccessDenied',
    message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  }

  it('and a role that does not exist looks like one that refuses', async () => {
    const RoleArn = roleArn(ACCOUNT, 'rolegate/Nobody')
    const token = await world.issuer.sign(world.claimsFor(ACCOUNT, 'rolegate/Nobody'))
    expect(await world.assume({ RoleArn, WebIdentityToken: token })).toMatchObject(refusal)
  })

  it('so a token opens its own role only, not those whose names begin alike or stand in another account (threats.md F1)', async () => {
    const every = [
      [ACCOUNT, 'rolegate/Admin'],
      [ACCOUNT, 'rolegate/Admin2'],
      [OTHER_ACCOUNT, 'rolegate/Admin'],
    ] as const
    for (const [accountId, roleName] of every) {
      const WebIdentityToken = await world.issuer.sign(world.claimsFor(accountId, roleName))
      const opened = []
      for (const [id, name] of every) {
        if ((await world.assume({ RoleArn: roleArn(id, name), WebIdentityToken })).status === 200)
          opened.push(roleArn(id, name))
      }
      expect(opened).toEqual([roleArn(accountId, roleName)])
    }
  })

  it('anew at each call, so that a change counts at once', async () => {
    const role = world.aws.role(ACCOUNT, 'rolegate/Admin')
    const before = role.trustPolicy
    role.trustPolicy = { Version: '2012-10-17', Statement: [] }
    expect(await world.assume()).toMatchObject(refusal)
    role.trustPolicy = before
    expect((await world.assume()).status).toBe(200)
  })

  it.each(['sts:SetSourceIdentity', 'sts:TagSession'])('and refuses the session when it lacks %s', async (action) => {
    const role = world.aws.role(ACCOUNT, 'rolegate/Developer')
    const before = role.trustPolicy
    role.trustPolicy = JSON.parse(JSON.stringify(before).replace(`,"${action}"`, ''))
    const WebIdentityToken = await developerToken()
    expect(await world.assume({ ...developer, WebIdentityToken })).toMatchObject(refusal)
    role.trustPolicy = before
    expect((await world.assume({ ...developer, WebIdentityToken })).status).toBe(200)
  })

  it.each([
    {
      why: 'a tag where the role takes none',
      make: () => world.token({ [TAGS]: { principal_tags: { team: ['a'] } } }),
      to: {},
    },
    { why: 'no tag where the role needs one', make: () => developerToken({ [TAGS]: undefined }), to: developer },
    {
      why: 'another tag beside the one it needs',
      make: () => developerToken({}, { team: 'a', root: 'yes' }),
      to: developer,
    },
    { why: 'no source identity', make: () => world.token({ [SOURCE_IDENTITY]: undefined }), to: {} },
  ])('and refuses a token with $why', async ({ make, to }) => {
    expect(await world.assume({ ...to, WebIdentityToken: await make() })).toMatchObject(refusal)
  })
})

describe('AssumeRoleWithWebIdentity checks its parameters', () => {
  it.each([
    {
      why: 'a session name of one character',
      change: { RoleSessionName: 'a' },
      message: /'roleSessionName' .* length greater than or equal to 2$/,
    },
    {
      why: 'a session name of 65',
      change: { RoleSessionName: 'a'.repeat(65) },
      message: /length less than or equal to 64$/,
    },
    {
      why: 'a session name with a blank',
      change: { RoleSessionName: 'alice archer' },
      message: /pattern: \[\\w\+=,\.@-\]\*$/,
    },
    { why: 'a session name with an umlaut', change: { RoleSessionName: 'älice' }, message: /pattern/ },
    { why: 'a session name with a slash', change: { RoleSessionName: 'a/b' }, message: /pattern/ },
    {
      why: 'no session name',
      change: { RoleSessionName: '' },
      message: /^1 validation error detected: Value null at 'roleSessionName'/,
    },
    {
      why: 'too short a session',
      change: { DurationSeconds: '899' },
      message: /'durationSeconds' .* value greater than or equal to 900$/,
    },
    { why: 'too long a session', change: { DurationSeconds: '43201' }, message: /value less than or equal to 43200$/ },
    { why: 'a duration that is no number', change: { DurationSeconds: '1h' }, message: /durationSeconds/ },
    // Read as nothing, it would have been a session of no seconds.
    { why: 'a duration that is left empty', change: { DurationSeconds: '' }, message: /durationSeconds/ },
    {
      why: 'longer than the role allows',
      change: { DurationSeconds: '3601' },
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    },
    { why: 'a role that is no ARN', change: { RoleArn: 'rolegate/Admin/payments-prod' }, message: /is invalid$/ },
    {
      why: 'a token over 20,000 characters',
      change: { WebIdentityToken: 'a'.repeat(20_001) },
      message: /'webIdentityToken' .* length less than or equal to 20000$/,
    },
    {
      why: 'a policy over 2,048 characters',
      change: { Policy: `{"a":"${'a'.repeat(2048)}"}` },
      message: /'policy' .* length less than or equal to 2048$/,
    },
    { why: 'a ProviderId', change: { ProviderId: 'www.amazon.com' }, message: /ProviderId/ },
  ])('and refuses $why', async ({ change, message }) => {
    const answer = await world.assume(change)
    expect(answer).toMatchObject({ status: 400, code: 'ValidationError' })
    expect(answer.message).toMatch(message)
  })

  it('and names all faults at once', async () => {
    expect((await world.assume({ RoleSessionName: 'a', DurationSeconds: '1' })).message).toMatch(
      /^2 validation errors detected: .*; /,
    )
  })

  const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  const OWN = `arn:aws:iam::${ACCOUNT}:policy/team/Boundary`

  it('and narrows the session to the policies passed along, which it remembers', async () => {
    const answer = await world.assume({
      Policy: POLICY,
      'PolicyArns.member.1.arn': OWN,
      'PolicyArns.member.2.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    })
    expect(answer).toMatchObject({ status: 200 })
    expect(Number(answer.element('PackedPolicySize'))).toBeGreaterThan(1)
    expect(world.aws.log().at(-1)?.narrowedTo).toEqual({
      policy: POLICY,
      arns: [OWN, 'arn:aws:iam::aws:policy/ReadOnlyAccess'],
    })
  })

  const listOf = (count: number, arn = OWN) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`PolicyArns.member.${index + 1}.arn`, arn]))
  it.each([
    { why: 'text that is no JSON', change: { Policy: '{' }, code: 'MalformedPolicyDocument' },
    { why: 'JSON that is no policy', change: { Policy: '{}' }, code: 'MalformedPolicyDocument' },
    {
      why: 'a policy with a principal',
      change: { Policy: POLICY.replace('"Action"', '"Principal":"*","Action"') },
      code: 'MalformedPolicyDocument',
    },
    { why: 'eleven ARNs', change: listOf(11), code: 'ValidationError' },
    { why: 'a list with a hole', change: { 'PolicyArns.member.2.arn': OWN }, code: 'ValidationError' },
    { why: 'a list of something else', change: { 'PolicyArns.member.1.name': OWN }, code: 'ValidationError' },
    {
      why: 'another account’s policy',
      change: listOf(1, `arn:aws:iam::${OTHER_ACCOUNT}:policy/x`),
      code: 'ValidationError',
    },
    { why: 'an ARN of a role', change: listOf(1, roleArn(ACCOUNT, 'rolegate/Admin')), code: 'ValidationError' },
    {
      why: 'more than 2,048 characters in all',
      change: { Policy: POLICY, ...listOf(10, `${OWN}${'x'.repeat(190)}`) },
      code: 'ValidationError',
    },
  ])('and refuses as session policy $why', async ({ change, code }) => {
    expect(await world.assume(change)).toMatchObject({ status: 400, code })
  })

  it('and refuses policies and tags that are too much together', async () => {
    const long = POLICY.replace('"*"', `"s3:${'a'.repeat(1900)}"`)
    const team = 'x'.repeat(200)
    const answer = await world.assume({
      ...developer,
      WebIdentityToken: await developerToken({}, { team }),
      Policy: long,
    })
    expect(answer).toMatchObject({ status: 400, code: 'PackedPolicyTooLarge' })
  })

  it.each(['&RoleArn=x', '&rolearn=x', '&DurationSeconds=900&durationseconds=43200'])(
    'and refuses a parameter given twice: %s',
    async (extra) => {
      expect(await world.assume({}, extra)).toMatchObject({ code: 'MalformedQueryString' })
    },
  )

  it('and never says the token back', async () => {
    const { body } = await world.assume({ WebIdentityToken: 's3cret'.repeat(4000) })
    expect(body).not.toContain('s3cret')
  })
})

describe('the demo STS', () => {
  it.each([
    {
      what: 'an operation it does not have',
      query: 'Action=GetFederationToken&Version=2011-06-15',
      code: 'InvalidAction',
    },
    {
      what: 'a name every object answers to',
      query: 'Action=constructor&Version=2011-06-15',
      code: 'InvalidAction',
    },
    { what: 'a request of no version', query: 'Action=GetCallerIdentity', code: 'InvalidAction' },
    { what: 'another version', query: 'Action=GetCallerIdentity&Version=2010-01-01', code: 'InvalidAction' },
    { what: 'no operation', query: '', code: 'MissingAction' },
    {
      what: 'an unsigned GetCallerIdentity',
      query: 'Action=GetCallerIdentity&Version=2011-06-15',
      code: 'MissingAuthenticationToken',
    },
  ])('refuses $what', async ({ query, code }) => {
    expect(await readXml(await fetch(`${world.aws.url}/?${query}`))).toMatchObject({ code })
  })

  it('is there for loopback names alone (threats.md P5)', async () => {
    const { request } = await import('node:http')
    const status = await new Promise((resolve) =>
      request(world.aws.url, { headers: { host: 'rebound.example.com' } }, (res) =>
        resolve(res.resume().statusCode),
      ).end(),
    )
    expect(status).toBe(421)
  })

  it.each([
    { mood: 'throttle', status: 400, code: 'Throttling' },
    { mood: 'down', status: 503, code: 'ServiceUnavailable' },
    { mood: 'refuse-all', status: 403, code: 'AccessDenied' },
  ] as const)('can be told to $mood, once', async ({ mood, status, code }) => {
    world.aws.behave(mood, 1)
    expect(await world.assume()).toMatchObject({ status, code })
    expect((await world.assume()).status).toBe(200)
  })

  it('can be stopped between its work and its answer', async () => {
    const hold = world.aws.hold()
    let answered = false
    const answer = world.assume().finally(() => (answered = true))
    await hold.arrived
    expect({ answered, last: world.aws.log().at(-1)?.outcome }).toEqual({ answered: false, last: 'issued' })
    hold.release()
    expect((await answer).status).toBe(200)
  })

  it('remembers what it saw, and no token', async () => {
    const WebIdentityToken = await world.token({ jti: 'jti-seen' })
    await world.assume({ WebIdentityToken })
    await world.assume({ WebIdentityToken, RoleArn: roleArn(ACCOUNT, 'rolegate/Admin2') })
    const seen = world.aws.log().filter(({ jti }) => jti === 'jti-seen')
    expect(seen).toMatchObject([
      {
        at: NOW,
        roleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
        sessionName: 'alice+abcdefgh',
        outcome: 'issued',
        sourceIdentity: 'alice+abcdefgh',
      },
      { outcome: 'AccessDenied', because: 'sts:AssumeRoleWithWebIdentity: no statement allows it' },
    ])
    expect(JSON.stringify(world.aws.log())).not.toContain(WebIdentityToken.split('.')[1])
  })
})
