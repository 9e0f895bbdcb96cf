import type { GatewaySession } from '../sign-in/session.ts'
import type { RoleKind, RoleTarget } from './rule.ts'

/** What a session is narrowed to: by the role, or by the grant that would be used. */
type Narrowing = Pick<RoleKind, 'sessionPolicy' | 'bindIp'>

/**
 * Where AWS takes the IdP's own assertion: the condition under which this session may not take the role, or undefined.
 * Such an assertion is no narrower than its IdP makes it and passes through the browser: so it opens no elevated role, carries none
 * of our tags, is narrowed by no policy, and is fetched by the very person in a browser, where they signed in (threats.md F7).
 */
export function passThroughFault(
  { account, kind }: Pick<RoleTarget, 'account' | 'kind'>,
  { via, principal }: Pick<GatewaySession, 'via' | 'principal'>,
  /** Absent where no grant opens it, or none is asked for. */
  held: Narrowing = kind,
): string | undefined {
  if (account.passThroughIdp === undefined) return undefined
  if (kind.elevated) return 'elevated_passed_through'
  if (via !== 'browser') return 'browser_needed'
  if (Object.keys(kind.sessionTags).length > 0) return 'tags_passed_through'
  // Whoever holds the IdP's assertion asks AWS themselves, and would leave the policy out, whichever it is.
  if (held.sessionPolicy !== undefined) return 'policy_passed_through'
  if (held.bindIp === true) return 'bind_ip_passed_through'
  return principal.idp === account.passThroughIdp ? undefined : 'idp_passed_through'
}
