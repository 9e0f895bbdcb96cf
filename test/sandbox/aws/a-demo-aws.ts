import { createHash, randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWTHeaderParameters } from 'jose'
import { webIdentityClaims } from '../../../src/domain/aws/web-identity-token.ts'
import { trustPolicyFor, type TrustedRole } from '../../../src/domain/aws/trust-policy/generate.ts'
import { startDemoAws } from '../../../src/sandbox/aws/demo-aws.ts'
import { listen } from '../../../src/sandbox/listener.ts'

export const AUDIENCE = 'sts.test.example'
export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '222233334444'
export const NOW = new Date('2030-01-01T09:00:00Z')

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** An issuer that really signs and really publishes its keys, on loopback. */
async function anIssuer() {
  const keys = {
    ES256: await generateKeyPair('ES256', { extractable: true }),
    RS256: await generateKeyPair('RS256', { extractable: true }),
    PS256: await generateKeyPair('PS256', { extractable: true }),
    unpublished: await generateKeyPair('ES256', { extractable: true }),
  }
  const published = await Promise.all(
    (['ES256', 'RS256', 'PS256'] as const).map(async (kid) => ({
      ...(await exportJWK(keys[kid].publicKey)),
      kid,
      alg: kid,
      use: 'sig',
    })),
  )
  const documents = new Map<string, unknown>()
  const listener = await listen(0)
  listener.serve((req, res) => {
    const document = documents.get(req.url ?? '')
    res.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    res.end(JSON.stringify(document ?? {}))
  })
  const url = `http://127.0.0.1:${listener.port}`
  documents.set('/.well-known/openid-configuration', { issuer: url, jwks_uri: `${url}/jwks` })
  documents.set('/jwks', { keys: published })

  const sign = (claims: object, header: Partial<JWTHeaderParameters> = {}, key: keyof typeof keys = 'ES256') =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: key === 'unpublished' ? 'ES256' : key, kid: key, typ: 'JWT', ...header })
      .sign(keys[key].privateKey)
  return { url, documents, sign, close: listener.close }
}

type ARole = Pick<TrustedRole, 'accountId' | 'roleName' | 'tagKeys' | 'egress'>

/** Three whose names begin alike, and a fourth that takes a tag. More are pinned to where calls come from. */
const ROLES: readonly ARole[] = [
  { accountId: ACCOUNT, roleName: 'rolegate/Admin', tagKeys: [] },
  { accountId: ACCOUNT, roleName: 'rolegate/Admin2', tagKeys: [] },
  { accountId: ACCOUNT, roleName: 'rolegate/Developer', tagKeys: ['team'] },
  { accountId: OTHER_ACCOUNT, roleName: 'rolegate/Admin', tagKeys: [] },
  {
    accountId: ACCOUNT,
    roleName: 'rolegate/Here',
    tagKeys: [],
    egress: { cidrs: ['203.0.113.0/24', '127.0.0.1/32'] },
  },
  { accountId: ACCOUNT, roleName: 'rolegate/Elsewhere', tagKeys: [], egress: { cidrs: ['203.0.113.0/24'] } },
  { accountId: ACCOUNT, roleName: 'rolegate/Endpoint', tagKeys: [], egress: { vpce: ['vpce-0a1b2c3d'] } },
]

/** A demo AWS that trusts one issuer. */
export async function aDemoAws({ now = () => NOW, roles = ROLES } = {}) {
  const issuer = await anIssuer()
  const aws = await startDemoAws({
    port: 0,
    consolePort: 0,
    now,
    random: randomBytes,
    oidcProviders: new Map([ACCOUNT, OTHER_ACCOUNT].map((id) => [id, { issuer: issuer.url, audiences: [AUDIENCE] }])),
    roles: roles.map(({ accountId, roleName, tagKeys, egress }) => ({
      accountId,
      roleName,
      maxSessionSeconds: 3600,
      trustPolicy: trustPolicyFor({
        partition: 'aws',
        accountId,
        roleName,
        issuer: issuer.url,
        audience: AUDIENCE,
        sourceIdentity: true,
        tagKeys,
        ...(egress !== undefined && { egress }),
      }),
    })),
  })
  /** The claims the gateway would mint for this role. */
  const claimsFor = (accountId: string, roleName: string, sessionTags: Record<string, string> = {}) =>
    webIdentityClaims(
      {
        issuer: issuer.url,
        audience: AUDIENCE,
        accountId,
        roleName,
        principal: {
          idp: 'demo',
          issuer: 'https://idp',
          subject: 'u',
          subjectClaim: 'sub',
          username: 'alice',
          groups: { state: 'stated', names: [] },
          claims: {},
        },
        sourceIdentity: 'alice+abcdefgh',
        sessionTags,
        transitiveTags: [],
        jti: 'jti-1',
        issuedAt: NOW,
        lifetimeSeconds: 120,
      },
      sha256,
    )
  const token = (change: Record<string, unknown> = {}) =>
    issuer.sign({ ...claimsFor(ACCOUNT, 'rolegate/Admin'), ...change })

  /** One AssumeRoleWithWebIdentity in plain HTTP. */
  async function assume(parameters: Record<string, string> = {}, extra = '') {
    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
      RoleSessionName: 'alice+abcdefgh',
      ...parameters,
    })
    if (!form.has('WebIdentityToken')) form.set('WebIdentityToken', await token())
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return readXml(await fetch(`${aws.url}/`, { method: 'POST', headers, body: `${form.toString()}${extra}` }))
  }
  const close = async () => void (await Promise.all([aws.close(), issuer.close()]))
  return { aws, issuer, claimsFor, token, assume, close }
}

export const roleArn = (accountId: string, roleName: string) => `arn:aws:iam::${accountId}:role/${roleName}`

export async function readXml(response: Response) {
  const body = await response.text()
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]
  return { status: response.status, body, element, code: element('Code'), message: element('Message') }
}
