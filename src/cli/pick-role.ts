import type { ListedRole } from './answers.ts'
import type { Call } from './command.ts'
import { failure } from './failure.ts'
import { findRole } from './find-role.ts'

/** A missing ROLE is asked for at a terminal, and a usage failure anywhere else: before anything is sent. */
export function requireRoleOrTerminal({ world: { isTty }, misused }: Call, wanted: string | undefined): void {
  if (wanted === undefined && !(isTty.stdin && isTty.stderr)) throw misused('A ROLE is missing; see: rolegate list')
}

/** The role a person named, else the one they choose of their own. */
export async function findOrPickRole(
  { world }: Call,
  roles: readonly ListedRole[],
  wanted: string | undefined,
): Promise<ListedRole> {
  if (wanted !== undefined) return findRole(roles, wanted)
  if (roles.length === 0) throw failure('no_roles', { title: 'No role is open to you' })
  return findRole(roles, await world.pick('Which role?', roles.map(choiceOf)))
}

const choiceOf = ({ role, accountId, accountName, state, elevated }: ListedRole) => ({
  value: role,
  hint: [
    accountId,
    accountName,
    ...(state === 'available' ? [] : [state.replaceAll('_', ' ')]),
    ...(elevated ? ['elevated'] : []),
  ]
    .filter((word) => word !== '')
    .join(', '),
})
