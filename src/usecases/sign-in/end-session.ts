import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Digest } from '../ports.ts'
import type { SessionNames, Sessions } from '../ports/tables.ts'
import { terminalsOf } from './find-session.ts'
import { forgetNames } from './signed-in-by-name.ts'

export type EndSession = (session: GatewaySession, request: RequestFacts) => Promise<void>

/**
 * Ends a gateway session. A browser's sign-out ends every terminal of that person (threats.md D10); a terminal's ends
 * itself. Role sessions AWS has already lent live on until they expire.
 */
export function makeEndSession(deps: {
  sessions: Sessions
  sessionNames: Pick<SessionNames, 'delete'>
  digest: Digest
  audit: Audit
}): EndSession {
  return async function endSession(session, request) {
    await deps.sessions.delete(session.id)
    if (session.via === 'browser') {
      await deps.sessions.deleteByOwner(terminalsOf(session.principal, deps.digest))
      await forgetNames(deps.sessionNames, session.id)
    }
    await deps.audit({ event: 'sign_out', request, principal: session.principal, session })
  }
}
