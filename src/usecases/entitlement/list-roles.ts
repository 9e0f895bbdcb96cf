import { entitlementsOf, type Entitlement } from '../../domain/entitlement/decide.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'

/** A role on the list, and whether this very session could take it: the list offers nothing the issue path refuses (security.md M-21). */
type ListedRole = { readonly entitlement: Entitlement; readonly state: 'available' | 'not_now' }

export type ListRoles = (session: GatewaySession) => readonly ListedRole[]

/** The roles of a signed-in person, decided anew from the rules in force. */
export function makeListRoles(deps: { rules: CurrentRules; now: Now }): ListRoles {
  return function listRoles(session) {
    const now = deps.now()
    requireSessionMay(session, { kind: 'look' }, now)
    return entitlementsOf(deps.rules(), session.principal).map((entitlement) => ({
      entitlement,
      state: mayTake(entitlement, session) ? 'available' : 'not_now',
    }))
  }
}

const mayTake = ({ target }: Entitlement, session: GatewaySession): boolean =>
  !(target.kind.elevated && session.via !== 'browser') && passThroughFault(target, session) === undefined
