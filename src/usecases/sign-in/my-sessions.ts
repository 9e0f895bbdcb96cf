import type { RequestFacts } from '../../domain/audit/facts.ts'
import { RolegateError } from '../../domain/errors.ts'
import { requireSessionMay, shortened, type GatewaySession, type SessionLimits } from '../../domain/sign-in/session.ts'
import type { Digest, Now } from '../ports.ts'
import type { Sessions } from '../ports/tables.ts'
import type { EndSession } from './end-session.ts'
import { terminalsOf } from './find-session.ts'

export type MySessions = {
  /** The one that asks, and every terminal of that person; the newest first. */
  list(session: GatewaySession): Promise<readonly GatewaySession[]>
  /** Ends one of them and all its tokens (threats.md D3, D10). One that is not theirs, or is over, is `not_found`. */
  end(session: GatewaySession, id: string, request: RequestFacts): Promise<void>
}

/** Where somebody is signed in, for them to see and to end. */
export function makeMySessions(deps: {
  sessions: Pick<Sessions, 'listByOwner'>
  endSession: EndSession
  digest: Digest
  limits: SessionLimits
  now: Now
}): MySessions {
  async function list(session: GatewaySession): Promise<readonly GatewaySession[]> {
    requireSessionMay(session, { kind: 'look' }, deps.now())
    const owned = await deps.sessions.listByOwner(terminalsOf(session.principal, deps.digest))
    // The owner's name is a column of the store; whose a session is stands in its sealed row.
    const { issuer, subject } = session.principal
    const others = owned
      .map((one) => shortened(one, deps.limits))
      .filter(
        ({ id, endsAt, principal }) =>
          id !== session.id && endsAt > deps.now() && principal.issuer === issuer && principal.subject === subject,
      )
    return [session, ...others].toSorted((one, other) => other.lastSeenAt.getTime() - one.lastSeenAt.getTime())
  }

  return {
    list,
    async end(session, id, request) {
      const found = (await list(session)).find((one) => one.id === id)
      if (found === undefined) throw new RolegateError('not_found', { what: 'session' })
      await deps.endSession(found, request)
    },
  }
}
