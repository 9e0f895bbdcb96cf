import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { explain, type Explanation } from '../../domain/entitlement/explain.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import { requireVisibleRole } from '../../domain/entitlement/visible-role.ts'
import {
  CONFIG_BEHIND,
  OLD_GROUPS,
  requireSessionMay,
  sessionFault,
  type GatewaySession,
} from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { RequestsOf } from '../request/requests-of.ts'
import { circumstancesOf, type AskedFrom } from './circumstances.ts'

export type ExplainRole = (session: GatewaySession, from: AskedFrom, role: string) => Promise<Explanation>

/**
 * Why this session may take a role, or may not. Fails with `role_unknown` for a role there is not, and in the same words for one
 * that is not theirs and whose way in is kept from those who lack it (threats.md P3).
 */
export function makeExplainRole(deps: {
  rules: CurrentRules
  requestsOf: Pick<RequestsOf, 'about'>
  closing: DeviceClosing
  now: Now
}): ExplainRole {
  return async function explainRole(session, from, role) {
    requireSessionMay(session, { kind: 'look' }, deps.now())
    const asked = requireVisibleRole(deps.rules(), session.principal, role)
    const requests = await deps.requestsOf.about(session.principal, asked)
    const [index, now] = [deps.rules(), deps.now()]
    const target = requireVisibleRole(index, session.principal, role)
    const circumstances = circumstancesOf(session, from, now, { requests })
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
