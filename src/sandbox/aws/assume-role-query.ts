import type { PassedOn } from './passed-on.ts'
import { requireValid, type Constraint, type Parameters } from './parameters.ts'
import { Refusal } from './refusal.ts'
import { isoSeconds, type RoleSession } from './role-session.ts'
import type { Content } from './xml.ts'

/** STS API, "Request Parameters": those that AssumeRoleWithWebIdentity and AssumeRoleWithSAML share. */
const SHARED: readonly Constraint[] = [
  { name: 'RoleArn', required: true, least: 20, most: 2048 },
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

/** What both operations are asked for. Fails with AWS's `ValidationError`, the operation's own parameters looked at too. */
export function readAsked(parameters: Parameters, own: readonly Constraint[]) {
  requireValid(parameters, [...own, ...SHARED])
  const roleArn = parameters.get('RoleArn') ?? ''
  const [, accountId] = ROLE_ARN.exec(roleArn) ?? []
  if (accountId === undefined) throw new Refusal('ValidationError', `${roleArn} is invalid`)
  const policy = parameters.get('Policy')
  if (policy !== undefined && !isJsonObject(policy))
    throw new Refusal('MalformedPolicyDocument', 'The policy is not in the valid JSON format.')
  return { roleArn, accountId, policy, seconds: Number(parameters.get('DurationSeconds') ?? USUAL_SECONDS) }
}

/** STS API, "Response Elements": those that both operations share. */
export function lentContent(
  session: RoleSession,
  { tags, policy }: Pick<PassedOn, 'tags'> & { readonly policy: string | undefined },
): Readonly<Record<string, Content | undefined>> {
  const packed = (policy?.length ?? 0) + [...tags].flat().join('').length
  return {
    AssumedRoleUser: { AssumedRoleId: session.assumedRoleId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: isoSeconds(session.expiresAt),
    },
    PackedPolicySize: packed === 0 ? undefined : String(Math.min(100, Math.ceil(packed / 20.48))),
    SourceIdentity: session.sourceIdentity,
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
