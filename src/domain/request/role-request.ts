import { LEAST_SECONDS, printDuration } from '../entitlement/duration.ts'
import type { Approval } from '../entitlement/requirement.ts'
import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'

/** Nobody answers within a day: it is over. */
export const REQUEST_SECONDS = 86_400
/** How many of one person's may wait for an answer at once. */
export const MOST_WAITING = 20
/** How long a request that is over is shown to those whom it concerned. */
export const SHOWN_SECONDS = 7 * 86_400
/** What somebody took back concerns nobody, and a script that asks and takes back must not fill what each list of theirs reads. */
const WITHDRAWN_SHOWN_SECONDS = 3_600
/**
 * The shortest approval. AWS lends for 15 minutes at the least, and no session outlasts its approval: a shorter one would be over before
 * anybody had clicked, and this one leaves as long again.
 */
export const LEAST_APPROVAL_SECONDS = 2 * LEAST_SECONDS
/** Longer than any is good for: whoever asks for more means something else. */
export const MOST_APPROVAL_SECONDS = 86_400
/** How often a terminal asks whether somebody has answered. */
export const REQUEST_INTERVAL_SECONDS = 5

/** Who somebody was when they asked or answered: identity is the issuer, the subject and the claim it was read from (threats.md I2). */
export type Person = Pick<Principal, 'idp' | 'issuer' | 'subject' | 'subjectClaim' | 'username' | 'email' | 'personKey'>

/** One person's wish for one role that takes an approval. It opens nothing: granted, it meets a condition of a grant for a time. */
export type RoleRequest = Wish & State

type Wish = {
  /** Names it in addresses and records. */
  readonly id: string
  readonly person: Person
  /** `alias/role`, and what that meant when it was asked for: `roleIdOf` (threats.md R1, R2). */
  readonly role: string
  readonly roleId: string
  /** What asks for an approval: `Approval.of`. Whose word counts is for the configuration in force to say, each time. */
  readonly wanted: readonly string[]
  /** The grant it is for, and by which of their groups. */
  readonly via: { readonly rule: string; readonly group: string | null }
  readonly reason: string
  readonly seconds: number
  readonly askedAt: Date
  readonly expiresAt: Date
}

/** `asking`, `approving`: asked for, or somebody's word is given, and not on record yet. */
type State =
  | { readonly status: 'asking' }
  | { readonly status: 'asked' }
  | (Granted & { readonly status: 'approving' })
  | (Granted & { readonly status: 'approved' })
  | (Answer & { readonly status: 'denied' })
  | { readonly status: 'cancelled'; readonly endedAt: Date }
  /** Given back, or taken back, before its time was over. */
  | (Granted & { readonly status: 'ended'; readonly endedAt: Date; readonly endedBy: Person })

/** What only the server writes: who answered, when, and what they were asked as. */
export type Answer = {
  readonly answeredBy: Person
  /** Of their groups those for which they could. */
  readonly groups: readonly string[]
  readonly answeredAt: Date
  readonly note?: string
}

/** A request that somebody gave a word on, or was about to: whether they did stands in the request. */
export type AnsweredRequest = { readonly id: string; readonly answeredAt: Date }

type Granted = Answer & {
  readonly grantedSeconds: number
  /** All groups of the approver's as they approved: a deny that comes later may read others than those for which they could (threats.md R8). */
  readonly allGroups: readonly string[]
  /** The fresh sign-in it used up: of an elevated role alone (threats.md H8). */
  readonly stepUp?: string
}
export type Approved = Wish & Granted & { readonly status: 'approved' }

export const REQUEST_DATES = ['askedAt', 'expiresAt', 'answeredAt', 'endedAt'] as const

/** How it stands, by the clock: nobody has to write that it expired, or that its time is over. */
export type RequestStanding = 'asked' | 'approved' | 'denied' | 'cancelled' | 'expired' | 'ended'

/** What it is worth now, by the rules in force as well: `worthOf`. */
export type Worth = {
  /** `moot` is what waits for an answer that nobody can give any more; `void` what was approved and counts no more, though its time is not over. */
  readonly standing: RequestStanding | 'moot' | 'void'
  /** Until when what was approved counts. */
  readonly until?: Date
  /** Why it is moot, or void. */
  readonly because?: RolegateError
}
export type Weighed = Worth & { readonly request: RoleRequest }

export function standingOf(request: RoleRequest, now: Date): RequestStanding {
  switch (request.status) {
    case 'asking':
    case 'asked':
    // Until it is on record it has not happened.
    case 'approving':
      return now < request.expiresAt ? 'asked' : 'expired'
    case 'approved':
      return now < approvedUntil(request) ? 'approved' : 'ended'
    case 'denied':
    case 'cancelled':
    case 'ended':
      return request.status
  }
}

/** Whether it is granted, and its time not over. */
export const isApproved = (request: RoleRequest, now: Date): request is Approved =>
  request.status === 'approved' && standingOf(request, now) === 'approved'

/** When what was granted is over by itself, unless the file has come to say less. */
export const approvedUntil = ({ answeredAt, grantedSeconds }: Granted): Date =>
  new Date(answeredAt.getTime() + grantedSeconds * 1000)

/** Which word of whose: a second of the same person is another, for another time. */
type Word = Pick<Answer, 'answeredBy' | 'answeredAt'>

