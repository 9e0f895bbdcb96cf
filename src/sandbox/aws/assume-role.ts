import { evaluateTrustPolicy } from '../../domain/aws/trust-policy/evaluate.ts'
import type { Accounts, DemoRole } from './accounts.ts'
import { peek, verifyIdentityToken, type IdentityToken } from './identity-token.ts'
import { requireValid, type Constraint, type Parameters } from './parameters.ts'
import { Refusal } from './refusal.ts'
import { isoSeconds, type RoleSession, type RoleSessions } from './role-session.ts'
import type { RecordCall, SeenCall } from './seen-calls.ts'
import type { Content } from './xml.ts'

/** STS API, AssumeRoleWithWebIdentity, "Request Parameters". */
const CONSTRAINTS: readonly Constraint[] = [
  { name: 'RoleArn', required: true, least: 20, most: 2048 },
  {
    name: 'RoleSessionName',
    required: true,
    least: 2,
    most: 64,
    pattern: { text: '[\\w+=,.@-]*', test: /^[\w+=,.@-]*$/ },
  },
  { name: 'WebIdentityToken', required: true, secret: true, least: 4, most: 20_000 },
  { name: 'DurationSeconds', isNumber: true, least: 900, most: 43_200 },
  {
    name: 'Policy',
    secret: true,
    most: 2048,
    pattern: { text: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+', test: /^[\t\n\r\u0020-\u00FF]*$/ },
  },
]
const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/[!-~]+$/
const USUAL_SECONDS = 3600

/**
 * AssumeRoleWithWebIdentity: the parameters, the token, the role's trust policy, in this order. A role that does not
 * exist, a trust policy that says no, and a token that carries more than the policy lets it, all look the same from outside.
 */
export function makeAssumeRoleWithWebIdentity(deps: {
  accounts: Accounts
  sessions: RoleSessions
  record: RecordCall
  now: () => Date
}) {
  return async function assumeRoleWithWebIdentity(parameters: Parameters): Promise<Content> {
    const [seen, note] = noteOf(parameters)
    try {
      const asked = readRequest(parameters)
      note.jti = textOrUndefined(peek(asked.token)['jti'])
      const provider = deps.accounts.providerOf(asked.accountId)
      const token = await verifyIdentityToken(asked.token, provider, deps.now())
      note.sourceIdentity = token.sourceIdentity

      const found = deps.accounts.findRole(asked.roleArn)
      if (found === undefined) throw notAuthorized('no such role')
      requireTrust(found.role, token, asked)
      requireLengthAllowed(asked.seconds, found.role)
      const session = deps.sessions.lend(holderOf(found, token, asked.sessionName), asked.seconds)
      deps.record({ ...seen, ...note, outcome: 'issued', accessKeyId: session.accessKeyId })
      return resultOf(session, token, asked)
    } catch (thrown) {
      if (thrown instanceof Refusal)
        deps.record({ ...seen, ...note, outcome: thrown.code, because: thrown.because ?? thrown.message })
      throw thrown
    }
  }
}

type Asked = ReturnType<typeof readRequest>

function readRequest(parameters: Parameters) {
  requireValid(parameters, CONSTRAINTS)
  const text = (name: string) => parameters.get(name) ?? ''
  const [, accountId] = ROLE_ARN.exec(text('RoleArn')) ?? []
  if (accountId === undefined) throw new Refusal('ValidationError', `${text('RoleArn')} is invalid`)
  // Only for the OAuth 2.0 access tokens of two providers; an ID token names its own (STS API, ProviderId).
  if (parameters.has('ProviderId'))
    throw new Refusal('ValidationError', 'ProviderId is not for OpenID Connect ID tokens.')
  const policy = parameters.get('Policy')
  if (policy !== undefined && !isJsonObject(policy))
    throw new Refusal('MalformedPolicyDocument', 'The policy is not in the valid JSON format.')
  return {
    roleArn: text('RoleArn'),
    accountId,
    sessionName: text('RoleSessionName'),
    token: text('WebIdentityToken'),
    seconds: Number(parameters.get('DurationSeconds') ?? USUAL_SECONDS),
    policy,
  }
}

/** The role must allow the call, and each thing beside it that the token brings along (aws.md §2, AccessDenied). */
function requireTrust(role: DemoRole, token: IdentityToken, { accountId, sessionName }: Asked): void {
  const provider = token.issuer.replace(/^https?:\/\//, '')
  const principal = `arn:aws:iam::${accountId}:oidc-provider/${provider}`
  const context = contextOf(token, provider, sessionName)
  const actions = [
    'sts:AssumeRoleWithWebIdentity',
    ...(token.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ...(token.tags.size === 0 ? [] : ['sts:TagSession']),
  ]
  for (const action of actions) {
    const verdict = evaluateTrustPolicy(role.trustPolicy, { principal, action, context })
    if (verdict.effect === 'deny') throw notAuthorized(`${action}: ${verdict.because}`)
  }
}

/** The condition keys of a web identity request (aws.md §7). */
function contextOf(
  token: IdentityToken,
  provider: string,
  sessionName: string,
): ReadonlyMap<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    [`${provider}:aud`, [token.audience]],
    [`${provider}:oaud`, token.originalAudiences],
    [`${provider}:sub`, [token.subject]],
    [`${provider}:amr`, token.methods],
    ['sts:RoleSessionName', [sessionName]],
    ['sts:SourceIdentity', token.sourceIdentity === undefined ? [] : [token.sourceIdentity]],
    ['aws:TagKeys', [...token.tags.keys()]],
    ['sts:TransitiveTagKeys', token.transitiveKeys],
    ...[...token.tags].map(([key, value]) => [`aws:RequestTag/${key}`, [value]] as const),
  ])
}

