import { makeGate } from '../adapters/aws/gate.ts'
import type { Config } from '../config/config.ts'
import type { Now } from '../usecases/ports.ts'
import type { IdentityProvider } from '../usecases/ports/identity-provider.ts'
import { makeLastWords, type LastWords } from '../usecases/sign-in/last-words.ts'
import { makeLeftAlone, nameOf, type LeftAlone } from '../usecases/sign-in/left-alone.ts'
import { noPlace, type InTurn, type Later, type Recheck } from '../usecases/sign-in/recheck-groups.ts'
import { makeTwoClocks, type Moment, type TwoClocks } from '../usecases/sign-in/two-clocks.ts'
import { sha256 } from './chance.ts'
import type { Witness } from './witness.ts'

/**
 * What is remembered of directories across reloads: who was checked when, the last answers, and whose questions are
 * paused.
 */
export type RecheckMemory = {
  readonly clocks: TwoClocks
  readonly checkedAt: Map<string, Moment>
  readonly lastWords: LastWords
  readonly leftAlone: LeftAlone
  readonly inTurn: InTurn
}

/**
 * For each IdP: eight questions at once, one for a person. A question takes two connections, at Google some more, and
 * sign-ins need some of the connections to that host too (bounded-fetch.ts). One place for a person, however many slow
 * sign-ins they have. Whoever would wait longer tries again later.
 */
const AT_ONCE = { inAll: 1_000, ofOne: { idp: 8, person: 1 }, mostWaiting: 5_000, longestWaitMs: 30_000 }

/** How often the log repeats that a directory does not answer. */
const SAY_AGAIN_SECONDS = 300

export function openRecheckMemory({ log }: Pick<Witness, 'log'>, now: Now): RecheckMemory {
  const clocks = makeTwoClocks({ now, elapsed: () => performance.now() })
  const said = new Map<string, Moment>()
  /** IdPs whose failure is in the log, and whose recovery is not yet. */
  const open = new Set<string>()

  function isDue(what: string): boolean {
    const last = said.get(what)
    if (last !== undefined && clocks.secondsSince(last) < SAY_AGAIN_SECONDS) return false
    said.set(what, clocks.moment())
    return true
  }

  const leftAlone = makeLeftAlone({
    clocks,
    onFailure(idp, failed, isDown) {
      const reason = failed.reason ?? failed.code
      if (!isDown) {
        if (isDue(`${idp} somebody`))
          log.warn('a directory does not tell the groups of somebody again', { idp, reason })
      } else if (!open.has(idp) && isDue(idp)) {
        open.add(idp)
        log.error(
          'a directory does not tell groups again: as recheck.else says, nothing is handed over, or what people stated counts',
          { idp, reason },
          failed,
        )
      }
    },
    onToldAgain(idp) {
      if (open.delete(idp)) log.info('a directory tells groups again', { idp })
    },
  })
  const gate = makeGate({
    ...AT_ONCE,
    refusal: ({ idp = '' }) => noPlace(idp),
  })
  return {
    clocks,
    checkedAt: new Map(),
    lastWords: makeLastWords({ sha256, now }),
    leftAlone,
    inTurn: (person, ask) => gate.through({ idp: person.idp, person: nameOf(person) }, ask),
  }
}

/** For which IdPs groups are read again between sign-ins, and which of their directories do not answer. */
export function recheckingOf(
  { idps }: Pick<Config, 'idps'>,
  providers: ReadonlyMap<string, IdentityProvider>,
  { rechecked, witness: { metrics } }: { readonly rechecked: RecheckMemory; readonly witness: Witness },
) {
  const rechecks = new Map<string, Recheck>()
  for (const idp of idps) {
    if (idp.type === 'saml' || idp.recheck === undefined) continue
    const lookAgain = providers.get(idp.id)?.lookAgain
    if (lookAgain === undefined) throw new Error('a recheck without a directory was let through')
    rechecks.set(idp.id, { ...idp.recheck, lookAgain })
  }
  return {
    ...rechecked,
    rechecks,
    later,
    onRecheck: metrics.recheck,
    silent: () => rechecked.leftAlone.down().filter((idp) => rechecks.has(idp)),
  }
}

const later: Later = (ms, run) => {
  const timer = setTimeout(run, ms)
  return { cancel: () => clearTimeout(timer) }
}
