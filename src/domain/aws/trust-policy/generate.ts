import type { Partition } from '../partition.ts'
import { subjectPatternFor } from '../web-identity-token.ts'
import type { TrustPolicy } from './document.ts'

type Trusted = {
  readonly partition: Partition
  readonly accountId: string
  readonly roleName: string
  readonly sourceIdentity: boolean
  readonly tagKeys: readonly string[]
  /** Values of those that are constants: the policy demands them (threats.md I5). */
  readonly tagValues?: Readonly<Record<string, string>>
  /** Keys that may come along, and may be missing. */
  readonly optionalTagKeys?: readonly string[]
  readonly egress?: Egress
}

/** Where our calls to AWS come from: public networks, or VPC endpoints. Nothing that is taken from us is of use elsewhere (threats.md F3). */
export type Egress = { readonly cidrs: readonly string[] } | { readonly vpce: readonly string[] }

export type TrustedRole = Trusted & { readonly issuer: string; readonly audience: string }

export type SamlTrustedRole = Trusted & {
  /** Name of the IAM SAML provider in the role's account. */
  readonly providerName: string
  /** The sign-in endpoint's SAML address. `SAML:aud` is this, and not the Audience (aws.md §4). */
  readonly recipient: string
}

/**
 * The trust policy a role needs: audience and subject pinned (threats.md F1, F8; security.md T-15), and the two extra
 * actions only where the token uses them.
 */
export function trustPolicyFor(role: TrustedRole): TrustPolicy {
  const provider = role.issuer.replace(/^https?:\/\//, '')
  return policyFor(role, {
    provider: `oidc-provider/${provider}`,
    action: 'sts:AssumeRoleWithWebIdentity',
    audience: { [`${provider}:aud`]: role.audience },
    subjectKey: `${provider}:sub`,
  })
}

/** The same for a role that is taken with a SAML assertion: the NameID binds account, role and person as `sub` does. */
export const samlTrustPolicyFor = (role: SamlTrustedRole): TrustPolicy =>
  policyFor(role, {
    provider: `saml-provider/${role.providerName}`,
    action: 'sts:AssumeRoleWithSAML',
    audience: { 'SAML:aud': role.recipient },
    subjectKey: 'SAML:sub',
  })

type Protocol = {
  readonly provider: string
  readonly action: string
  readonly audience: Readonly<Record<string, string>>
  readonly subjectKey: string
}

const policyFor = (role: Trusted, { provider, action, audience, subjectKey }: Protocol): TrustPolicy => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:${role.partition}:iam::${role.accountId}:${provider}` },
      Action: [
        action,
        ...(role.sourceIdentity ? ['sts:SetSourceIdentity'] : []),
        ...(tagKeysOf(role).length > 0 ? ['sts:TagSession'] : []),
      ],
      Condition: {
        StringEquals: {
          ...audience,
          ...Object.fromEntries(
            Object.entries(role.tagValues ?? {}).map(([key, value]) => [`aws:RequestTag/${key}`, value]),
          ),
          ...(role.egress !== undefined && 'vpce' in role.egress && { 'aws:SourceVpce': role.egress.vpce }),
        },
        StringLike: {
          [subjectKey]: subjectPatternFor(role.accountId, role.roleName),
          ...(role.sourceIdentity && { 'sts:SourceIdentity': '?*' }),
        },
        ...(role.egress !== undefined &&
          'cidrs' in role.egress && { IpAddress: { 'aws:SourceIp': role.egress.cidrs } }),
        // Exactly these keys: none beside them, and none missing of those that always come.
        ...(tagKeysOf(role).length > 0 && { 'ForAllValues:StringEquals': { 'aws:TagKeys': tagKeysOf(role) } }),
        ...(role.tagKeys.length > 0 && {
          Null: Object.fromEntries(role.tagKeys.map((key) => [`aws:RequestTag/${key}`, 'false'])),
        }),
      },
    },
  ],
})

const tagKeysOf = ({ tagKeys, optionalTagKeys = [] }: Trusted): readonly string[] => [...tagKeys, ...optionalTagKeys]
