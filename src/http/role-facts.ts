import type { Entitlement } from '../domain/entitlement/decide.ts'
import { durationChoices, durationOf, printDuration } from '../domain/entitlement/duration.ts'
import { printUntil } from '../domain/entitlement/until.ts'
import { LEAST_APPROVAL_SECONDS } from '../domain/request/role-request.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { Length } from './models/cards.ts'
import type { Pages } from './pages.ts'

/** How long a role may be taken for, as the forms offer it. */
export function durationsOf(
  entitlement: Entitlement,
  session: GatewaySession,
  now: Date,
): Pick<Pages['role'], 'durations' | 'cap'> {
  const { usual } = entitlement.target.kind
  const named = usual !== undefined && 'until' in usual ? usual : undefined
  const chosen = durationOf(entitlement, {}, session, now).seconds
  const lengths = durationChoices(entitlement, session, now)
  // What ends in the middle of a minute is offered up to the minute before.
  const first = Math.min(chosen, lengths.at(-1) ?? chosen)
  const choices = lengths.map((seconds) => ({
    seconds,
    label: printDuration(seconds),
    selected: named === undefined && seconds === first,
  }))
  return {
    durations:
      named === undefined
        ? choices
        : [{ label: `${printUntil(named.until)} (${named.timeZone})`, selected: true }, ...choices],
    cap: capSentence(entitlement, session, now),
  }
}

/** What binds, in words, before the click (product.md). */
function capSentence(entitlement: Entitlement, session: GatewaySession, now: Date): string {
  const { limitedBy, seconds } = durationOf(entitlement, { seconds: Number.MAX_SAFE_INTEGER }, session, now)
  const most = printDuration(seconds - (seconds % 60))
  if (limitedBy === 'sign-in') return `At most ${most}: your sign-in ends then.`
  if (limitedBy === 'approval') return `At most ${most}: its approval ends then.`
  if (limitedBy === 'rule') return `At most ${most}, by rule ${entitlement.via[0]?.rule ?? ''}.`
  return `At most ${most}, the role’s own limit.`
}

const OFFERED_SECONDS = [LEAST_APPROVAL_SECONDS, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600]

/** Lengths of an approval: the usual ones, and the most there is, which is chosen unless somebody chooses otherwise. */
export const lengthsUpTo = (most: number): readonly Length[] =>
  [...OFFERED_SECONDS.filter((seconds) => seconds < most), most].map((seconds) => ({
    seconds,
    label: printDuration(seconds),
    selected: seconds === most,
  }))
