import type { DeviceClosing } from '../../domain/device/closing.ts'
import { explain, type Explanation } from '../../domain/entitlement/explain.ts'
import type { KeptFrom } from '../../domain/entitlement/nearest.ts'
import { requireVisibleRole } from '../../domain/entitlement/visible-role.ts'
import { askingFault } from '../../domain/request/asking.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { RequestsOf } from '../request/requests-of.ts'
import { circumstancesOf, type AskedFrom } from './circumstances.ts'
import { keptFrom } from './kept-from.ts'

export type ExplainRole = (
  session: GatewaySession,
  from: AskedFrom,
  role: string,
  timeZone?: string,
) => Promise<Explanation>

/**
 * Why this session may take a role, or may not. Fails with `role_unknown` for a role that does not exist, and in the
 * same words for one they lack that is hidden from those who lack it (threats.md P3).
 */
export function makeExplainRole(deps: {
  rules: CurrentRules
  requestsOf: Pick<RequestsOf, 'about'>
  closing: DeviceClosing
  now: Now
}): ExplainRole {
  return async function explainRole(session, from, role, timeZone) {
    requireSessionMay(session, { kind: 'look' }, deps.now())
    const asked = requireVisibleRole(deps.rules(), session.principal, role)
    const requests = await deps.requestsOf.about(session.principal, asked)
    const [index, now] = [deps.rules(), deps.now()]
    const target = requireVisibleRole(index, session.principal, role)
    const circumstances = circumstancesOf(session, from, now, { requests })
    const kept: KeptFrom = (other, held) => keptFrom(session, other, deps.closing, now, held)
    const story = explain(index, session, target, kept, circumstances, timeZone)
    if (story.because !== 'approval_required') return story
    // Who has asked for it already is given that again.
    const fault = askingFault(session.principal, index.mapping, story.pending === undefined ? requests : [])
    return fault === undefined
      ? story
      : { ...story, because: 'condition_unmet', unmet: [...story.unmet, String(fault.values['condition'])] }
  }
}
