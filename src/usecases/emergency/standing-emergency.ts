import {
  closedBy,
  isEnded,
  isIdpClosed,
  isKeptOut,
  KEPT_OUT,
  NO_EMERGENCY,
  type Emergency,
} from '../../domain/emergency/emergency.ts'
import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Emergencies } from '../ports/tables.ts'

/** What operators closed from the host, as the store says it: known as of the last `refresh`. */
export type StandingEmergency = {
  /** Asks the store, before every decision and once more before anything is handed over (threats.md H5, R8). */
  refresh(): Promise<void>
  /** The rules with it. */
  over(index: RuleIndex): RuleIndex
  /** Whether a session of theirs that began then is over. */
  isEnded(session: Pick<GatewaySession, 'principal' | 'signedInAt'>): boolean
  /** Whether everybody of this IdP is kept out. */
  isClosed(idp: string): boolean
  /** Fails with `sign_in_rejected` for somebody who is kept out; the reason is for the log and the audit trail. */
  requireWelcome(principal: Principal): Promise<void>
}

export const EMERGENCY_KEY = 'in-force'

const changeOf = ({ changedAt = '' }: Emergency): string => changedAt

const unreadable = () => new RolegateError('store_unavailable', {}, { reason: 'emergencies_unreadable' })

/**
 * Makes the row that says what is closed, where there is none yet: from then on a gateway that does not find it knows that
 * somebody took it away. Fails with `store_unavailable` if there is one and it does not open: taken for absent, as other
 * rows are, it would lift every deny (threats.md K1, R8).
 */
export async function requireReadable(emergencies: Pick<Emergencies, 'get' | 'createIfAbsent'>): Promise<void> {
  await emergencies.createIfAbsent(EMERGENCY_KEY, NO_EMERGENCY)
  if ((await emergencies.get(EMERGENCY_KEY)) === undefined) throw unreadable()
}

export function makeStandingEmergency(deps: { emergencies: Pick<Emergencies, 'get'> }): StandingEmergency {
  let emergency: Emergency = NO_EMERGENCY
  /** Each rule index with the denies in force laid over it; rebuilt when either changes. */
  let closed = new WeakMap<RuleIndex, RuleIndex>()

  async function refresh(): Promise<void> {
    const now = await deps.emergencies.get(EMERGENCY_KEY)
    // Nobody takes this row away: to lift a deny is to write it anew. Whoever made it vanish must not have opened a door.
    if (now === undefined) throw unreadable()
    // What is older than what is known was overtaken on its way here, or put back by somebody who can write the store.
    if (now === emergency || changeOf(now) < changeOf(emergency)) return
    emergency = now
    closed = new WeakMap()
  }

  return {
    refresh,
    over(index) {
      const known = closed.get(index) ?? closedBy(emergency, index)
      closed.set(index, known)
      return known
    },
    isEnded: (session) => isEnded(emergency, session),
    isClosed: (idp) => isIdpClosed(emergency, idp),
    async requireWelcome(principal) {
      await refresh()
      if (isKeptOut(emergency, principal))
        throw new RolegateError('sign_in_rejected', { idp: principal.idp, why: KEPT_OUT }, { reason: 'emergency_deny' })
    },
  }
}
