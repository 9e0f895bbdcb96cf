import { standingOf, type Staff } from '../admin/standing.ts'
import type { RuleIndex } from '../entitlement/compile.ts'
import { holdingsOf } from '../entitlement/decide.ts'
import { WHENEVER } from './people.ts'
import type { Principal } from '../sign-in/principal.ts'

/** The latest: whoever has not come for weeks is no sign of a lockout, and what they hold costs two decisions. */
const MOST_DECIDED = 500

/** What decides before a change, or after it. */
export type Side = { readonly index: RuleIndex; readonly staff: Staff }

export type Lockout = {
  /** A line each, with no names. */
  readonly said: readonly string[]
  /**
   * Nobody is left to see to the gateway: no operator is named any more, or none of several who came lately is one. Where only one of them came, it is
   * not: whoever signed in last may be who has to go.
   */
  readonly ofAllOperators: boolean
}

/**
 * What a change takes from people who signed in lately, the latest first, where it takes everything (ux.md, Reload). To remove somebody, or all of those who
 * have roles, may be what is meant, and is warned of; to remove every operator has to be meant aloud (threats.md R8).
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
