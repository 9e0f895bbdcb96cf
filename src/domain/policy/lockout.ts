import { standingOf, type Staff } from '../admin/standing.ts'
import type { RuleIndex } from '../entitlement/compile.ts'
import { holdingsOf } from '../entitlement/decide.ts'
import { WHENEVER } from './people.ts'
import type { Principal } from '../sign-in/principal.ts'

/**
 * Only the latest to sign in: people who have not come for weeks are no sign of a lockout, and each costs two
 * decisions.
 */
const MOST_DECIDED = 500

/** What decides before a change, or after it. */
export type Side = { readonly index: RuleIndex; readonly staff: Staff }

export type Lockout = {
  /** A line each, with no names. */
  readonly said: readonly string[]
  /**
   * The gateway loses all its operators: none is named any more, or of several who came lately none is one still. False
   * if only one came lately: that may be the very person who has to go.
   */
  readonly ofAllOperators: boolean
}

/**
 * Who, of the people who signed in lately, loses everything by a change (ux.md, Reload). Removing people, even all who
 * have roles, may be intended, and is warned of; removing every operator has to be confirmed (threats.md R8).
 */
export function lockoutBy(before: Side, after: Side, people: readonly Principal[]): Lockout {
  const had = people.slice(0, MOST_DECIDED).filter((person) => holdsAny(before, person))
  const lost = had.filter((person) => !holdsAny(after, person))
  const isOperatorIn =
    ({ staff }: Side) =>
    (person: Principal) =>
      standingOf(staff, person) === 'operator'
  const operators = people.filter(isOperatorIn(before))
  const isNobodyNamed = before.staff.operators.length > 0 && after.staff.operators.length === 0
  const isNobodyLeft = operators.length > 0 && !people.some(isOperatorIn(after))
  return {
    said: [
      ...(lost.length === 0 ? [] : [`${lost.length} of ${had.length} people who signed in lately lose every role`]),
      ...(isNobodyNamed ? ['no operator is named any more'] : []),
      ...(isNobodyLeft
        ? [`no operator is left among the people who signed in lately; ${operators.length} of them were`]
        : []),
    ],
    ofAllOperators: isNobodyNamed || (isNobodyLeft && operators.length > 1),
  }
}

const holdsAny = ({ index }: Side, person: Principal): boolean => holdingsOf(index, person, WHENEVER).length > 0
