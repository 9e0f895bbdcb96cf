import { policyFaults } from '../../domain/aws/session-policy-document.ts'
import type { PassedOn } from './passed-on.ts'
import { requireValid, type Constraint, type Parameters } from './parameters.ts'
import { Refusal } from './refusal.ts'
import { isoSeconds, type Narrowing, type RoleSession } from './role-session.ts'
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
  const seconds = Number(parameters.get('DurationSeconds') ?? USUAL_SECONDS)
  return { roleArn, accountId, seconds, narrowedTo: readPolicies(parameters, accountId) }
}

const MOST_ARNS = 10
const MOST_CHARACTERS = 2048
const POLICY_ARN = /^arn:aws:iam::(aws|\d{12}):policy\/[\w+=,.@/-]{1,512}$/

/** STS API, Policy and PolicyArns: what the session may do at most. Undefined: nothing narrows it. */
function readPolicies(parameters: Parameters, accountId: string): Narrowing | undefined {
  const policy = parameters.get('Policy')
  const [fault] = policy === undefined ? [] : policyFaults(readJson(policy))
  if (fault !== undefined)
    throw new Refusal('MalformedPolicyDocument', 'The policy is not valid.', `${fault.path.join('.')} ${fault.message}`)

  const arns = listed(parameters, 'PolicyArns')
  if (arns.length > MOST_ARNS)
    throw new Refusal('ValidationError', `Member must have length less than or equal to ${MOST_ARNS}`)
  const stranger = arns.find((arn) => !['aws', accountId].includes(POLICY_ARN.exec(arn)?.[1] ?? ''))
  if (stranger !== undefined) throw new Refusal('ValidationError', `${stranger} is not a policy of this account.`)
  if ([policy, ...arns].join('').length > MOST_CHARACTERS)
    throw new Refusal('ValidationError', `The policies are longer than ${MOST_CHARACTERS} characters.`)
  if (policy === undefined && arns.length === 0) return undefined
  return { ...(policy !== undefined && { policy }), arns }
}

/** `PolicyArns.member.1.arn`, and so on. A number left out would hide what follows it. */
function listed(parameters: Parameters, name: string): readonly string[] {
  const given = [...parameters.keys()].filter((key) => key.startsWith(`${name}.`))
  const values = given.map((_, index) => parameters.get(`${name}.member.${index + 1}.arn`))
  if (values.includes(undefined)) throw new Refusal('ValidationError', `${name} is not a list of ARNs.`)
  return values.flatMap((value) => value ?? [])
}

/** STS API, "Response Elements": those that both operations share. */
export function lentContent(session: RoleSession, packed: number): Readonly<Record<string, Content | undefined>> {
  return {
    AssumedRoleUser: { AssumedRoleId: session.assumedRoleId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: isoSeconds(session.expiresAt),
    },
    PackedPolicySize: packed === 0 ? undefined : String(packed),
    SourceIdentity: session.sourceIdentity,
  }
}

/** How much of it AWS packs into a session, in percent; the formula is ours, the refusal is theirs (aws.md §2). */
export function requirePacked(narrowedTo: Narrowing | undefined, tags: PassedOn['tags']): number {
  const texts = [narrowedTo?.policy ?? '', ...(narrowedTo?.arns ?? []), ...[...tags].flat()]
  const percent = Math.ceil(texts.join('').length / 20.48)
  if (percent > 100)
    throw new Refusal(
      'PackedPolicyTooLarge',
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    )
  return percent
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
