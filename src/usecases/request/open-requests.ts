import type { RoleRequest } from '../../domain/request/role-request.ts'
import { REQUEST_SECONDS } from '../../domain/request/role-request.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import type { Now } from '../ports.ts'
import type { OpenRequests } from '../ports/tables.ts'

/** What those of all people belong to that wait for an answer. */
export const OPEN = 'open'

export const openRequestKey = ({ person, roleId }: Pick<RoleRequest, 'person' | 'roleId'>): string =>
  `${identityOf(person)} ${roleId}`

/** Nobody waits for it any more. What waits for the same role by now, asked for meanwhile, stays. */
export async function closeOpenRequest(
  { openRequests, now }: { readonly openRequests: OpenRequests; readonly now: Now },
  key: string,
  id: string,
): Promise<void> {
  const expiresAt = new Date(now().getTime() + REQUEST_SECONDS * 1000)
  await openRequests.update(key, (open) =>
    open.id === id
      ? { next: null, answer: undefined }
      : { next: open, answer: undefined, keep: { expiresAt, owner: OPEN } },
  )
}
