import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import type { Entitlement } from '../../domain/entitlement/decide.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { GATEWAY_UNFIT, OLD_GROUPS, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'

/**
 * By name, what keeps this session from the role whatever the rules say of its person. Its end is not among these: that
 * is a limit.
 */
export function keptFrom(
  session: GatewaySession,
  target: RoleTarget,
  closing: DeviceClosing,
  now: Date,
  /** Of the grant that would be used, where it is known. */
  held?: Pick<Entitlement, 'sessionPolicy' | 'bindIp'>,
): readonly string[] {
  const fault = sessionFault(session, closing.takeRole(target, 'credentials'), now)
  const condition = passThroughFault(target, session, held)
  return [
    ...[OLD_GROUPS, ...GATEWAY_UNFIT].filter((why) => fault?.values['why'] === why),
    ...(fault?.code === 'condition_unmet' ? [String(fault.values['condition'])] : []),
    ...(condition === undefined ? [] : [condition]),
    ...(missingTag(target.kind.sessionTags, session.principal) === undefined ? [] : ['tag_unavailable']),
  ]
}
