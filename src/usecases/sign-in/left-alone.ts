import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import { groupsUnread, isOfEverybody } from '../../domain/sign-in/groups-again.ts'
import { keepLatest, type Moment, type TwoClocks } from './two-clocks.ts'

/** The longest and the usual pause, in seconds: a directory may ask for its own, up to the longest. */
const MOST_SECONDS = 30
const USUAL_SECONDS = 10
/**
 * If the directory fails for this many people in a row and answers about nobody in between, the problem is not theirs.
 */
const SEVERAL = 3
/**
 * If a directory says of more people than this, within a minute, that they are gone or have no groups, it is not
 * believed.
 */
const MOST_GONE = 10
const GONE_SECONDS = 60
const MOST_REMEMBERED = 50_000

/** Whom a directory is asked about. */
export type Person = { readonly idp: string; readonly directoryId: string }

export const nameOf = ({ idp, directoryId }: Person): string => `${idp} ${directoryId}`

export type LeftAlone = {
  /** Throws `idp_unavailable` while the directory, or this person's question, is left alone. */
  requireAskable(person: Person): void
  /**
   * Asks the directory; on a failure throws `idp_unavailable`, and does not ask again for a while. `leavesNothing`:
   * true for answers that would end a sign-in by being empty. Faulty directories give those, so they are not believed
   * of many people at once.
   */
  through<Told>(person: Person, ask: () => Promise<Told>, leavesNothing?: (told: Told) => boolean): Promise<Told>
  /**
   * The IdPs whose directory is down: it failed for several people, refuses us altogether, or says of too many people
   * that they are gone; and it has not recovered since.
   */
  down(): readonly string[]
}

/**
 * Since a directory last answered: the first few people it was silent or failed about, whether it is down, and when its
 * word was last not believed.
 */
type Silence = { readonly silent: Set<string>; readonly untold: Set<string>; isDown: boolean; disbelievedAt?: Moment }

/**
 * Keeps a failing directory from being asked at each hand-over. A failure for one person pauses only that person's
 * question, however it failed (all their sign-ins count as one): otherwise somebody could switch the recheck off for
 * everybody, or hold everybody up, through their own account. The whole IdP is paused if it throttles us, gives us no
 * token, or was silent about several people.
 */
export function makeLeftAlone(deps: {
  clocks: TwoClocks
  /** The directory failed. `isDown`: for several people by now. */
  onFailure: (idp: string, failed: RolegateError, isDown: boolean) => void
  /** It tells again, after it was down. */
  onToldAgain: (idp: string) => void
}): LeftAlone {
  /** By person or IdP: whose questions are paused. */
  const rests = new Map<string, { readonly since: Moment; readonly seconds: number }>()
  const silences = new Map<string, Silence>()
  /** By IdP: the people whose empty answer was believed, and when. */
  const gone = new Map<string, Map<string, Moment>>()

  function secondsLeft(name: string): number {
    const rest = rests.get(name)
    return rest === undefined ? 0 : rest.seconds - deps.clocks.secondsSince(rest.since)
  }

  function requireAskable(person: Person): void {
    const seconds = Math.max(secondsLeft(person.idp), secondsLeft(nameOf(person)))
    if (seconds > 0) throw groupsUnread(person.idp, Math.ceil(seconds), 'directory:left_alone')
  }

  const isLately = (at: Moment) => deps.clocks.secondsSince(at) < GONE_SECONDS

  function goneLately(idp: string): Map<string, Moment> {
    const lately = new Map([...(gone.get(idp) ?? [])].filter(([, at]) => isLately(at)))
    gone.set(idp, lately)
    return lately
  }

  /**
   * Believes ten a minute. Answers that are not believed do not count, or many people asking again and again would keep
   * each other from ever being believed.
   */
  function requireBelieved({ idp, directoryId }: Person): void {
    const people = goneLately(idp)
    if (people.has(directoryId)) return
    if (people.size >= MOST_GONE) throw tooManyGone()
    people.set(directoryId, deps.clocks.moment())
  }

  function told(person: Person): void {
    rests.delete(nameOf(person))
    // Answers to questions asked before the pause began are no sign of recovery.
    if (secondsLeft(person.idp) > 0) return
    const silence = silences.get(person.idp)
    silence?.silent.clear()
    silence?.untold.clear()
    // Good answers about other people do not show that it was right about those it says are gone, nor that it has
    // stopped saying so.
    const disbelievedAt = silence?.disbelievedAt
    if (disbelievedAt && (isLately(disbelievedAt) || goneLately(person.idp).size > 0)) return
    silences.delete(person.idp)
    if (silence?.isDown === true) deps.onToldAgain(person.idp)
  }

  function toldNothing(person: Person, failed: RolegateError): RolegateError {
    const { idp, directoryId } = person
    const silence = silences.get(idp) ?? { silent: new Set(), untold: new Set(), isDown: false }
    silences.set(idp, silence)
    if (silence.untold.size < SEVERAL) silence.untold.add(directoryId)
    if (failed.code === 'idp_unavailable' && silence.silent.size < SEVERAL) silence.silent.add(directoryId)
    const isOfAll = isOfEverybody(failed) || silence.silent.size >= SEVERAL
    if (failed.reason === TOO_MANY_GONE) silence.disbelievedAt = deps.clocks.moment()
    silence.isDown ||= isOfAll || silence.disbelievedAt !== undefined || silence.untold.size >= SEVERAL
    const seconds = Math.min(Number(failed.values['retryAfterSeconds'] ?? USUAL_SECONDS), MOST_SECONDS)
    keepLatest(rests, MOST_REMEMBERED, isOfAll ? idp : nameOf(person), { since: deps.clocks.moment(), seconds })
    deps.onFailure(idp, failed, silence.isDown)
    return groupsUnread(idp, seconds, failed.reason ?? failed.code, failed)
  }

  return {
    requireAskable,
    async through(person, ask, leavesNothing = () => false) {
      requireAskable(person)
      try {
        const answer = await ask()
        if (leavesNothing(answer)) requireBelieved(person)
        told(person)
        return answer
      } catch (thrown) {
        throw toldNothing(person, asRolegateError(thrown))
      }
    },
    down: () => [...silences].flatMap(([idp, { isDown }]) => (isDown ? [idp] : [])),
  }
}

const TOO_MANY_GONE = 'directory:too_many_gone'
const tooManyGone = () => new RolegateError('groups_truncated', {}, { reason: TOO_MANY_GONE })
