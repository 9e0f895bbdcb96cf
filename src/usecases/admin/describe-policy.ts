import { policyAsJson, type PolicyJson } from '../../domain/policy/as-json.ts'
import type { Policy } from '../../domain/policy/policy.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { IdentityProvider } from '../ports/identity-provider.ts'
import type { RequireStanding } from './require-standing.ts'

/** The configuration in force, as far as it says who may take what. */
type PolicyInForce = PolicyJson & {
  /** Names it in records. */
  readonly config: string
  readonly idps: readonly { readonly id: string; readonly label: string; readonly type: 'oidc' | 'saml' }[]
}

/** For operators and auditors (threats.md P2); fails as `requireStanding` does. */
export type DescribePolicy = (session: GatewaySession) => PolicyInForce

export function makeDescribePolicy(deps: {
  requireStanding: RequireStanding
  policy: Policy
  hash: string
  providers: ReadonlyMap<string, IdentityProvider>
}): DescribePolicy {
  // It is worked out once: a reload makes another.
  let known: PolicyJson | undefined

  return function describePolicy(session) {
    deps.requireStanding(session, 'api')
    known ??= policyAsJson(deps.policy)
    return {
      config: deps.hash,
      idps: [...deps.providers.values()].map(({ id, label, saml }) => ({
        id,
        label,
        type: saml === undefined ? 'oidc' : 'saml',
      })),
      ...known,
    }
  }
}
