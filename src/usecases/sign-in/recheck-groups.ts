import type { RequestFacts } from '../../domain/audit/facts.ts'
import { asRolegateError, type RolegateError } from '../../domain/errors.ts'
import { changeIn, GROUPS_CHANGED, groupsChanged, groupsUnread } from '../../domain/sign-in/groups-again.ts'
import { oldGroups, signInOf, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Now } from '../ports.ts'
import type { LookAgain } from '../ports/identity-provider.ts'
import type { EndSignIn } from './end-sign-in.ts'
import type { LastWords } from './last-words.ts'
import type { LeftAlone, Person } from './left-alone.ts'
import { keepLatest, type Moment, type TwoClocks } from './two-clocks.ts'

/** `idps[].recheck` of one IdP. */
export type Recheck = {
  readonly everySeconds: number
  /** What becomes of a hand-over when the directory does not tell; where it said last that their groups are others, it is refused in any case. */
  readonly else: 'fail' | 'warn'
  readonly lookAgain: LookAgain
}

/** What came of one hand-over's question. */
export type RecheckOutcome = 'same' | 'changed' | 'unanswered'

/**
 * Returns when somebody's groups are what they were at their sign-in, as far as their IdP's `recheck` asks. Fails with `sign_in_required`
 * when they are others, and that sign-in is over by then; with `idp_unavailable` when the directory does not tell.
 */
export type RecheckGroups = (
  session: GatewaySession,
  request: RequestFacts,
  /** Whoever asks gives up after a second. */
  how?: { readonly isHurried?: boolean },
) => Promise<void>

/** `isOurs`: the directory was not asked, for want of a place. */
type Verdict = 'same' | 'changed' | { readonly unread: RolegateError; readonly isOurs?: boolean }
/** One question, whoever waits for its answer, and whether it has its place at the directory yet. */
type Question = { readonly verdict: Promise<Verdict>; readonly place: Place }
type Place = { isTaken: boolean; onTaken: Set<() => void> }
export type InTurn = <Out>(person: Person, ask: () => Promise<Out>) => Promise<Out>
export type Later = (ms: number, run: () => void) => { cancel(): void }

/** What comes later is for the next try. A queue of our own making says nothing about the directory, so its slowness begins with the place. */
const PATIENCE_FOR_PLACE_MS = 10_000
const PATIENCE_MS = 4_000
/** For both. */
const HURRIED_PATIENCE_MS = 700
/** Of as many sign-ins it is known here when they were checked; of one more than that, the oldest is asked once more. */
const MOST_REMEMBERED = 50_000

/**
 * Groups are as old as the sign-in (threats.md I7). Where an IdP has `recheck`, its directory is asked again before anything is
 * handed over on groups that it told longer ago than that. A session is never changed in place: another list ends the sign-in, so
 * nobody gains by being asked about, and nobody goes on with what they have lost.
 */
