import type { Account } from '../entitlement/rule.ts'
import { samlAudienceOf, samlEndpointOf } from './partition.ts'
import type { SamlAssertionRequest } from './saml-assertion.ts'
import type { WebIdentityClaims } from './web-identity-token.ts'

/** How one `sts` entry proves to AWS who takes a role. */
export type Strategy =
  | { readonly kind: 'web_identity'; readonly audience: string }
  | {
      readonly kind: 'saml'
      /** Of the IAM SAML provider in each account. */
      readonly providerName: string
      /** AWS's SAML sign-in address in place of the partition's own. */
      readonly endpoint?: string
    }

/** What our assertion will say, before it is signed. */
export type AssertionPlan =
  | { readonly kind: 'web_identity'; readonly claims: WebIdentityClaims }
  | { readonly kind: 'saml'; readonly request: SamlAssertionRequest }

/** The signed proof that AWS exchanges. It opens a role: it goes to AWS, and no log, store or error ever holds it. */
export type Assertion =
  | { readonly kind: 'web_identity'; readonly token: string }
  | { readonly kind: 'saml'; readonly response: string; readonly providerArn: string }

/** Where a SAML assertion for this account is addressed, and for whom: aws.md §4. */
export function samlAddressOf(
  { partition, region, id }: Pick<Account, 'partition' | 'region' | 'id'>,
  { providerName, endpoint }: Extract<Strategy, { kind: 'saml' }>,
) {
  return {
    audience: samlAudienceOf(partition),
    recipient: endpoint ?? samlEndpointOf(partition, region),
    providerArn: `arn:${partition}:iam::${id}:saml-provider/${providerName}`,
  }
}
