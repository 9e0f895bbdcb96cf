import type { Accounts } from './accounts.ts'
import { holderOf, requireLengthAllowed, requireRole, type Vouched } from './assume-role.ts'
import { lentContent, readAsked, requirePacked } from './assume-role-query.ts'
import { peek, verifyIdentityToken, type IdentityToken } from './identity-token.ts'
import type { Constraint, Parameters } from './parameters.ts'
import { Refusal } from './refusal.ts'
import type { RoleSessions } from './role-session.ts'
import type { RecordCall, SeenCall } from './seen-calls.ts'
import type { Content } from './xml.ts'

/** STS API, AssumeRoleWithWebIdentity, "Request Parameters". */
const OWN: readonly Constraint[] = [
  {
    name: 'RoleSessionName',
    required: true,
    least: 2,
    most: 64,
    pattern: { text: '[\\w+=,.@-]*', test: /^[\w+=,.@-]*$/ },
  },
  { name: 'WebIdentityToken', required: true, secret: true, least: 4, most: 20_000 },
]

/** AssumeRoleWithWebIdentity: the parameters, the token, the role's trust policy, in this order. */
export function makeAssumeRoleWithWebIdentity(deps: {
  accounts: Accounts
  sessions: RoleSessions
  record: RecordCall
  now: () => Date
}) {
  return async function assumeRoleWithWebIdentity(parameters: Parameters, address: string): Promise<Content> {
    const [seen, note] = noteOf(parameters)
    try {
      const asked = readRequest(parameters)
      note.jti = textOrUndefined(peek(asked.token)['jti'])
      const provider = deps.accounts.providerOf(asked.accountId)
      const token = await verifyIdentityToken(asked.token, provider, deps.now())
      note.sourceIdentity = token.sourceIdentity

      const vouched = vouchedFor(token, { ...asked, address })
      const found = requireRole(deps.accounts, asked.roleArn, vouched)
      requireLengthAllowed(asked.seconds, found.role)
      const packed = requirePacked(asked.narrowedTo, token.tags)
      const session = deps.sessions.lend(holderOf(found, vouched, asked.narrowedTo), asked.seconds)
      deps.record({ ...seen, ...note, ...narrowing(asked), outcome: 'issued', accessKeyId: session.accessKeyId })
      return {
        Audience: token.audience,
        Provider: vouched.principal,
        SubjectFromWebIdentityToken: token.subject,
        ...lentContent(session, packed),
      }
    } catch (thrown) {
      if (thrown instanceof Refusal)
        deps.record({ ...seen, ...note, outcome: thrown.code, because: thrown.because ?? thrown.message })
      throw thrown
    }
  }
}

type Asked = ReturnType<typeof readRequest>

function readRequest(parameters: Parameters) {
  const asked = readAsked(parameters, OWN)
  // Only for the OAuth 2.0 access tokens of two providers; an ID token names its own (STS API, ProviderId).
  if (parameters.has('ProviderId'))
    throw new Refusal('ValidationError', 'ProviderId is not for OpenID Connect ID tokens.')
  return {
    ...asked,
    sessionName: parameters.get('RoleSessionName') ?? '',
    token: parameters.get('WebIdentityToken') ?? '',
  }
}

/** The condition keys of a web identity request (aws.md §7). */
function vouchedFor(
  token: IdentityToken,
  { accountId, sessionName, address }: Asked & Pick<Vouched, 'address'>,
): Vouched {
  const provider = token.issuer.replace(/^https?:\/\//, '')
  return {
    ...token,
    action: 'sts:AssumeRoleWithWebIdentity',
    principal: `arn:aws:iam::${accountId}:oidc-provider/${provider}`,
    sessionName,
    address,
    keys: [
      [`${provider}:aud`, [token.audience]],
      [`${provider}:oaud`, token.originalAudiences],
      [`${provider}:sub`, [token.subject]],
      [`${provider}:amr`, token.methods],
    ],
  }
}

function noteOf(parameters: Parameters) {
  const note: { jti?: string | undefined; sourceIdentity?: string | undefined } = {}
  const seen: Pick<SeenCall, 'operation' | 'roleArn' | 'sessionName'> = {
    operation: 'AssumeRoleWithWebIdentity',
    roleArn: parameters.get('RoleArn') ?? '',
    sessionName: parameters.get('RoleSessionName') ?? '',
  }
  return [seen, note] as const
}

const narrowing = ({ narrowedTo }: Asked): Pick<SeenCall, 'narrowedTo'> =>
  narrowedTo === undefined ? {} : { narrowedTo }

const textOrUndefined = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
