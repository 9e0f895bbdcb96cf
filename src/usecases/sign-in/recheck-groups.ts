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
  /**
   * What happens to a hand-over when the directory does not answer. If it last said that the person's groups are
   * others, the hand-over is refused in any case.
   */
  readonly else: 'fail' | 'warn'
  readonly lookAgain: LookAgain
}

/** What came of one hand-over's question. */
export type RecheckOutcome = 'same' | 'changed' | 'unanswered'

/**
 * Returns if somebody's groups are what they were at their sign-in, asking their directory as often as the IdP's
 * `recheck` says. Fails with `sign_in_required` if they changed, and has ended that sign-in by then; with
 * `idp_unavailable` if the directory does not answer.
 */
export type RecheckGroups = (
  session: GatewaySession,
  request: RequestFacts,
  /** The caller gives up after a second. */
  how?: { readonly isHurried?: boolean },
) => Promise<void>

/** `isOurs`: the directory was not asked, since our own queue for it was full. */
type Verdict = 'same' | 'changed' | { readonly unread: RolegateError; readonly isOurs?: boolean }
/** One question to the directory, shared by all who wait for its answer, and whether it has left our queue yet. */
type Question = { readonly verdict: Promise<Verdict>; readonly place: Place }
type Place = { isTaken: boolean; onTaken: Set<() => void> }
export type InTurn = <Out>(person: Person, ask: () => Promise<Out>) => Promise<Out>
export type Later = (ms: number, run: () => void) => { cancel(): void }

/**
 * How long a hand-over waits: for a place in our queue, then for the directory. A later answer helps the next try. Time
 * in our own queue says nothing about the directory, so the second wait begins when the first ends.
 */
const PATIENCE_FOR_PLACE_MS = 10_000
const PATIENCE_MS = 4_000
/** Both together, for a caller in a hurry. */
const HURRIED_PATIENCE_MS = 700
/**
 * For this many sign-ins we remember when they were checked; beyond that, the one checked longest ago is forgotten and
 * asked again.
 */
const MOST_REMEMBERED = 50_000

/**
 * Groups are as old as the sign-in (threats.md I7). If the IdP has `recheck`, its directory is asked again before a
 * hand-over whenever the last answer is older than that. A session is never changed in place: other groups end the
 * sign-in, so that nobody gains a role by being asked about, and nobody keeps one they lost.
 */
export function makeRecheckGroups(deps: {
  /** By the id of the IdP. */
  rechecks: ReadonlyMap<string, Recheck>
  endSignIn: EndSignIn
  lastWords: LastWords
  leftAlone: LeftAlone
  /**
   * Waits for a place in the queue of this IdP's directory and this person; fails with `idp_unavailable` if that takes
   * too long.
   */
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
        // A different answer may be a slip: it is asked twice before anybody is signed out.
        return isSame(first) ? first : look()
      })
    } catch (thrown) {
      return { unread: asRolegateError(thrown), isOurs: !place.isTaken }
    }
    const change = told && changeIn(stated.names, told)
    if (told !== undefined && change === undefined) {
      // Counted from when it was asked: the answer may be no newer than that.
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

  /** One question at a time for each sign-in, shared by all who wait, and running on if nobody does. */
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
      // A failure after everybody has given up is not lost: the store or the audit log reports it itself.
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
    // These groups came from a claim, before `recheck` was configured: there is nothing to compare with.
    if (directoryId === undefined) throw oldGroups()
    const verdict = await patiently(
      asking(signIn, (place) => ask(session, request, recheck, directoryId, place)),
      idp,
      isHurried,
    )
    if (verdict === 'same') return
    if (verdict === 'changed') throw groupsChanged()
    deps.onRecheck(idp, 'unanswered')
    // `warn` goes on when the directory fails. Here it was not even asked: our queue was full, which anybody could
    // cause (threats.md I7).
    if (recheck.else === 'fail' || verdict.isOurs === true) throw verdict.unread
    // If the directory's last word differs from the sign-in, but was not yet believed or confirmed, the sign-in stays,
    // and nothing is handed over (threats.md I7).
    if (deps.lastWords.contradict({ idp, directoryId }, session)) throw toldOtherwise(idp, verdict.unread)
  }
}

function take(place: Place): void {
  place.isTaken = true
  for (const tell of place.onTaken) tell()
  place.onTaken.clear()
}

/** Used too when the queue itself is full. */
export const noPlace = (idp: string) => groupsUnread(idp, 5, 'directory:too_many_at_once')
const slow = (idp: string) => groupsUnread(idp, 2, 'directory:slow')
const toldOtherwise = (idp: string, unread: RolegateError) =>
  groupsUnread(idp, Number(unread.values['retryAfterSeconds'] ?? 2), 'directory:told_otherwise', unread)
