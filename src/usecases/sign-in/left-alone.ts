import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import { groupsUnread, isOfEverybody } from '../../domain/sign-in/groups-again.ts'
import { keepLatest, type Moment, type TwoClocks } from './two-clocks.ts'

/** Longer than this nothing is left alone, whatever the directory says; and for so long where it does not say. */
const MOST_SECONDS = 30
const USUAL_SECONDS = 10
/** Of so many people one after the other nothing was told, and of nobody in between: then it is not theirs alone. */
const SEVERAL = 3
/** Of more people within a minute a directory is not believed that nothing is left of them. */
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
   * What the directory tells of them; or `idp_unavailable`, and it is left alone for a while. `leavesNothing`: the answer would end a sign-in by saying
   * nothing, as wrong answers do, and is not believed of many at once.
   */
  through<Told>(person: Person, ask: () => Promise<Told>, leavesNothing?: (told: Told) => boolean): Promise<Told>
  /** The IdPs whose directory told nothing of several people, or will not be asked by us at all, and has told nothing since; or says of too many that they are gone. */
  down(): readonly string[]
}

/** Of the first few whom it told nothing of since it last told something; and when it was last not believed, since it was down. */
type Silence = { readonly silent: Set<string>; readonly untold: Set<string>; isDown: boolean; disbelievedAt?: Moment }

/**
 * A directory that fails is not asked at each hand-over. What fails for one person leaves that one's question alone, however it failed,
 * or somebody could switch the recheck off for all, or hold all up, by what is in their own hands; their several sign-ins are one here. Nobody of its
 * IdP is asked about where it throttles us, gives us no token, or was silent to several people.
 */
export function makeLeftAlone(deps: {
  clocks: TwoClocks
  /** It told nothing. `isDown`: not of several people either. */
  onFailure: (idp: string, failed: RolegateError, isDown: boolean) => void
  /** It tells again, after it was down. */
  onToldAgain: (idp: string) => void
}): LeftAlone {
  /** By a person, or by an IdP: whose question is left alone. */
  const rests = new Map<string, { readonly since: Moment; readonly seconds: number }>()
  const silences = new Map<string, Silence>()
  /** At each IdP: of whom it was believed that nothing is left, and since when. */
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

  /** Ten a minute. Whoever is not believed takes up nothing, or many who ask again and again would keep each other from ever being believed. */
  function requireBelieved({ idp, directoryId }: Person): void {
    const people = goneLately(idp)
    if (people.has(directoryId)) return
    if (people.size >= MOST_GONE) throw tooManyGone()
    people.set(directoryId, deps.clocks.moment())
  }

  function told(person: Person): void {
    rests.delete(nameOf(person))
    // Of what was asked before it was left alone, the answers are no news.
    if (secondsLeft(person.idp) > 0) return
    const silence = silences.get(person.idp)
    silence?.silent.clear()
    silence?.untold.clear()
    // Others whom it tells of as ever are no sign that it was right about those whom it says are gone, or that it has stopped.
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
