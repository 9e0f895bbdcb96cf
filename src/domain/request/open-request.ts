import { wordsIn } from '../entitlement/search.ts'
import type { Principal } from '../sign-in/principal.ts'
import { approverOf, targetOf, wantedNow } from './approver.ts'
import { isOwn, type RoleRequest } from './role-request.ts'
import { requesterFault, type Scales } from './worth.ts'

/** Of a request that waits for an answer as much as tells whom it concerns: of all people's nobody reads more. */
export type OpenRequest = Pick<RoleRequest, 'id' | 'person' | 'role' | 'roleId' | 'wanted' | 'via' | 'askedAt'>

export const OPEN_REQUEST_DATES = ['askedAt'] as const

export const openRequestOf = ({ id, person, role, roleId, wanted, via, askedAt }: RoleRequest): OpenRequest => ({
  id,
  person,
  role,
  roleId,
  wanted,
  via,
  askedAt,
})

/** Rows of older versions say less: then what lacks is read of the request itself. */
export const isWhole = (row: Partial<OpenRequest>): boolean =>
  [row.person, row.role, row.roleId, row.wanted, row.via, row.askedAt].every((part) => part !== undefined)

/**
 * Whether this person might answer it, and every word of the question occurs in it: in the role, or in who asks. Whose word a role takes
 * is worked out once, however many ask for it.
 */
export function makeMightAnswer(
  scales: Pick<Scales, 'index' | 'isTheirs'>,
  principal: Principal,
  question: string,
): (request: OpenRequest) => boolean {
  const { index } = scales
  const words = wordsIn(question)
  const groupsFor = approverOf(principal)
  const before = new Map<string, boolean>()

  function counts(request: OpenRequest): boolean {
    const target = targetOf(request, index)
    const wanted = target && wantedNow(index, target, request)
    return wanted !== undefined && groupsFor(wanted) !== undefined
  }

  return (request) => {
    if (!hasAll(request, words) || isOwn(request, principal)) return false
    // No id of a role or a rule, and no name of what asks, holds a line's end.
    const about = [request.role, request.roleId, request.via.rule, ...request.wanted].join('\n')
    const known = before.get(about) ?? counts(request)
    before.set(about, known)
    return known && requesterFault(request.person, scales) === undefined
  }
}

function hasAll({ role, person }: OpenRequest, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const text = `${role}\n${person.username}\n${person.email ?? ''}`.toLowerCase()
  return words.every((word) => text.includes(word))
}