function requireLengthAllowed(seconds: number, { maxSessionSeconds }: DemoRole): void {
  if (seconds <= maxSessionSeconds) return
  throw new Refusal(
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
}

function holderOf({ role, roleId }: { role: DemoRole; roleId: string }, token: IdentityToken, sessionName: string) {
  const shortName = role.roleName.slice(role.roleName.lastIndexOf('/') + 1)
  return {
    accountId: role.accountId,
    roleName: role.roleName,
    assumedRoleId: `${roleId}:${sessionName}`,
    arn: `arn:aws:sts::${role.accountId}:assumed-role/${shortName}/${sessionName}`,
    sessionName,
    ...(token.sourceIdentity !== undefined && { sourceIdentity: token.sourceIdentity }),
  }
}

/** STS API, AssumeRoleWithWebIdentity, "Response Elements". */
function resultOf(session: RoleSession, token: IdentityToken, { accountId, policy }: Asked): Content {
  const packed = (policy?.length ?? 0) + [...token.tags].flat().join('').length
  return {
    Audience: token.audience,
    AssumedRoleUser: { AssumedRoleId: session.assumedRoleId, Arn: session.arn },
    Provider: `arn:aws:iam::${accountId}:oidc-provider/${token.issuer.replace(/^https?:\/\//, '')}`,
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: isoSeconds(session.expiresAt),
    },
    PackedPolicySize: packed === 0 ? undefined : String(Math.min(100, Math.ceil(packed / 20.48))),
    SourceIdentity: session.sourceIdentity,
    SubjectFromWebIdentityToken: token.subject,
  }
}

function noteOf(parameters: Parameters) {
  const note: { jti?: string | undefined; sourceIdentity?: string | undefined } = {}
  const seen: Pick<SeenCall, 'roleArn' | 'sessionName'> = {
    roleArn: parameters.get('RoleArn') ?? '',
    sessionName: parameters.get('RoleSessionName') ?? '',
  }
  return [seen, note] as const
}

const textOrUndefined = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const notAuthorized = (because: string): Refusal =>
  new Refusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', because)
