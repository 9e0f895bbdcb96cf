import { lockoutBy, type Lockout, type Side } from '../../domain/policy/lockout.ts'
import type { People } from '../ports/tables.ts'
import { peopleIn } from '../sign-in/people.ts'

export type FindLockout = (before: Side, after: Side) => Promise<Lockout>

/**
 * Whom a change locks out, of those who came lately. If the store cannot be read, the change goes through, since it may
 * be an urgent deny. Only a change to the named operators fails then, since a misspelt group could lock all of them out
 * (threats.md R8).
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
