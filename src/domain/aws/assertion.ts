import type { RoleArn } from './arn.ts'
import type { Account } from '../entitlement/rule.ts'
import { samlAudienceOf, samlEndpointOf } from './partition.ts'
import type { SamlAssertionRequest } from './saml-assertion.ts'
import type { WebIdentityClaims } from './web-identity-token.ts'

/** How one `sts` entry proves to AWS who takes a role. */
export type Strategy =
  | { readonly kind: 'web_identity'; readonly audience: string }
  | ({ readonly kind: 'saml' } & SamlWay)
  /** By the IdP's own assertion or ID token (threats.md F7). */
  | ({ readonly kind: 'pass_through_saml' } & SamlWay)
  | { readonly kind: 'pass_through_oidc' }

type SamlWay = {
  /** Of the IAM SAML provider in each account. */
  readonly providerName: string
  /** AWS's SAML sign-in address in place of the partition's own. */
  readonly endpoint?: string
}

/** What our assertion will say, before it is signed. */
export type AssertionPlan =
  | { readonly kind: 'web_identity'; readonly claims: WebIdentityClaims }
  | { readonly kind: 'saml'; readonly request: SamlAssertionRequest }

/** What the IdP's own assertion must say, which the person's browser has yet to fetch (threats.md F7). */
export type AwaitedAssertion =
  | ({ readonly kind: 'pass_through_saml'; readonly roleArn: RoleArn } & SamlAddress)
  | { readonly kind: 'pass_through_oidc' }

export const isAwaited = (planned: AssertionPlan | AwaitedAssertion): planned is AwaitedAssertion =>
  planned.kind === 'pass_through_saml' || planned.kind === 'pass_through_oidc'

/**
 * The signed proof that AWS exchanges. It opens a role: it goes to AWS, and no log, store or error ever holds it.
 * `byIdp`: the IdP's own, which opens every role that trusts the IdP.
 */
export type Assertion = { readonly byIdp?: true } & (
  | { readonly kind: 'web_identity'; readonly token: string }
  | { readonly kind: 'saml'; readonly response: string; readonly providerArn: string }
)

/** Where a SAML assertion is addressed, for whom, and the IAM SAML provider that vouches for it. */
export type SamlAddress = { readonly audience: string; readonly recipient: string; readonly providerArn: string }

/** Where a SAML assertion for this account is addressed, and for whom: aws.md §4. */
export function samlAddressOf(
  { partition, region, id }: Pick<Account, 'partition' | 'region' | 'id'>,
  { providerName, endpoint }: SamlWay,
): SamlAddress {
  return {
    audience: samlAudienceOf(partition),
    recipient: endpoint ?? samlEndpointOf(partition, region),
    providerArn: `arn:${partition}:iam::${id}:saml-provider/${providerName}`,
  }
}
