import type { Mapping, RoleKind, RoleTarget } from '../../entitlement/rule.ts'
import type { TrustPolicy } from './document.ts'
import { samlTrustPolicyFor, trustPolicyFor, type Egress } from './generate.ts'

/** What AWS is to know of the gateway in this account: how it proves who takes a role, and where its calls come from. */
export type GatewayAtAws = {
  readonly egress?: Egress
} & (
  { readonly issuer: string; readonly audience: string } | { readonly providerName: string; readonly recipient: string }
)

/**
 * The trust policy that this role's IAM role needs. A role and its variants share one IAM role, so the policy admits
 * what any of them brings and requires only what all of them bring.
 */
export function expectedTrustPolicy(
  { roles }: Pick<Mapping, 'roles'>,
  { account, kind }: Pick<RoleTarget, 'account' | 'kind'>,
  gateway: GatewayAtAws,
): TrustPolicy {
  const kinds = kindsOf(roles, kind)
  const tags = new Map(kinds.flatMap(({ sessionTags }) => Object.entries(sessionTags)))
  const isAlways = (key: string): boolean =>
    kinds.every(({ sessionTags }) => {
      const source = Object.hasOwn(sessionTags, key) ? sessionTags[key] : undefined
      return source !== undefined && !('claim' in source && source.optional === true)
    })
  const always = [...tags.keys()].filter(isAlways)
  const { egress, ...proof } = gateway
  const trusted = {
    partition: account.partition,
    accountId: account.id,
    roleName: kind.roleName,
    sourceIdentity: kind.sourceIdentity,
    tagKeys: always,
    optionalTagKeys: [...tags.keys()].filter((key) => !always.includes(key)),
    tagValues: Object.fromEntries(
      always.flatMap((key) => {
        const source = tags.get(key)
        return source !== undefined && 'constant' in source ? [[key, source.constant]] : []
      }),
    ),
    ...(egress !== undefined && !isPosted({ roles }, { account, kind }) && { egress }),
  }
  return 'issuer' in proof ? trustPolicyFor({ ...trusted, ...proof }) : samlTrustPolicyFor({ ...trusted, ...proof })
}

/**
 * Whether a browser may post our assertion to AWS itself, for this role or a variant of it (threats.md F6). Then the
 * policy cannot pin the gateway's addresses.
 */
export const isPosted = (
  { roles }: Pick<Mapping, 'roles'>,
  { account, kind }: Pick<RoleTarget, 'account' | 'kind'>,
): boolean =>
  account.samlPost === true &&
  kindsOf(roles, kind).some(
    ({ elevated, sessionPolicy, bindIp }) => !elevated && sessionPolicy === undefined && bindIp === undefined,
  )

const kindsOf = (roles: Mapping['roles'], { roleName }: Pick<RoleKind, 'roleName'>): readonly RoleKind[] =>
  [...roles.values()].filter((kind) => kind.roleName === roleName)
