import { createHash, generateKeyPairSync } from 'node:crypto'
import { AssumeRoleWithSAMLCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, NOW, OTHER_ACCOUNT, readXml, roleArn } from './a-demo-aws.ts'
import {
  aSamlAws,
  AWS_ATTRIBUTE,
  base64,
  encrypted,
  ENTITY_ID,
  pairOf,
  PROVIDER,
  providerArn,
  signed,
  textOf,
} from './a-saml-aws.ts'

let world: Awaited<ReturnType<typeof aSamlAws>>
let passed = 0
const later = (milliseconds: number) => void (passed = milliseconds)

beforeAll(async () => (world = await aSamlAws({ now: () => new Date(NOW.getTime() + passed) })))
afterAll(() => world.close())
beforeEach(() => later(0))

const attribute = (name: string, ...values: string[]) => ({ attributes: { [`${AWS_ATTRIBUTE}${name}`]: values } })
const without = (name: string) => ({ attributes: { [`${AWS_ATTRIBUTE}${name}`]: undefined } })
const NOT_AUTHORIZED = 'Not authorized to perform sts:AssumeRoleWithSAML'
const INVALID_RESPONSE = 'Your request included an invalid SAML response.'

describe('AssumeRoleWithSAML', () => {
  it('lends credentials for an assertion made for this role, and says whose it was', async () => {
    const answer = await world.assume(signed(world.xml()), { DurationSeconds: '900' })
    const shown = [
      'Issuer',
      'Audience',
      'Subject',
      'SubjectType',
      'NameQualifier',
      'Arn',
      'SourceIdentity',
      'Expiration',
    ].map((name) => [name, answer.element(name)])
    expect({ status: answer.status, ...Object.fromEntries(shown) }).toEqual({
      status: 200,
      Issuer: ENTITY_ID,
      Audience: world.aws.samlUrl,
      Subject: `${ACCOUNT}:rolegate/Admin:abcdefghijklmnopqrstuvwx23`,
      SubjectType: 'persistent',
      NameQualifier: createHash('sha1').update(`${ENTITY_ID}${ACCOUNT}/${PROVIDER}`).digest('base64'),
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefgh`,
      SourceIdentity: 'alice+abcdefgh',
      Expiration: '2030-01-01T09:15:00Z',
    })
    expect(answer.element('AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{17}:alice\+abcdefgh$/)
    expect(answer.body).toContain('<AssumeRoleWithSAMLResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">')
  })

  it.each([
    { what: 'a signature over the whole response', signing: { what: 'response' } },
    { what: 'the other certificate of the metadata', signing: { by: 'next' } },
    { what: 'RSA-SHA512', signing: { algorithm: 'rsa-sha512' } },
  ] as const)('takes $what', async ({ signing }) => {
    expect((await world.assume(signed(world.xml(), signing))).status).toBe(200)
  })

  it('takes both signatures on one response', async () => {
    expect((await world.assume(signed(textOf(signed(world.xml())), { what: 'response' }))).status).toBe(200)
  })

  it('takes the pair of role and provider in either order', async () => {
    const turned = pairOf(ACCOUNT, 'rolegate/Admin').split(',').toReversed().join(',')
    expect((await world.assume(signed(world.xml(attribute('Role', turned))))).status).toBe(200)
  })

  it('takes the one of two pairs that is asked for', async () => {
    const both = attribute('Role', pairOf(ACCOUNT, 'rolegate/Admin2'), pairOf(ACCOUNT, 'rolegate/Admin'))
    expect((await world.assume(signed(world.xml(both)))).status).toBe(200)
  })

  it('takes the same assertion again for five minutes, as AWS does, and not after', async () => {
    const response = signed(world.xml({ conditionsEnd: 900, confirmationEnd: 900 }))
    expect((await world.assume(response)).status).toBe(200)
    later(300_000)
    expect((await world.assume(response)).status).toBe(200)
    later(300_001)
    expect(await world.assume(response)).toMatchObject({
      status: 400,
      code: 'ExpiredTokenException',
      message: 'Token must be redeemed within 5 minutes of issuance',
    })
  })

  it('takes a session with tags where the role allows them', async () => {
    const developer = [ACCOUNT, 'rolegate/Developer'] as [string, string]
    const tags = {
      [`${AWS_ATTRIBUTE}PrincipalTag:team`]: ['payments'],
      [`${AWS_ATTRIBUTE}TransitiveTagKeys`]: ['team'],
    }
    const answer = await world.assume(signed(world.xml({ attributes: tags }, developer)), {
      RoleArn: roleArn(...developer),
    })
    expect({ status: answer.status, packed: answer.element('PackedPolicySize') }).toEqual({ status: 200, packed: '1' })
  })

  it.each([
    { why: 'nobody says how long', change: {}, asked: {}, end: '10:00:00' },
    { why: 'SessionDuration is shorter', change: attribute('SessionDuration', '1800'), asked: {}, end: '09:30:00' },
    {
      why: 'SessionDuration is longer than what is asked',
      change: attribute('SessionDuration', '43200'),
      asked: { DurationSeconds: '900' },
      end: '09:15:00',
    },
    { why: 'SessionNotOnOrAfter is nearer', change: { sessionEnd: 1200 }, asked: {}, end: '09:20:00' },
  ])('ends the session at $end when $why', async ({ change, asked, end }) => {
    const answer = await world.assume(signed(world.xml(change)), asked)
    expect(answer.element('Expiration')).toBe(`2030-01-01T${end}Z`)
  })

  it('gives a NameID of another format as it is', async () => {
    const nameIdFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
    expect((await world.assume(signed(world.xml({ nameIdFormat })))).element('SubjectType')).toBe(nameIdFormat)
  })

  it('remembers what it saw, and no assertion', async () => {
    const response = signed(world.xml({ id: '_seen' }))
    await world.assume(response)
    await world.assume(response, { RoleArn: roleArn(ACCOUNT, 'rolegate/Admin2') })
    const seen = world.aws.log().filter(({ jti }) => jti === '_seen')
    expect(seen).toMatchObject([
      {
        operation: 'AssumeRoleWithSAML',
        roleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
        sessionName: 'alice+abcdefgh',
        sourceIdentity: 'alice+abcdefgh',
        outcome: 'issued',
        accessKeyId: expect.stringMatching(/^ASIA/),
      },
      { outcome: 'AccessDenied', because: 'the assertion does not name this role with this provider' },
    ])
    expect(JSON.stringify(world.aws.log())).not.toContain(response.slice(0, 60))
  })
})

describe('AssumeRoleWithSAML refuses an assertion', () => {
  it.each([
    { why: 'of another issuer', change: { issuer: 'https://other.example.com' }, message: /^Issuer not present/ },
    {
      why: 'for another audience',
      change: { audience: 'urn:amazon:webservices:cn-north-1' },
      message: 'Response does not contain the required audience.',
    },
    {
      why: 'with a second restriction that leaves AWS out',
      change: {
        extraCondition: '<saml:AudienceRestriction><saml:Audience>other</saml:Audience></saml:AudienceRestriction>',
      },
      message: 'Response does not contain the required audience.',
    },
    {
      why: 'for another recipient',
      change: { recipient: 'https://signin.aws.amazon.com/saml' },
      message: /^Recipient/,
    },
    {
      why: 'with a condition nobody knows',
      change: { extraCondition: '<x:Odd xmlns:x="urn:x"/>' },
      message: /not understood/,
    },
    {
      why: 'with two confirmations',
      change: { extraConfirmation: '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/>' },
      message: /exactly one SubjectConfirmation/,
    },
    {
      why: 'that somebody else vouches for',
      change: { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' },
      message: /bearer/,
    },
    { why: 'that is not valid yet', change: { notBefore: 1 }, message: /not valid yet/ },
    { why: 'from the future', change: { issued: 1 }, message: /future/ },
    {
      why: 'whose conditions have expired',
      change: { conditionsEnd: 0 },
      code: 'ExpiredTokenException',
      message: /expired/,
    },
    {
      why: 'whose confirmation has expired',
      change: { confirmationEnd: 0 },
      code: 'ExpiredTokenException',
      message: /expired/,
    },
    {
      why: 'whose session is over',
      change: { sessionEnd: 0 },
      code: 'ExpiredTokenException',
      message: /SessionNotOnOrAfter/,
    },
    {
      why: 'issued six minutes ago',
      change: { issued: -360 },
      code: 'ExpiredTokenException',
      message: 'Token must be redeemed within 5 minutes of issuance',
    },
    {
      why: 'without RoleSessionName',
      change: without('RoleSessionName'),
      message: 'RoleSessionName is required in AuthnResponse',
    },
    {
      why: 'with a RoleSessionName of another alphabet',
      change: attribute('RoleSessionName', 'alice smith'),
      message: 'RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}',
    },
    {
      why: 'with a RoleSessionName of 65 characters',
      change: attribute('RoleSessionName', 'a'.repeat(65)),
      message: /^RoleSessionName in AuthnResponse must match/,
    },
    {
      why: 'with two session names',
      change: attribute('RoleSessionName', 'alice', 'bob'),
      message: /exactly one value/,
    },
    {
      why: 'with a source identity AWS cannot take',
      change: attribute('SourceIdentity', 'aws:alice'),
      message: /^The source identity must match/,
    },
    { why: 'with a session of a minute', change: attribute('SessionDuration', '60'), message: /^SessionDuration/ },
    { why: 'with a tag of two values', change: attribute('PrincipalTag:team', 'a', 'b'), message: /exactly one value/ },
    { why: 'with a tag AWS keeps for itself', change: attribute('PrincipalTag:aws:x', 'a'), message: /aws:x/ },
    {
      why: 'that passes on a tag it does not have',
      change: attribute('TransitiveTagKeys', 'team'),
      message: /session tags/,
    },
    { why: 'with a role and no provider', change: attribute('Role', roleArn(ACCOUNT, 'x')), message: /not a pair/ },
    {
      why: 'of a sign-in that failed',
      change: { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' },
      status: 403,
      code: 'IDPRejectedClaim',
      message: /authentication failed/,
    },
  ])('$why', async ({ change, message, code = 'InvalidIdentityToken', status = 400 }) => {
    const answer = await world.assume(signed(world.xml(change)))
    expect(answer).toMatchObject({ status, code })
    expect(answer.message).toMatch(message)
  })
})

describe('AssumeRoleWithSAML refuses a response whose signature is no proof', () => {
  it.each([
    { why: 'not signed at all', make: () => base64(world.xml()) },
    {
      why: 'one character of the assertion changed',
      make: () => base64(textOf(signed(world.xml())).replace('alice+abcdefgh', 'alice+abcdefgi')),
    },
    {
      why: 'one character of the signature changed',
      make: () => base64(textOf(signed(world.xml())).replace(/<ds:SignatureValue>../, '<ds:SignatureValue>AA')),
    },
    { why: 'another signer', make: () => signed(world.xml(), { by: 'stranger' }) },
    {
      why: 'another signer behind our certificate',
      make: () => signed(world.xml(), { by: 'stranger', shows: 'ours' }),
    },
    {
      why: 'the Response signed, and changed around the assertion',
      make: () =>
        base64(
          textOf(signed(world.xml(), { what: 'response' })).replace('<samlp:StatusCode ', '<samlp:StatusCode x="" '),
        ),
    },
    {
      why: 'both signed, and changed around the assertion',
      make: () => {
        const both = textOf(signed(textOf(signed(world.xml())), { what: 'response' }))
        return base64(both.replace('<samlp:StatusCode ', '<samlp:StatusCode x="" '))
      },
    },
    { why: 'SHA-1', make: () => signed(world.xml(), { algorithm: 'rsa-sha1' }) },
    {
      why: 'a second assertion before the signed one',
      make: () => {
        const text = textOf(signed(world.xml()))
        const [other = ''] = /<saml:Assertion[^]*<\/saml:Assertion>/.exec(world.xml({ id: '_evil' })) ?? []
        return base64(text.replace('<saml:Assertion ', () => `${other}<saml:Assertion `))
      },
    },
    {
      why: 'the signed assertion wrapped, another in its place',
      make: () => {
        const [whole = ''] = /<saml:Assertion[^]*<\/saml:Assertion>/.exec(textOf(signed(world.xml()))) ?? []
        return base64(
          world
            .xml({ id: '_evil' })
            .replace('</samlp:Status>', () => `</samlp:Status><samlp:Extensions>${whole}</samlp:Extensions>`),
        )
      },
    },
    {
      why: 'a signature with a second reference',
      make: () =>
        base64(
          textOf(signed(world.xml())).replace(
            /<ds:Reference[^]*<\/ds:Reference>/,
            (reference) => reference + reference,
          ),
        ),
    },
    { why: 'a document type', make: () => base64(`<!DOCTYPE x>${textOf(signed(world.xml()))}`) },
    {
      why: 'a comment in the subject',
      make: () => base64(textOf(signed(world.xml())).replace('rolegate/Admin:', 'rolegate/Admin<!-- -->:')),
    },
    { why: 'not well-formed', make: () => base64(textOf(signed(world.xml())).replace('</samlp:Response>', '')) },
    { why: 'no SAML', make: () => base64('<a/>') },
    { why: 'no XML', make: () => 'AAAAAAAA' },
    { why: 'no base64', make: () => '<samlp:Response/>' },
  ])('$why', async ({ make }) => {
    const answer = await world.assume(make())
    expect(answer).toMatchObject({ status: 400, code: 'InvalidIdentityToken' })
    expect([INVALID_RESPONSE, 'Response signature invalid']).toContain(answer.message)
  })
})

describe('AssumeRoleWithSAML asks the provider and the role', () => {
  const refused = { status: 403, code: 'AccessDenied', message: NOT_AUTHORIZED }

  it.each([
    {
      why: 'a role the assertion does not name',
      asked: { RoleArn: roleArn(ACCOUNT, 'rolegate/Admin2') },
      because: /does not name this role/,
    },
    {
      why: 'neither of the two roles it names',
      change: attribute('Role', pairOf(ACCOUNT, 'rolegate/Admin2'), pairOf(ACCOUNT, 'rolegate/Developer')),
      because: /does not name this role/,
    },
    {
      why: 'the provider of another account',
      asked: { PrincipalArn: providerArn(OTHER_ACCOUNT) },
      because: /does not name this role/,
    },
    {
      why: 'the provider of another account, named with this role',
      asked: { PrincipalArn: providerArn(OTHER_ACCOUNT) },
      change: attribute('Role', `${roleArn(ACCOUNT, 'rolegate/Admin')},${providerArn(OTHER_ACCOUNT)}`),
      because: /no statement allows it/,
    },
    {
      why: 'a role that does not exist',
      asked: { RoleArn: roleArn(ACCOUNT, 'rolegate/Nobody') },
      change: attribute('Role', pairOf(ACCOUNT, 'rolegate/Nobody')),
      because: 'no such role',
    },
    {
      why: 'the subject of another role (threats.md F1)',
      change: { nameId: `${ACCOUNT}:rolegate/Admin2:abcdefghijklmnopqrstuvwx23` },
      because: 'sts:AssumeRoleWithSAML: no statement allows it',
    },
    {
      why: 'a source identity the role does not allow',
      role: 'rolegate/Plain',
      change: attribute('SourceIdentity', 'alice+abcdefgh'),
      because: 'sts:SetSourceIdentity: no statement allows it',
    },
    {
      why: 'tags the role does not allow',
      change: attribute('PrincipalTag:team', 'payments'),
      because: 'sts:TagSession: no statement allows it',
    },
    {
      why: 'no tag where the role wants one',
      role: 'rolegate/Developer',
      because: 'sts:AssumeRoleWithSAML: no statement allows it',
    },
    { why: 'no source identity where the role wants one', change: without('SourceIdentity'), because: /no statement/ },
  ])('and refuses $why', async ({ change = {}, asked = {}, role = 'rolegate/Admin', because }) => {
    const response = signed(world.xml(change, [ACCOUNT, role]))
    expect(await world.assume(response, { RoleArn: roleArn(ACCOUNT, role), ...asked })).toMatchObject(refused)
    expect(world.aws.log().at(-1)?.because).toMatch(because)
  })

  it.each([
    { key: 'SAML:aud', value: undefined },
    { key: 'saml:iss', value: ENTITY_ID },
    { key: 'SAML:sub_type', value: 'persistent' },
    {
      key: 'saml:namequalifier',
      value: createHash('sha1').update(`${ENTITY_ID}${ACCOUNT}/${PROVIDER}`).digest('base64'),
    },
    { key: 'SAML:doc', value: `${ACCOUNT}/${PROVIDER}` },
    { key: 'sts:RoleSessionName', value: 'alice+abcdefgh' },
    { key: 'sts:SourceIdentity', value: 'alice+abcdefgh' },
  ])('and knows $key, whatever its case', async ({ key, value = world.aws.samlUrl }) => {
    const role = world.aws.role(ACCOUNT, 'rolegate/Admin')
    const answers = []
    for (const wanted of [value, 'other']) {
      role.trustPolicy = {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Federated: providerArn(ACCOUNT) },
          Action: ['sts:AssumeRoleWithSAML', 'sts:SetSourceIdentity'],
          Condition: { StringEquals: { [key]: wanted } },
        },
      }
      answers.push((await world.assume(signed(world.xml()))).status)
    }
    world.trust()
    expect(answers).toEqual([200, 403])
  })

  it('and refuses more than the role lends', async () => {
    expect(await world.assume(signed(world.xml()), { DurationSeconds: '7200' })).toMatchObject({
      status: 400,
      code: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    })
  })

  it.each([
    { why: 'no provider of this name', asked: { PrincipalArn: providerArn(ACCOUNT, 'other') } },
    { why: 'no SAML provider', asked: { PrincipalArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/rolegate` } },
  ])('and finds $why', async ({ asked }) => {
    expect(await world.assume(signed(world.xml()), asked)).toMatchObject({
      status: 400,
      code: 'InvalidIdentityToken',
      message: "Specified provider doesn't exist",
    })
  })

  it.each([
    { why: 'empty', text: '' },
    { why: 'no metadata', text: `<x>${'x'.repeat(1000)}</x>` },
    { why: 'metadata with entities', text: `<!DOCTYPE x [<!ENTITY e "e">]><x>${'x'.repeat(1000)}</x>` },
  ])('and refuses when its metadata is $why', async ({ text }) => {
    world.publish(text)
    const answer = await world.assume(signed(world.xml()))
    world.publish()
    expect(answer).toMatchObject({ code: 'InvalidIdentityToken', message: 'Could not parse metadata.' })
  })

  it.each([
    { why: 'no provider', asked: { PrincipalArn: '' }, message: /'principalArn' failed/ },
    { why: 'no assertion', asked: { SAMLAssertion: '' }, message: /'sAMLAssertion' failed/ },
    { why: 'more than 100000 characters', asked: { SAMLAssertion: 'A'.repeat(100_001) }, message: /equal to 100000$/ },
    { why: 'less than a quarter of an hour', asked: { DurationSeconds: '899' }, message: /equal to 900$/ },
    { why: 'no role ARN', asked: { RoleArn: 'arn:aws:iam::1:role/rolegate' }, message: /is invalid$/ },
  ])('after the parameters: $why', async ({ asked, message }) => {
    const answer = await world.assume(signed(world.xml()), asked)
    expect(answer).toMatchObject({ status: 400, code: 'ValidationError' })
    expect(answer.message).toMatch(message)
  })
})