/** What somebody did to it, as the server saw it. */
export type Step =
  | {
      readonly kind: 'approve'
      readonly answer: Answer
      readonly allGroups: readonly string[]
      readonly seconds: number
      readonly stepUp?: string
    }
  /** What was asked is on record. */
  | { readonly kind: 'asked' }
  /** The word that was given is on record; or could not be, and then it was never given. */
  | { readonly kind: 'recorded' | 'unrecorded'; readonly word: Word }
  | { readonly kind: 'deny'; readonly answer: Answer }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'end'; readonly by: Person }

/** The request after this step; undefined where there is no such step from here. */
export function afterStep(request: RoleRequest, step: Step, now: Date): RoleRequest | undefined {
  const standing = standingOf(request, now)
  // A record that took until it expired is too late.
  const isThis = ({ answeredBy, answeredAt }: Word) =>
    request.status === 'approving' &&
    standing === 'asked' &&
    isSame(request.answeredBy, answeredBy) &&
    request.answeredAt.getTime() === answeredAt.getTime()
  switch (step.kind) {
    case 'asked':
      return request.status === 'asking' && standing === 'asked' ? { ...request, status: 'asked' } : undefined
    case 'approve':
      return isOpen(request, now)
        ? {
            ...wishOf(request),
            ...step.answer,
            status: 'approving',
            allGroups: step.allGroups,
            grantedSeconds: step.seconds,
            ...(step.stepUp !== undefined && { stepUp: step.stepUp }),
          }
        : undefined
    case 'recorded':
      return request.status === 'approving' && isThis(step.word) ? { ...request, status: 'approved' } : undefined
    case 'unrecorded':
      return isThis(step.word) ? { ...wishOf(request), status: 'asked' } : undefined
    case 'deny':
      // A no, and a change of mind, count even between somebody's yes and its record.
      return standing === 'asked' && request.status !== 'asking'
        ? { ...wishOf(request), ...step.answer, status: 'denied' }
        : undefined
    case 'cancel':
      return standing === 'asked' ? { ...wishOf(request), status: 'cancelled', endedAt: now } : undefined
    case 'end':
      return request.status === 'approved' && standing === 'approved'
        ? { ...request, status: 'ended', endedAt: now, endedBy: step.by }
        : undefined
  }
}

/** Whether it waits for a yes, and nobody's is under way. */
export const isOpen = (request: RoleRequest, now: Date): boolean =>
  standingOf(request, now) === 'asked' && (request.status === 'asked' || isLeftBehind(request, now))

/** A word that a crash, or a store that went away, has kept from its record: after a minute anybody may give theirs anew. */
const isLeftBehind = (request: RoleRequest, now: Date): boolean =>
  request.status === 'approving' && now.getTime() - request.answeredAt.getTime() > RECORD_SECONDS * 1000

/** The same of what was asked: its person may ask anew. */
export const isUnrecorded = (request: RoleRequest, now: Date): boolean =>
  request.status === 'asking' && now.getTime() - request.askedAt.getTime() > RECORD_SECONDS * 1000

const RECORD_SECONDS = 60

function wishOf(request: RoleRequest): Wish {
  const { id, person, role, roleId, wanted, via, reason, seconds, askedAt, expiresAt } = request
  return { id, person, role, roleId, wanted, via, reason, seconds, askedAt, expiresAt }
}

/** How long the store keeps it: for as long as it may count, and a while longer to be looked at. */
export function keptUntil(request: RoleRequest): Date {
  if (request.status === 'cancelled') return new Date(request.endedAt.getTime() + WITHDRAWN_SHOWN_SECONDS * 1000)
  const counts = 'grantedSeconds' in request ? approvedUntil(request).getTime() : 0
  return new Date(Math.max(request.expiresAt.getTime(), counts) + SHOWN_SECONDS * 1000)
}

/** The same of a row that names a request about to be answered: as long as that can be kept, whatever the answer is. */
export const answerKeptUntil = (request: RoleRequest, grantedSeconds: number): Date =>
  new Date(keptUntil(request).getTime() + grantedSeconds * 1000)

/** For how long one may ask: as long as every approval that is wanted is good for. */
export const mostSecondsOf = (wanted: readonly Pick<Approval, 'validSeconds'>[]): number =>
  Math.min(...wanted.map(({ validSeconds }) => validSeconds))

/** A wish, or a word on it, cut to what there is to give. Fails where AWS would lend nothing under it (threats.md H4). */
export function grantableSeconds(asked: number | undefined, most: number): number {
  const seconds = Math.min(asked ?? most, most)
  if (seconds >= LEAST_APPROVAL_SECONDS) return seconds
  throw new RolegateError('invalid_request', { field: 'seconds', leastApproval: printDuration(LEAST_APPROVAL_SECONDS) })
}

export const personIn = ({ idp, issuer, subject, subjectClaim, username, email, personKey }: Principal): Person => ({
  idp,
  issuer,
  subject,
  subjectClaim,
  username,
  ...(email !== undefined && { email }),
  ...(personKey !== undefined && { personKey }),
})

type Identity = Pick<Principal, 'issuer' | 'subject' | 'subjectClaim'>

/** The same person, as an IdP vouches. */
const isSame = (one: Identity, other: Identity): boolean =>
  one.issuer === other.issuer && one.subject === other.subject && one.subjectClaim === other.subjectClaim

/** Whether it was this person who answered it, and that is on record. */
export const isAnsweredBy = (request: RoleRequest, principal: Principal): boolean =>
  'answeredBy' in request && request.status !== 'approving' && isSame(request.answeredBy, principal)

/** A job asks for nothing, and nothing is its own (threats.md R3). */
export const isOwn = ({ person }: Pick<Wish, 'person'>, principal: Principal): boolean =>
  principal.workload !== true && isSame(person, principal)
