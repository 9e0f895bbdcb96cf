import type { Partition } from '../partition.ts'
import { subjectPatternFor } from '../web-identity-token.ts'
import type { TrustPolicy } from './document.ts'

export type TrustedRole = {
  readonly partition: Partition
  readonly accountId: string
  readonly roleName: string
  readonly issuer: string
  readonly audience: string
  readonly sourceIdentity: boolean
  readonly tagKeys: readonly string[]
}

/**
 * The trust policy a role needs: audience and subject pinned (threats.md F1, F8; security.md T-15), and the two extra
 * actions only where the token uses them.
 */
export function trustPolicyFor(role: TrustedRole): TrustPolicy {
  const provider = role.issuer.replace(/^https?:\/\//, '')
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:${role.partition}:iam::${role.accountId}:oidc-provider/${provider}` },
        Action: [
          'sts:AssumeRoleWithWebIdentity',
          ...(role.sourceIdentity ? ['sts:SetSourceIdentity'] : []),
          ...(role.tagKeys.length > 0 ? ['sts:TagSession'] : []),
        ],
        Condition: {
          StringEquals: { [`${provider}:aud`]: role.audience },
          StringLike: {
            [`${provider}:sub`]: subjectPatternFor(role.accountId, role.roleName),
            ...(role.sourceIdentity && { 'sts:SourceIdentity': '?*' }),
          },
          ...(role.tagKeys.length > 0 && {
            // Exactly these keys: none beside them, and none of them missing.
            'ForAllValues:StringEquals': { 'aws:TagKeys': [...role.tagKeys] },
            Null: Object.fromEntries(role.tagKeys.map((key) => [`aws:RequestTag/${key}`, 'false'])),
          }),
        },
      },
    ],
  }
}
