import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { RuleIndex } from './compile.ts'
import { covers } from './explain.ts'
import { requireRole } from './find-role.ts'
import type { RoleTarget } from './rule.ts'

/** The role that somebody names, if they may know that there is one. */
export function requireVisibleRole(index: RuleIndex, principal: Principal, name: string): RoleTarget {
  const target = requireRole(index, name)
  requireVisible(index, principal, target)
  return target
}

/**
 * A role that is not `discoverable` is unknown to those no grant opens it to, in the same words as one that there is not, at every
 * door: else its name could be found out by asking (threats.md P3). The reason is for log and audit.
 */
export function requireVisible(index: RuleIndex, principal: Principal, target: RoleTarget): void {
  if (target.kind.discoverable) return
  // A deny that covers it says as much of a role as a grant would: only who has a grant hears of it.
  const isOpened = index.met(principal).some(({ rule }) => rule.effect === 'grant' && covers(rule, target))
  if (!isOpened) throw new RolegateError('role_unknown', {}, { reason: 'not_entitled' })
}
