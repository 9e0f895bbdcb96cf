import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { decide } from '../../domain/entitlement/decide.ts'
import { explain, type Explanation } from '../../domain/entitlement/explain.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import { RolegateError } from '../../domain/errors.ts'
import { OLD_GROUPS, requireSessionMay, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'
import { circumstancesOf, type AskedFrom } from './circumstances.ts'

export type ExplainRole = (session: GatewaySession, from: AskedFrom, role: string) => Explanation

/**
 * Why this session may take a role, or may not. Fails with `role_unknown` for a role there is not, and in the same words for one
 * that is not theirs and whose way in is kept from those who lack it (threats.md P3).
 */
export function makeExplainRole(deps: { rules: CurrentRules; closing: DeviceClosing; now: Now }): ExplainRole {
  return function explainRole(session, from, role) {
    const now = deps.now()
    requireSessionMay(session, { kind: 'look' }, now)
    const target = requireRole(deps.rules(), role)
    const circumstances = circumstancesOf(session, from, now)
    const decision = decide(deps.rules(), session.principal, target, circumstances)
    if (!target.kind.discoverable && !decision.allowed && decision.code === 'not_entitled')
      throw new RolegateError('role_unknown')
    const fault = sessionFault(session, deps.closing.takeRole(target, 'credentials'), now)
    const condition = passThroughFault(target, session)
    const unmet = [
      ...(fault?.values['why'] === OLD_GROUPS ? [OLD_GROUPS] : []),
      ...(fault?.code === 'condition_unmet' ? [String(fault.values['condition'])] : []),
      ...(condition === undefined ? [] : [condition]),
      ...(missingTag(target.kind.sessionTags, session.principal) === undefined ? [] : ['tag_unavailable']),
    ]
    return explain(deps.rules(), session, target, unmet, circumstances)
  }
}
