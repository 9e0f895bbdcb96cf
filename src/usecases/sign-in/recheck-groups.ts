import type { RequestFacts } from '../../domain/audit/event.ts'
import { asRolegateError, type RolegateError } from '../../domain/errors.ts'
import { changeIn, GROUPS_CHANGED, groupsChanged, groupsUnread } from '../../domain/sign-in/groups-again.ts'
import { oldGroups, signInOf, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { LookAgain, Now } from '../ports.ts'
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

type Verdict = 'same' | 'changed' | { readonly unread: RolegateError }
export type InTurn = <Out>(person: Person, ask: () => Promise<Out>) => Promise<Out>
export type Later = (ms: number, run: () => void) => { cancel(): void }

/** What comes later is for the next try. */
const PATIENCE_MS = 4_000
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
  const underway = new Map<string, Promise<Verdict>>()

  async function ask(
    session: GatewaySession,
    request: RequestFacts,
    { lookAgain }: Recheck,
    directoryId: string,
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
      told = await deps.inTurn(person, async () => {
        const first = await look()
        // What comes once may be a slip; by one word of it nobody is signed out.
        return isSame(first) ? first : look()
      })
    } catch (thrown) {
      return { unread: asRolegateError(thrown) }
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
  function asking(signIn: string, begin: () => Promise<Verdict>): Promise<Verdict> {
    const known = underway.get(signIn)
    if (known !== undefined) return known
    const begun = begin().finally(() => underway.delete(signIn))
    underway.set(signIn, begun)
    return begun
  }

  function patiently(verdict: Promise<Verdict>, idp: string, ms: number): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const giveUp = deps.later(ms, () => resolve({ unread: groupsUnread(idp, 2, 'directory:slow') }))
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
      asking(signIn, () => ask(session, request, recheck, directoryId)),
      idp,
      isHurried ? HURRIED_PATIENCE_MS : PATIENCE_MS,
    )
    if (verdict === 'same') return
    if (verdict === 'changed') throw groupsChanged()
    deps.onRecheck(idp, 'unanswered')
    if (recheck.else === 'fail') throw verdict.unread
    // What is not believed yet, or was not said twice, ends nothing; and nothing is given against it (threats.md I7).
    if (deps.lastWords.contradict({ idp, directoryId }, session)) throw toldOtherwise(idp, verdict.unread)
  }
}

const toldOtherwise = (idp: string, unread: RolegateError) =>
  groupsUnread(idp, Number(unread.values['retryAfterSeconds'] ?? 2), 'directory:told_otherwise', unread)
