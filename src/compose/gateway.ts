import { createServer as createHttpServer } from 'node:http'
import { compose } from '../compose.ts'
import { makeManagementServer } from '../http/routes/management.ts'
import { HTTP_LIMITS, makeLifecycle, type Gateway } from '../lifecycle.ts'
import { makeDenyAlarm } from './deny-alarm.ts'
import type { Generation } from './generation.ts'
import type { Host } from './host.ts'
import { makeIssuerWatch } from './issuer-watch.ts'
import { lookAtIssuerBy } from './issuer.ts'
import { keepAsLastGood, makeReload, MOST_FAULTS, type Reload } from './reload.ts'
import { makeStaleAlarm, staleSecondsOf } from './stopped.ts'
import { makeSuccession } from './succession.ts'
import { makeClaimWarning } from '../usecases/admin/watch-denies.ts'
import { openWorld, type FromLastGood, type LoadedConfig, type World } from './world.ts'

/** The whole gateway: what lasts, the generation in force, and the listeners in front of it. */
export async function openGateway(
  loaded: LoadedConfig,
  host: Host,
  lastGood?: FromLastGood,
): Promise<Gateway & { readonly reload: Reload; readonly isAsked: () => Promise<boolean> }> {
  const health = { draining: false }
  const world = await openWorld(loaded.config, host, () => health.draining, lastGood)
  const { memory, log, witness, disk } = world
  const newest = (): Generation => succession.newest()
  const first = await compose(loaded, world, newest)
  const succession = makeSuccession(first)
  await world.configEpoch.claim(first.hash, 'start')
  witness.metrics.configLoaded(loaded.hash, host.now())
  if (lastGood === undefined) await keepAsLastGood(world, loaded)
  else await sayLastGood(world, loaded.hash, lastGood)
  const managementServer = makeManagementServer({
    async missing() {
      if (health.draining) return ['draining']
      return (await answers(memory.store.get('installation', 'probe'))) ? [] : ['store']
    },
    degraded: () => [
      ...newest().down(),
      ...issuerWatch.degraded(),
      ...world.clocks.degraded(),
      ...(log.fails() ? ['audit'] : []),
      ...(disk.refusedSince === undefined ? [] : ['config']),
      ...(world.configEpoch.isBehind() ? ['config:behind'] : []),
      ...(disk.lastGoodSince === undefined ? [] : ['config:last-good']),
      ...(disk.needsRestart ? ['config:needs-restart'] : []),
    ],
    metrics() {
      witness.metrics.configStale(staleSecondsOf(world))
      return newest().config.metrics ? witness.metrics.text() : undefined
    },
  })
  const alarm = makeStaleAlarm(world)
  const issuerWatch = makeIssuerWatch(
    world,
    lookAtIssuerBy(loaded.config, memory, () => newest().config),
  )
  const claimWarning = makeClaimWarning({ ...memory.tables, now: host.now })
  const denyAlarm = makeDenyAlarm(world, () => newest().countGroups(), claimWarning)
  const { listen, management } = loaded.config.server

  const lifecycle = makeLifecycle({
    // In the order they are stopped: whoever asks how it goes is answered to the end.
    listeners: [
      { server: createHttpServer(HTTP_LIMITS, succession.answer), at: listen },
      { server: managementServer, at: management },
    ],
    onListening: () => newest().warmUp(),
    sweep() {
      // Asking makes what is due be read again, whether anybody signs in or not.
      newest().down()
      return answers(
        Promise.all([memory.sweep(), log.deleteOld(), denyAlarm(), issuerWatch.tick(), newest().lookAtClocks()]),
      )
    },
    tick() {
      alarm()
      // Nobody waits for the next minute once the clock is set right.
      const looking = world.clocks.stops() ? newest().lookAtClocks() : undefined
      return answers(Promise.all([keepEpoch(world), looking]))
    },
    onDrain: () => (health.draining = true),
    async release() {
      await answers(world.configEpoch.leave())
      await log.close()
      succession.close()
      await memory.raw.close()
    },
  })
  return {
    ...lifecycle,
    /** Whether somebody on the host has asked for a reload. If the store does not answer, the next call asks again. */
    isAsked: () => world.askedOnHost.isAsked().catch(() => false),
    reload: makeReload({
      world,
      file: loaded.texts[0]?.name ?? 'rolegate.yaml',
      newest,
      compose: (next) => compose(next, world, newest, newest()),
      succeed: (next) => succession.succeed(next),
      isStopping: () => health.draining,
    }),
  }
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )

/** Keeps the other gateways on the store told, and the log when they have something newer. */
async function keepEpoch({ configEpoch, witness }: World): Promise<void> {
  const was = configEpoch.isBehind()
  await configEpoch.tick()
  if (was === configEpoch.isBehind()) return
  if (was) witness.log.info('this gateway has the newest configuration again')
  else
    witness.log.error(
      'another gateway on this store has a newer configuration: nothing is handed over here until this one has it too',
    )
}

/**
 * threats.md R10: reported in the log, the metrics and the audit trail before anybody is served by it, and on every
 * page while it lasts.
 */
async function sayLastGood(
  { witness, log }: World,
  configHash: string,
  { since, faults }: FromLastGood,
): Promise<void> {
  witness.metrics.configRefused()
  witness.log.error('the file was refused, and what was in force last is in its place: repair it', {
    hash: configHash,
    in_force_since: since.toISOString(),
    faults: faults.slice(0, MOST_FAULTS),
  })
  await log.audit({
    event: 'config_last_good',
    configHash,
    since: since.toISOString(),
    faults: faults.slice(0, MOST_FAULTS),
    faultsCount: faults.length,
  })
}
