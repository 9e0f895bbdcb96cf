import { ConfigFaults, printFault } from '../config/faults.ts'
import { differenceOf, isSameBeside } from '../config/reload/difference.ts'
import { keepFixed } from '../config/reload/fixed.ts'
import { withoutOperators } from '../config/reload/without-operators.ts'
import type { AuditEvent } from '../domain/audit/event.ts'
import { asRolegateError } from '../domain/errors.ts'
import { makeFindLockout } from '../usecases/config/find-lockout.ts'
import type { Generation } from './generation.ts'
import type { LoadedConfig, World } from './world.ts'

/** What made us look: a SIGHUP, a file that is another now, or somebody on the host. */
type ReloadReason = 'signal' | 'file' | 'asked'

/**
 * Reads the configuration from disk; throws `config_invalid` with the faults it found. Says first when no thread can be had for it, so
 * that everybody waits meanwhile.
 */
type ReadAgain = (sayHeldUp: () => void) => LoadedConfig | Promise<LoadedConfig>

/**
 * What became of the configuration on disk. `in_force`; `refused`, and it would be again while it stays as it is; or
 * something else was in the way. Never fails.
 */
export type Outcome = 'in_force' | 'refused' | 'failed'
export type Reload = (why: ReloadReason, read: ReadAgain) => Promise<Outcome>

const MOST_CHANGES = 100
export const MOST_FAULTS = 5

/**
 * Puts what is on disk in force, whole or not at all: read and checked, composed, then swapped in at once (security.md M-19). On any
 * failure everything stays as it is. Both outcomes are logged, counted and on record; one reload runs at a time.
 */