export function makeRecheckGroups(deps: {
  /** By the id of the IdP. */
  rechecks: ReadonlyMap<string, Recheck>
  endSignIn: EndSignIn
  lastWords: LastWords
  leftAlone: LeftAlone
  /** Waits until the IdP's directory has a place for one more question, and one about this person; `idp_unavailable` where that takes too long. */
  inTurn: InTurn
  /** When each sign-in's groups were last found to be the same, by this process. */
  checkedAt: Map<string, Moment>
  clocks: TwoClocks
  onRecheck: (idp: string, outcome: RecheckOutcome) => void
  now: Now
  later: Later
}): RecheckGroups {
  const underway = new Map<string, Question>()

  async function ask(
    session: GatewaySession,
    request: RequestFacts,
    { lookAgain }: Recheck,
    directoryId: string,
    place: Place,
  ): Promise<Verdict> {
    const { idp, groups: stated } = session.principal
    const askedAt = deps.clocks.moment()
    const person = { idp, directoryId }
    const look = () =>
      deps.leftAlone.through(
        person,
        async () => {
          const said = await lookAgain(directoryId)
          deps.lastWords.note(person, said)
          return said
        },
        (told) => told === undefined || (told.length === 0 && stated.names.length > 0),
      )
    const isSame = (told: readonly string[] | undefined) =>
      told !== undefined && changeIn(stated.names, told) === undefined
    let told: readonly string[] | undefined
    try {
      deps.leftAlone.requireAskable(person)
    } catch (thrown) {
      return { unread: asRolegateError(thrown) }
    }
    try {
      told = await deps.inTurn(person, async () => {
        take(place)
        const first = await look()
        // What comes once may be a slip; by one word of it nobody is signed out.
        return isSame(first) ? first : look()
      })
    } catch (thrown) {
      return { unread: asRolegateError(thrown), isOurs: !place.isTaken }
    }
    const change = told && changeIn(stated.names, told)
    if (told !== undefined && change === undefined) {
      // As of when it was asked: what it told may have been older than its answer.
      keepLatest(deps.checkedAt, MOST_REMEMBERED, signInOf(session), askedAt)
      deps.onRecheck(idp, 'same')
      return 'same'
    }
    deps.onRecheck(idp, 'changed')
    await deps.endSignIn(session, request, {
      reason: told === undefined ? 'not_in_directory' : GROUPS_CHANGED,
      ...change,
    })
    return 'changed'
  }

  /** One question of a sign-in at a time, whoever of it waits, and whether they still do. */
  function asking(signIn: string, begin: (place: Place) => Promise<Verdict>): Question {
    const known = underway.get(signIn)
    if (known !== undefined) return known
    const place: Place = { isTaken: false, onTaken: new Set() }
    const begun = { verdict: begin(place).finally(() => underway.delete(signIn)), place }
    underway.set(signIn, begun)
    return begun
  }

  function patiently({ verdict, place }: Question, idp: string, isHurried: boolean): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const giveUpAfter = (ms: number) =>
        deps.later(ms, () => resolve(place.isTaken ? { unread: slow(idp) } : { unread: noPlace(idp), isOurs: true }))
      const beginAnew = () => {
        giveUp.cancel()
        giveUp = giveUpAfter(PATIENCE_MS)
      }
      let giveUp = giveUpAfter(isHurried ? HURRIED_PATIENCE_MS : place.isTaken ? PATIENCE_MS : PATIENCE_FOR_PLACE_MS)
      if (!isHurried && !place.isTaken) place.onTaken.add(beginAnew)
      // What fails when nobody waits any more has told of itself: the store, or the audit log.
      void verdict.then(resolve, reject).finally(() => giveUp.cancel())
    })
  }

  return async function recheckGroups(session, request, { isHurried = false } = {}) {
    const { principal, directoryId, signedInAt } = session
    const { idp } = principal
    // An entry of `workloads` may have an IdP's name.
    const recheck = principal.workload === true ? undefined : deps.rechecks.get(idp)
    if (recheck === undefined) return
    const signIn = signInOf(session)
    const checkedAt = deps.checkedAt.get(signIn)
    const age =
      checkedAt === undefined
        ? (deps.now().getTime() - signedInAt.getTime()) / 1000
        : deps.clocks.secondsSince(checkedAt)
    if (age <= recheck.everySeconds) return
    // A claim told them, before there was a recheck: there is nothing to compare with.
    if (directoryId === undefined) throw oldGroups()
    const verdict = await patiently(
      asking(signIn, (place) => ask(session, request, recheck, directoryId, place)),
      idp,
      isHurried,
    )
    if (verdict === 'same') return
    if (verdict === 'changed') throw groupsChanged()
    deps.onRecheck(idp, 'unanswered')
    // What `warn` gives on is a directory that does not tell, and this one was not asked: of a queue that is long anybody could be the cause (threats.md I7).
    if (recheck.else === 'fail' || verdict.isOurs === true) throw verdict.unread
    // What is not believed yet, or was not said twice, ends nothing; and nothing is given against it (threats.md I7).
    if (deps.lastWords.contradict({ idp, directoryId }, session)) throw toldOtherwise(idp, verdict.unread)
  }
}

function take(place: Place): void {
  place.isTaken = true
  for (const tell of place.onTaken) tell()
  place.onTaken.clear()
}

/** Also of whom the gate itself has no room to let wait. */
export const noPlace = (idp: string) => groupsUnread(idp, 5, 'directory:too_many_at_once')
const slow = (idp: string) => groupsUnread(idp, 2, 'directory:slow')
const toldOtherwise = (idp: string, unread: RolegateError) =>
  groupsUnread(idp, Number(unread.values['retryAfterSeconds'] ?? 2), 'directory:told_otherwise', unread)
