import { strokesWithin } from '../domain/nearest.ts'
import type { ListedRole } from './answers.ts'
import { failure } from './failure.ts'

const MOST_NAMED = 10

/**
 * The role a person means: `alias/role`, `123456789012/role`, a role ARN, or a unique prefix of `alias/role`. Fails with
 * `role_ambiguous` or `role_unknown`, naming the candidates. Guessing lives here alone: the gateway takes exact names.
 */
export function findRole(roles: readonly ListedRole[], wanted: string): ListedRole {
  const exact = roles.filter((role) => role.role === wanted || role.arn === wanted || byAccountId(role) === wanted)
  const found = exact.length > 0 ? exact : roles.filter((role) => wanted !== '' && role.role.startsWith(wanted))
  const [first, ...others] = found
  if (first === undefined) throw unknown(wanted, roles)
  if (others.length > 0) throw ambiguous(wanted, found)
  return first
}

const byAccountId = ({ accountId, role }: ListedRole): string => `${accountId}/${role.split('/')[1] ?? ''}`

const ambiguous = (wanted: string, found: readonly ListedRole[]) =>
  failure('role_ambiguous', {
    title: `More than one of your roles begins with ${wanted}`,
    detail: 'Name one of them:',
    next: listed(found),
  })

function unknown(wanted: string, roles: readonly ListedRole[]) {
  const near = nearTo(wanted, roles)
  return failure('role_unknown', {
    title: `None of your roles is called ${wanted}`,
    detail: near.length > 0 ? 'Did you mean:' : '',
    next: near.length > 0 ? listed(near) : 'See what you may take: rolegate list',
  })
}

const listed = (roles: readonly ListedRole[]): string => {
  const names = roles.slice(0, MOST_NAMED).map(({ role }) => `  ${role}`)
  const rest = roles.length - names.length
  return [...names, ...(rest > 0 ? [`  and ${rest} more: rolegate list`] : [])].join('\n')
}

/** The closest names first; nothing that differs in more than a third. */
function nearTo(wanted: string, roles: readonly ListedRole[]): readonly ListedRole[] {
  const text = wanted.slice(0, 130)
  return roles
    .flatMap((role) => {
      const most = Math.max(2, Math.floor(role.role.length / 3))
      const strokes = role.role.includes(text) ? 0 : strokesWithin(most, text, role.role)
      return strokes === undefined ? [] : [{ role, strokes }]
    })
    .toSorted((one, other) => one.strokes - other.strokes)
    .slice(0, 3)
    .map(({ role }) => role)
}
