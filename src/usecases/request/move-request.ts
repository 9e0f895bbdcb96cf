import { afterStep, keptUntil, type RoleRequest, type Step } from '../../domain/request/role-request.ts'
import type { Digest, Now } from '../ports.ts'
import type { Requests } from '../ports/tables.ts'
import { requestsOwner } from './requests-of.ts'

/** The request after this step: exactly one of those who race moves it on. Undefined where there is no such step from where it stands. */
export async function moveRequest(
  { requests, digest, now }: { readonly requests: Requests; readonly digest: Digest; readonly now: Now },
  id: string,
  step: Step,
): Promise<RoleRequest | undefined> {
  return requests.update(id, (kept) => {
    const moved = afterStep(kept, step, now())
    const row = moved ?? kept
    const keep = { expiresAt: keptUntil(row), owner: requestsOwner(row.person, digest) }
    return { next: row, answer: moved, keep }
  })
}
