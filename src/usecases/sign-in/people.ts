import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { Digest } from '../ports.ts'
import type { KnownPerson, People } from '../ports/tables.ts'

/** What all of them are kept under. */
const EVERYBODY = 'people'
/** Ninety days: longer than a holiday, shorter than the audit trail. */
const REMEMBERED_MS = 90 * 86_400_000

export type RememberPerson = (principal: Principal, seenAt: Date) => Promise<void>

/** Keeps who signed in, as their IdP stated them this time, but for their key across IdPs, which nobody reads here (threats.md I3). */
export const makeRememberPerson =
  (deps: { people: Pick<People, 'put'>; digest: Digest }): RememberPerson =>
  async (stated, seenAt) => {
    const { personKey: _, ...principal } = stated
    const expiresAt = new Date(seenAt.getTime() + REMEMBERED_MS)
    await deps.people.put(deps.digest(identityOf(principal)), { principal, seenAt }, { owner: EVERYBODY, expiresAt })
  }

/** Everybody who signed in lately, the latest first. */
export async function peopleIn(people: Pick<People, 'listByOwner'>): Promise<readonly KnownPerson[]> {
  const known = await people.listByOwner(EVERYBODY)
  return known.toSorted((one, other) => other.seenAt.getTime() - one.seenAt.getTime())
}
