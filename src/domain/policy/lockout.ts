import { standingOf, type Staff } from '../admin/standing.ts'
import type { RuleIndex } from '../entitlement/compile.ts'
import { holdingsOf } from '../entitlement/decide.ts'
import { WHENEVER } from './people.ts'
import type { Principal } from '../sign-in/principal.ts'

/** The latest: whoever has not come for weeks is no sign of a lockout, and what they hold costs two decisions. */
const MOST_DECIDED = 500

/** What decides before a change, or after it. */
type Side = { readonly index: RuleIndex; readonly staff: Staff }

/**
 * What a change takes from people who signed in lately, the latest first, where it takes everything (ux.md, Reload): a line each, with no names. It warns,
 * and stops nothing: to remove somebody, or all of them, may be what is meant (threats.md R8).
 */
export function lockoutBy(before: Side, after: Side, people: readonly Principal[]): readonly string[] {
  const had = people.slice(0, MOST_DECIDED).filter((person) => holdsAny(before, person))
  const lost = had.filter((person) => !holdsAny(after, person))
  const isOperatorIn =
    ({ staff }: Side) =>
    (person: Principal) =>
      standingOf(staff, person) === 'operator'
  const operators = people.filter(isOperatorIn(before))
  return [
    ...(lost.length === 0 ? [] : [`${lost.length} of ${had.length} people who signed in lately lose every role`]),
    ...(operators.length === 0 || people.some(isOperatorIn(after))
      ? []
      : [`no operator is left among the people who signed in lately; ${operators.length} of them were`]),
  ]
}

const holdsAny = ({ index }: Side, person: Principal): boolean => holdingsOf(index, person, WHENEVER).length > 0