export function makeReload(deps: {
  world: World
  /** What people call the main file. */
  file: string
  newest: () => Generation
  compose: (loaded: LoadedConfig) => Promise<Generation>
  succeed: (next: Generation) => void
  /** Whether the gateway is letting go of what it has. */
  isStopping: () => boolean
}): Reload {
  const { log, metrics } = deps.world.witness
  const { disk } = deps.world
  const { now } = deps.world.host
  const findLockout = makeFindLockout(deps.world.memory.tables)
  /** What was refused last: the same again is no news. */
  let refused = ''

  async function apply(why: ReloadReason, read: ReadAgain): Promise<AuditEvent | undefined> {
    const former = deps.newest()
    const loaded = await read(() =>
      log.warn('no thread could be started to read the configuration: nobody is answered while it is read here', {
        reason: why,
      }),
    )
    const { config, needsRestart } = keepFixed(former.config, loaded.config)
    // Written, and as it was.
    const isAsItWas = loaded.hash === former.hash && isSameBeside(former.config, config)
    const isKnown = disk.refusedSince === undefined && disk.needsRestart === needsRestart.length > 0
    if (why === 'file' && isAsItWas && isKnown) return undefined
    const next = await deps.compose({ ...loaded, config })
    const { lockout, lockoutAcceptedBy } = await lockoutOf(former, next, loaded.operatorsAt).catch(
      (thrown: unknown) => {
        next.close()
        throw thrown
      },
    )
    if (deps.isStopping()) {
      next.close()
      return undefined
    }
    deps.succeed(next)
    next.warmUp()
    // If the claim cannot be stored now, the next tick tries again; until then this gateway counts as behind.
    await deps.world.configEpoch.claim(next.hash, 'reload').catch(() => undefined)

    // What is kept for the next start may be had from version control as well.
    await keepAsLastGood(deps.world, loaded)
    disk.refusedSince = undefined
    disk.lastGoodSince = undefined
    disk.fault = undefined
    disk.needsRestart = needsRestart.length > 0
    refused = ''
    metrics.configLoaded(next.hash, now())
    const all = await differenceOf(former.config, config)
    const [changes, changesCount] = [all.slice(0, MOST_CHANGES), all.length]
    const names = { hash: next.hash, former_hash: former.hash }
    log.info('the configuration was loaded anew', { reason: why, ...names, changes, changes_count: changesCount })
    if (needsRestart.length > 0)
      log.warn('settings on disk are not in force: they need a restart', { settings: needsRestart })
    if (lockout.length > 0) log.warn('the configuration locks people out', { lockout })
    const [configHash, formerHash] = [next.hash, former.hash]
    return {
      event: 'config_loaded',
      reason: why,
      configHash,
      formerHash,
      changes,
      changesCount,
      needsRestart,
      lockout,
      ...(lockoutAcceptedBy !== undefined && { lockoutAcceptedBy }),
    }
  }

  /** Whom the change locks out, and who on the host accepted that. Throws if it needs acceptance and nobody gave it. */
  async function lockoutOf(former: Generation, next: Generation, operatorsAt: LoadedConfig['operatorsAt']) {
    const { said: lockout, ofAllOperators } = await findLockout(sideOf(former), sideOf(next))
    const lockoutAcceptedBy = ofAllOperators ? await deps.world.askedOnHost.acceptedBy(next.hash) : undefined
    if (ofAllOperators && lockoutAcceptedBy === undefined) throw withoutOperators(lockout, operatorsAt)
    return { lockout, lockoutAcceptedBy }
  }

  function refuse(why: ReloadReason, thrown: unknown): AuditEvent | undefined {
    disk.refusedSince ??= now()
    metrics.configRefused()
    const all = faultsIn(thrown, deps.file)
    if (refused === all.join('\n')) return undefined
    refused = all.join('\n')
    disk.fault = all[0]
    const { hash: configHash } = deps.newest()
    const [faults, faultsCount] = [all.slice(0, MOST_FAULTS), all.length]
    const facts = { reason: why, hash: configHash, faults, faults_count: faultsCount }
    log.error('the configuration on disk was refused: the one before stays in force', facts, thrown)
    return { event: 'config_refused', reason: why, configHash, faults, faultsCount }
  }

  async function reload(why: ReloadReason, read: ReadAgain): Promise<Outcome> {
    if (deps.isStopping()) return 'failed'
    let outcome: Outcome = 'in_force'
    const event = await apply(why, read).catch((thrown: unknown) => {
      outcome = thrown instanceof ConfigFaults ? 'refused' : 'failed'
      // A store that is closed by now says nothing of the file.
      return deps.isStopping() ? undefined : refuse(why, thrown)
    })
    // A failure to write the record is logged, and /readyz shows it; the configuration is in force all the same.
    if (event !== undefined) await deps.world.log.audit(event).catch(() => undefined)
    return outcome
  }

  let last: Promise<unknown> = Promise.resolve()
  /** Asked for and not begun: whoever asks so again gets the same reading, so that many do not keep a deny waiting. */
  const waiting = new Map<ReloadReason, Promise<Outcome>>()
  return (why, read) => {
    const sameAsked = waiting.get(why)
    if (sameAsked !== undefined) return sameAsked
    const mine = last.then(() => {
      waiting.delete(why)
      return reload(why, read)
    })
    waiting.set(why, mine)
    last = mine
    return mine
  }
}

const sideOf = ({ rules, config }: Generation) => ({ index: rules(), staff: config.admin })

/** That it cannot be kept stops nothing. */
export const keepAsLastGood = ({ keepLastGood, witness }: World, { hash, texts }: LoadedConfig): Promise<void> =>
  keepLastGood({ hash, files: texts }).catch((cause: unknown) =>
    witness.log.warn('the configuration in force could not be kept for a start with --last-good', {
      code: asRolegateError(cause).code,
    }),
  )

/** Whoever reads them in a log or on a page has several files at hand. */
function faultsIn(thrown: unknown, file: string): readonly string[] {
  if (thrown instanceof ConfigFaults) return thrown.faults.map((fault) => printFault(file, fault))
  const { code, values, message } = asRolegateError(thrown)
  return Array.isArray(values['faults']) ? (values['faults'] as readonly string[]) : [`${code}: ${message}`]
}
