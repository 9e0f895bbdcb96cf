import { standingOf, type Staff, type Standing } from '../../domain/admin/standing.ts'
import { RolegateError } from '../../domain/errors.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Now } from '../ports.ts'

/** Who are operators and auditors by the configuration in force. Asked anew on each request (threats.md P1). */
export type CurrentStaff = () => Staff

export type RequireStanding = (session: GatewaySession, door: 'page' | 'api') => Standing

/**
 * Answers whether the asker is an operator or an auditor. Everybody else gets `not_found` at a page, as if there were
 * none, and `not_entitled` at the API, whose routes are no secret. Operators and auditors get `sign_in_required` once
 * their groups are an hour old.
 */
export function makeRequireStanding(deps: { staff: CurrentStaff; now: Now }): RequireStanding {
  return function requireStanding(session, door) {
    const now = deps.now()
    requireSessionMay(session, { kind: 'look' }, now)
    const standing = standingOf(deps.staff(), session.principal)
    if (standing === undefined) throw new RolegateError(door === 'page' ? 'not_found' : 'not_entitled')
    requireSessionMay(session, { kind: 'administer', door }, now)
    return standing
  }
}