describe('an encrypted assertion', () => {
  it.each(['sha1', 'sha256'] as const)('is taken where the provider has the key: OAEP with %s', async (oaepHash) => {
    expect((await world.assume(encrypted(signed(world.xml()), { oaepHash }))).status).toBe(200)
  })

  it('is taken under a signature that is over the encrypted form', async () => {
    const response = signed(textOf(encrypted(base64(world.xml()))), { what: 'response' })
    expect((await world.assume(response)).status).toBe(200)
  })

  it('is refused when nothing is signed, outside or inside', async () => {
    expect((await world.assume(encrypted(base64(world.xml())))).message).toBe('Response signature invalid')
  })

  it.each([
    {
      why: 'it is for another key',
      make: () =>
        encrypted(signed(world.xml()), { publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey }),
    },
    {
      why: 'it was changed on the way',
      make: () =>
        base64(
          textOf(encrypted(signed(world.xml()))).replace(
            /<xenc:CipherValue>..([^<]*<\/xenc:CipherValue><\/xenc:CipherData><\/xenc:EncryptedData>)/,
            '<xenc:CipherValue>AA$1',
          ),
        ),
    },
    {
      why: 'it says another mask',
      make: () => base64(textOf(encrypted(signed(world.xml()))).replace('mgf1sha256', 'mgf1sha1')),
    },
    {
      why: 'it says CBC',
      make: () => base64(textOf(encrypted(signed(world.xml()))).replace('xmlenc11#aes256-gcm', 'xmlenc#aes256-cbc')),
    },
  ])('is refused in the same words whenever it does not open: $why', async ({ make }) => {
    const answer = await world.assume(make())
    expect(answer).toMatchObject({ code: 'InvalidIdentityToken', message: 'Failed to decrypt the assertion.' })
  })

  it('is refused where the provider has no key', async () => {
    const there = [OTHER_ACCOUNT, 'rolegate/Admin'] as [string, string]
    const answer = await world.assume(encrypted(signed(world.xml({}, there))), {
      RoleArn: roleArn(...there),
      PrincipalArn: providerArn(OTHER_ACCOUNT),
    })
    expect(answer.message).toBe('Failed to decrypt the assertion.')
  })
})

