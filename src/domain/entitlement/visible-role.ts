import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { RuleIndex } from './compile.ts'
import { requireRole } from './find-role.ts'
import type { RoleTarget } from './rule.ts'
import { covers } from './rulings.ts'

/** The role that somebody names, if they may know that there is one. */
export function requireVisibleRole(index: RuleIndex, principal: Principal, name: string): RoleTarget {
  const target = requireRole(index, name)
  requireVisible(index, principal, target)
  return target
}

/**
 * Throws as for an unknown role if the role is not `discoverable` and no grant opens it to this person, in the same
 * words at every door: otherwise its name could be found out by asking (threats.md P3). The reason is for log and
 * audit.
 */
export function requireVisible(index: RuleIndex, principal: Principal, target: RoleTarget): void {
  if (target.kind.discoverable) return
  // Being denied a role reveals that it exists, so only somebody with a grant learns of a deny.
  const isOpened = index.met(principal).some(({ rule }) => rule.effect === 'grant' && covers(rule, target))
  if (!isOpened) throw new RolegateError('role_unknown', {}, { reason: 'not_entitled' })
}
