import type { ErrorValues } from '../domain/errors.ts'
import { unmetWords } from './conditions.ts'

type Words = { readonly why: string; readonly next: string }

/** `approver`: what else to do where it was to approve a role, and not to take one. */
const BECAUSE = new Map<string, Words & { readonly approver?: string }>([
  [
    'auth_time_missing',
    {
      why: 'Your identity provider let you in, but does not say when you last showed who you are (no auth_time, or 0). Then nobody can tell a fresh sign-in from one of this morning.',
      next: 'Ask for auth_time to be added to this application’s ID tokens. Until then, roles like this one are given to nobody of your identity provider.',
      approver:
        'Ask for auth_time to be added to this application’s ID tokens. Until then, nobody of your identity provider can approve roles like this one.',
    },
  ],
  [
    'auth_time_stale',
    {
      why: 'Your identity provider let you in without asking you anew: it says you signed in before this was started. Some ignore the request for a fresh sign-in; or its clock is behind.',
      next: 'Sign out at your identity provider and start again. If it stays, ask for its clock, and for how it treats prompt=login and ForceAuthn, to be looked at.',
    },
  ],
  [
    'no_second_factor',
    {
      why: 'Your identity provider asked you anew, but not for a second factor, as far as it says.',
      next: 'Start again and use your second factor. If you were not asked for one, have it required for this application.',
    },
  ],
  [
    'gone',
    {
      why: 'That confirmation was used already, has expired, or is another person’s. It is good once, for five minutes.',
      next: 'Start again: from the role’s page, or by the command in your terminal.',
      approver: 'Start again from the request’s page.',
    },
  ],
  [
    'denied',
    { why: 'It was refused in the browser. Nothing was given.', next: 'If that was a mistake, run the command again.' },
  ],
])

const ASK: Words = {
  why: 'Each use of this role takes a fresh sign-in of its own.',
  next: 'Start it on the role’s page.',
}
const ASK_APPROVER: Words = {
  why: 'The role is elevated: each approval of it takes a fresh sign-in of its own.',
  next: 'Start it on the request’s page.',
}
const ASK_TERMINAL: Words = { ...ASK, next: 'Confirm in your browser. Your terminal goes on by itself.' }

/** Why a fresh sign-in is needed, or was none, and what to do. */
export function stepUpWords(values: ErrorValues): Words {
  const { why, confirm, approval } = values
  const known = BECAUSE.get(String(why))
  if (known !== undefined) return approval === undefined ? known : { ...known, next: known.approver ?? known.next }
  const unmet = unmetWords(values)
  if (unmet !== undefined) return confirm === undefined ? unmet : { ...unmet, next: ASK_TERMINAL.next }
  if (approval !== undefined) return ASK_APPROVER
  return confirm === undefined ? ASK : ASK_TERMINAL
}
