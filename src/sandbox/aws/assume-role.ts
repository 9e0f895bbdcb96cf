import { evaluateTrustPolicy } from '../../domain/aws/trust-policy/evaluate.ts'
import type { Accounts, DemoRole } from './accounts.ts'
import type { PassedOn } from './passed-on.ts'
import { Refusal } from './refusal.ts'
import type { Narrowing } from './role-session.ts'

/** Somebody an identity provider vouches for, whatever the protocol, as a role's trust policy looks at them. */
export type Vouched = PassedOn & {
  readonly action: 'sts:AssumeRoleWithWebIdentity' | 'sts:AssumeRoleWithSAML'
  /** ARN of the provider. */
  readonly principal: string
  readonly sessionName: string
  /** Where the call comes from: `aws:SourceIp`. */
  readonly address: string
  /** The condition keys of this protocol alone (aws.md §7). */
  readonly keys: readonly (readonly [key: string, values: readonly string[]])[]
}

type FoundRole = { readonly role: DemoRole; readonly roleId: string }

/**
 * The role, if its trust policy lets them in. A role that does not exist, a policy that refuses, and a request with
 * more tags or names than the policy allows all look the same from outside (aws.md §2, AccessDenied).
 */
export function requireRole(accounts: Accounts, roleArn: string, vouched: Vouched): FoundRole {
  const found = accounts.findRole(roleArn)
  if (found === undefined) throw notAuthorized(vouched.action, 'no such role')
  const { principal } = vouched
  const context = contextOf(vouched)
  const actions = [
    vouched.action,
    ...(vouched.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ...(vouched.tags.size === 0 ? [] : ['sts:TagSession']),
  ]
  for (const action of actions) {
    const verdict = evaluateTrustPolicy(found.role.trustPolicy, { principal, action, context })
    if (verdict.effect === 'deny') throw notAuthorized(vouched.action, `${action}: ${verdict.because}`)
  }
  return found
}

/** The protocol's own condition keys, and those every federated request has (aws.md §7). */
const contextOf = ({ keys, ...vouched }: Vouched): ReadonlyMap<string, readonly string[]> =>
  new Map<string, readonly string[]>([
    ...keys,
    ['aws:SourceIp', [vouched.address]],
    ['sts:RoleSessionName', [vouched.sessionName]],
    ['sts:SourceIdentity', vouched.sourceIdentity === undefined ? [] : [vouched.sourceIdentity]],
    ['aws:TagKeys', [...vouched.tags.keys()]],
    ['sts:TransitiveTagKeys', vouched.transitiveKeys],
    ...[...vouched.tags].map(([key, value]) => [`aws:RequestTag/${key}`, [value]] as const),
  ])

export function requireLengthAllowed(seconds: number, { maxSessionSeconds }: DemoRole): void {
  if (seconds <= maxSessionSeconds) return
  throw new Refusal(
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
}

/** Whose the session is, once the role is theirs. */
export function holderOf(
  { role, roleId }: FoundRole,
  { sessionName, sourceIdentity }: Vouched,
  narrowedTo: Narrowing | undefined,
) {
  const shortName = role.roleName.slice(role.roleName.lastIndexOf('/') + 1)
  return {
    accountId: role.accountId,
    roleName: role.roleName,
    assumedRoleId: `${roleId}:${sessionName}`,
    arn: `arn:aws:sts::${role.accountId}:assumed-role/${shortName}/${sessionName}`,
    sessionName,
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(narrowedTo !== undefined && { narrowedTo }),
  }
}

export const notAuthorized = (action: Vouched['action'], because: string): Refusal =>
  new Refusal('AccessDenied', `Not authorized to perform ${action}`, because)
