import type { GatewaySession } from '../sign-in/session.ts'
import type { RoleKind, RoleTarget } from './rule.ts'

/** What a session is narrowed to: by the role, or by the grant that would be used. */
type Narrowing = Pick<RoleKind, 'sessionPolicy' | 'bindIp'>

/**
 * For accounts where AWS takes the IdP's own assertion: the condition for which this session may not take the role, or
 * undefined. We cannot narrow such an assertion, and it passes through the browser. So it opens no elevated role,
 * carries no session tags or session policy of ours, and only the person themselves can fetch it, in the browser they
 * signed in with (threats.md F7).
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
  // With the IdP's assertion one can ask AWS directly and leave the session policy out.
  if (held.sessionPolicy !== undefined) return 'policy_passed_through'
  if (held.bindIp === true) return 'bind_ip_passed_through'
  return principal.idp === account.passThroughIdp ? undefined : 'idp_passed_through'
}
