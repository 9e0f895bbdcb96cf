import type { RequestFacts } from '../../domain/audit/event.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Sessions } from '../ports.ts'

export type EndSession = (session: GatewaySession, request: RequestFacts) => Promise<void>

/**
 * Ends a gateway session. A browser's sign-out ends every terminal that was signed in from it (threats.md D10); a
 * terminal's ends itself. Role sessions AWS has already lent live on until they expire.
 */
export function makeEndSession(deps: { sessions: Sessions; audit: Audit }): EndSession {
  return async function endSession(session, request) {
    if (session.via === 'browser') await deps.sessions.deleteByOwner(session.root)
    else await deps.sessions.delete(session.id)
    await deps.audit({ event: 'sign_out', request, principal: session.principal, session })
  }
}
