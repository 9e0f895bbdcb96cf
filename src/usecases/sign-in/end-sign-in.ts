import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { GroupsChange } from '../../domain/sign-in/groups-again.ts'
import { signInOf, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Digest } from '../ports.ts'
import type { SessionNames, Sessions } from '../ports/tables.ts'
import { terminalsOf } from './find-session.ts'
import { forgetNames } from './signed-in-by-name.ts'

export type EndSignIn = (
  session: GatewaySession,
  request: RequestFacts,
  why: { readonly reason: string } & Partial<GroupsChange>,
) => Promise<void>

/**
 * Ends the sign-in that a session came from, whichever of its sessions asks: its browser session, its terminals, and
 * their container tokens. Other sign-ins of that person read their directory at another time, and live on.
 */
export function makeEndSignIn(deps: {
  sessions: Pick<Sessions, 'delete' | 'listByOwner'>
  sessionNames: Pick<SessionNames, 'delete'>
  digest: Digest
  audit: Audit
}): EndSignIn {
  return async function endSignIn(session, request, why) {
    const { principal } = session
    const signIn = signInOf(session)
    // The browser session first: a terminal that it is letting in right now is either among those below, or finds it
    // gone.
    await deps.sessions.delete(signIn)
    const terminals = await deps.sessions.listByOwner(terminalsOf(principal, deps.digest))
    const derived = terminals.filter((one) => signInOf(one) === signIn)
    await Promise.all([
      ...derived.map(async ({ id }) => deps.sessions.delete(id)),
      forgetNames(deps.sessionNames, signIn),
    ])
    await deps.audit({ event: 'session_ended', request, principal, session, ...why })
  }
}
