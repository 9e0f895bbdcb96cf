import { lockoutBy, type Lockout, type Side } from '../../domain/policy/lockout.ts'
import type { People } from '../ports/tables.ts'
import { peopleIn } from '../sign-in/people.ts'

export type FindLockout = (before: Side, after: Side) => Promise<Lockout>

/**
 * Whom a change locks out, of those who came lately. That the store does not say who they are holds nothing back, a deny least of all: only where other
 * operators are named would it let a misspelt group through, and this fails as the store did (threats.md R8).
 */
export const makeFindLockout =
  (deps: { people: Pick<People, 'listByOwner'> }): FindLockout =>
  async (before, after) => {
    const people = await peopleIn(deps.people).catch((thrown: unknown) => {
      if (areOthers(before, after)) throw thrown
      return []
    })
    return lockoutBy(
      before,
      after,
      people.map(({ principal }) => principal),
    )
  }

const areOthers = (before: Side, after: Side): boolean =>
  before.staff.operators.length > 0 && JSON.stringify(before.staff.operators) !== JSON.stringify(after.staff.operators)
