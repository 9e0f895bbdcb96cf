import type { ErrorValues } from '../domain/errors.ts'
import { OWN_REQUEST, PERSON_KEY_MISSING } from '../domain/request/same-person.ts'
import { conditionSentence } from './reasons.ts'

/** Why a request or an approval is worth nothing now, for whoever asked and for those who might have given it: neither need be who approved it. */
export function voidWhy({ condition, whose, claim, by }: ErrorValues): string {
  if (condition === OWN_REQUEST) return `${SAME.get(String(by)) ?? ''} Somebody else has to approve it.`
  if (condition === PERSON_KEY_MISSING)
    return `Whoever asks and whoever approves are told apart by “${String(claim)}”, and the sign-in of whoever ${whose === 'approver' ? 'approved it' : 'asked'} did not say it, or said several. They sign in again; then it is asked for anew.`
  return WORDS.get(String(condition)) ?? conditionSentence(String(condition))
}

const SAME = new Map([
  ['identity', 'Whoever approved it is known by the same identity as whoever asked.'],
  [
    'name',
    'Whoever approved it has the same user name or e-mail address as whoever asked, and may be the same person.',
  ],
  [
    'key',
    'Whoever approved it counts as the same person as whoever asked: what tells people apart is the same for both.',
  ],
])

const WORDS = new Map([
  [
    'approver_no_more',
    'Whoever approved it could not do so now: the rules name other approvers, or keep that person from the role, or their sign-ins were ended. It has to be asked for anew.',
  ],
  [
    'approved_without_step_up',
    'The role is an elevated one, and no fresh sign-in of whoever approved it is kept with it. It has to be asked for anew.',
  ],
])