describe('the AWS SDK for JavaScript and SAML', () => {
  const client = (credentials = { accessKeyId: 'none', secretAccessKey: 'none', sessionToken: '' }) =>
    new STSClient({ region: 'eu-central-1', endpoint: world.aws.url, credentials, maxAttempts: 1 })
  const assume = (change: object = {}) =>
    client().send(
      new AssumeRoleWithSAMLCommand({
        RoleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
        PrincipalArn: providerArn(ACCOUNT),
        SAMLAssertion: signed(world.xml()),
        DurationSeconds: 900,
        ...change,
      }),
    )
  // The SDK signs with the machine's clock.
  beforeEach(() => later(Date.now() - NOW.getTime()))

  it('reads the whole answer, and its credentials work', async () => {
    const { Credentials, ...answer } = await assume()
    expect(answer).toMatchObject({
      Issuer: ENTITY_ID,
      Audience: world.aws.samlUrl,
      SubjectType: 'persistent',
      NameQualifier: expect.stringMatching(/^[\w+/]{27}=$/),
      AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefgh` },
      SourceIdentity: 'alice+abcdefgh',
    })
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
    const holder = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    expect((await client(holder).send(new GetCallerIdentityCommand({}))).Account).toBe(ACCOUNT)
  })

  it.each([
    { why: 'no assertion', change: () => ({ SAMLAssertion: 'none' }), name: 'InvalidIdentityTokenException' },
    {
      why: 'an old assertion',
      change: () => ({ SAMLAssertion: signed(world.xml({ issued: -360 })) }),
      name: 'ExpiredTokenException',
    },
    {
      why: 'a failed sign-in',
      change: () => ({ SAMLAssertion: signed(world.xml({ status: 'urn:x' })) }),
      name: 'IDPRejectedClaimException',
    },
    { why: 'no such role', change: () => ({ RoleArn: roleArn(ACCOUNT, 'rolegate/Nobody') }), name: 'AccessDenied' },
    { why: 'too long', change: () => ({ DurationSeconds: 7200 }), name: 'ValidationError' },
    { why: 'no policy', change: () => ({ Policy: 'x' }), name: 'MalformedPolicyDocumentException' },
  ])('knows the refusal by its name: $name', async ({ change, name }) => {
    await expect(assume(change())).rejects.toMatchObject({ name, $fault: 'client' })
  })
})

describe('a browser that brings its SAML response to the sign-in endpoint', () => {
  /** The console's page, as a browser comes to it. */
  async function consolePage(signedIn: Response) {
    const entered = await fetch(signedIn.headers.get('location') ?? '', { redirect: 'manual' })
    const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const text = await (
      await fetch(`${world.aws.consoleUrl}${entered.headers.get('location')}`, { headers: { cookie } })
    ).text()
    const shown = (id: string) => new RegExp(`id="${id}"[^>]*>(.*?)</dd>`).exec(text)?.[1]?.replace(/<[^>]*>/g, '')
    return { text, shown, at: entered.headers.get('location') }
  }
  const problemOf = async (answer: Response) =>
    /id="problem">\s*(.*?)\s*</.exec((await answer.text()).replaceAll('&#39;', "'").replaceAll('\n', ' '))?.[1]

  it('leaves for the console by a ticket, and is there as the role', async () => {
    const answer = await world.post(signed(world.xml({ id: '_native' })))
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toMatch(new RegExp(`^${world.aws.consoleUrl}/session/[\\w-]{32}$`))
    const { shown, text } = await consolePage(answer)
    expect([shown('who'), shown('until'), shown('destination')]).toEqual([
      `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice+abcdefghsource identity alice+abcdefgh`,
      '2030-01-01 10:00 UTC, 60 minutes left',
      `${world.aws.consoleUrl}/`,
    ])
    expect(text).toContain('href="https://gateway.example.com/"')
    const seen = world.aws.log().filter(({ jti }) => jti === '_native')
    expect(seen).toMatchObject([{ operation: 'signin', outcome: 'issued', sessionName: 'alice+abcdefgh' }])
    expect(seen[0]).not.toHaveProperty('accessKeyId')
  })

  it.each([
    { why: 'SessionDuration says so', change: attribute('SessionDuration', '1800'), minutes: 30 },
    { why: 'SessionNotOnOrAfter says so', change: { sessionEnd: 1200 }, minutes: 20 },
    { why: 'the role says so', change: attribute('SessionDuration', '43200'), minutes: 60 },
  ])('is there for $minutes minutes when $why', async ({ change, minutes }) => {
    const { shown } = await consolePage(await world.post(signed(world.xml(change))))
    expect(shown('until')).toContain(`${minutes} minutes left`)
  })

  it('goes on to the page that RelayState names', async () => {
    const RelayState = `${world.aws.consoleUrl}/s3/home?region=eu-central-1#buckets`
    expect((await consolePage(await world.post(signed(world.xml()), { RelayState }))).at).toBe(
      '/s3/home?region=eu-central-1#buckets',
    )
  })

  it.each(['https://evil.example.com/x', 'http://127.0.0.1:1/x', 'javascript:alert(1)', 'opaque', ''])(
    'goes to the home of the console when RelayState is "%s"',
    async (RelayState) => {
      expect((await consolePage(await world.post(signed(world.xml()), { RelayState }))).at).toBe('/')
    },
  )

  it('may bring it encrypted', async () => {
    expect((await world.post(encrypted(signed(world.xml())))).status).toBe(302)
  })

  it.each([
    {
      why: 'another signer',
      make: () => signed(world.xml(), { by: 'stranger' }),
      problem:
        'Error: Response signature invalid (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)',
    },
    {
      why: 'no session name',
      make: () => signed(world.xml(without('RoleSessionName'))),
      problem:
        'Error: RoleSessionName is required in AuthnResponse (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)',
    },
    {
      why: 'the trust policy',
      make: () => signed(world.xml({ nameId: 'somebody' })),
      problem: `Error: ${NOT_AUTHORIZED} (service: AWSSecurityTokenService; status code: 403; error code: AccessDenied)`,
    },
    {
      why: 'two roles',
      make: () =>
        signed(world.xml(attribute('Role', pairOf(ACCOUNT, 'rolegate/Admin'), pairOf(ACCOUNT, 'rolegate/Admin2')))),
      problem: `Error: ${INVALID_RESPONSE} (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)`,
    },
    {
      why: 'no role',
      make: () => signed(world.xml(without('Role'))),
      problem: `Error: ${INVALID_RESPONSE} (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)`,
    },
    {
      why: 'markup',
      make: () => base64('<b>'),
      problem: `Error: ${INVALID_RESPONSE} (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)`,
    },
  ])('is told the problem: $why', async ({ make, problem }) => {
    const answer = await world.post(make())
    expect(answer.headers.get('location')).toBeNull()
    expect(await problemOf(answer)).toBe(problem)
  })

  it('is told that a response for elsewhere is none for here, which STS’s API does not ask', async () => {
    const elsewhere = signed(world.xml({ destination: 'https://gateway.example.com/saml/idp/aws' }))
    expect(await problemOf(await world.post(elsewhere))).toContain(`Destination is not ${world.aws.samlUrl}`)
    expect(await world.assume(elsewhere)).toMatchObject({ status: 200 })
  })

  it('is told when AWS is down', async () => {
    world.aws.behave('down', 1)
    expect((await world.post(signed(world.xml()))).status).toBe(503)
  })

  it.each([
    { why: 'no response', body: 'RelayState=x' },
    { why: 'two responses', body: 'SAMLResponse=AAAA&SAMLResponse=AAAA' },
    { why: 'more than AWS takes', body: `SAMLResponse=${'A'.repeat(100_004)}` },
  ])('is refused with $why (security.md S-38)', async ({ body }) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await fetch(world.aws.samlUrl, { method: 'POST', headers, body })).status).toBe(400)
  })

  it('cannot bring it in a URL', async () => {
    const query = new URLSearchParams({ SAMLResponse: signed(world.xml()) })
    expect((await fetch(`${world.aws.samlUrl}?${query.toString()}`)).status).toBe(405)
  })

  it('may see the page as it is meant to look', async () => {
    expect((await fetch(new URL('/console.css', world.aws.samlUrl))).headers.get('content-type')).toMatch('text/css')
  })
})

describe('an account without a SAML provider', () => {
  it('is none of the demo’s troubles', async () => {
    const query = new URLSearchParams({
      Action: 'AssumeRoleWithSAML',
      Version: '2011-06-15',
      RoleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
    })
    expect((await readXml(await fetch(`${world.aws.url}/?${query.toString()}`))).code).toBe('ValidationError')
  })
})
