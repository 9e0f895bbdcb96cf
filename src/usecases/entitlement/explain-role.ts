import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { covers, explain, type Explanation } from '../../domain/entitlement/explain.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import { RolegateError } from '../../domain/errors.ts'
import {
  CONFIG_BEHIND,
  OLD_GROUPS,
  requireSessionMay,
  sessionFault,
  type GatewaySession,
} from '../../domain/sign-in/session.ts'
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
    const index = deps.rules()
    const target = requireRole(index, role)
    const circumstances = circumstancesOf(session, from, now)
    // A deny that covers it says as much of a role as a grant would: only who has a grant hears of it.
    const isOpened = index.met(session.principal).some(({ rule }) => rule.effect === 'grant' && covers(rule, target))
    if (!target.kind.discoverable && !isOpened) throw new RolegateError('role_unknown')
    const fault = sessionFault(session, deps.closing.takeRole(target, 'credentials'), now)
    const condition = passThroughFault(target, session)
    const unmet = [
      ...[OLD_GROUPS, CONFIG_BEHIND].filter((why) => fault?.values['why'] === why),
      ...(fault?.code === 'condition_unmet' ? [String(fault.values['condition'])] : []),
      ...(condition === undefined ? [] : [condition]),
      ...(missingTag(target.kind.sessionTags, session.principal) === undefined ? [] : ['tag_unavailable']),
    ]
    return explain(index, session, target, unmet, circumstances)
  }
}
