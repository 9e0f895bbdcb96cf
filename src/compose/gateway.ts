import { createServer as createHttpServer } from 'node:http'
import { compose } from '../compose.ts'
import { makeManagementServer } from '../http/routes/management.ts'
import { HTTP_LIMITS, makeLifecycle, type Gateway } from '../lifecycle.ts'
import type { Generation } from './generation.ts'
import type { Host } from './host.ts'
import { makeReload, type Reload } from './reload.ts'
import { makeSuccession } from './succession.ts'
import { openWorld, type LoadedConfig } from './world.ts'

/** The whole gateway: what lasts, the generation in force, and the listeners in front of it. */
export async function openGateway(loaded: LoadedConfig, host: Host): Promise<Gateway & { readonly reload: Reload }> {
  const health = { draining: false }
  const world = await openWorld(loaded.config, host, () => health.draining)
  const { memory, log, witness, disk } = world
  const newest = (): Generation => succession.newest()
  const first = await compose(loaded, world, newest)
  const succession = makeSuccession(first)
  witness.metrics.configLoaded(loaded.hash, host.now())
  const managementServer = makeManagementServer({
    async missing() {
      if (health.draining) return ['draining']
      return (await answers(memory.store.get('installation', 'probe'))) ? [] : ['store']
    },
    degraded: () => [
      ...newest().down(),
      ...(log.fails() ? ['audit'] : []),
      ...(disk.refusedSince === undefined ? [] : ['config']),
      ...(disk.needsRestart ? ['config:needs-restart'] : []),
    ],
    metrics: () => (newest().config.metrics ? witness.metrics.text() : undefined),
  })
  const { listen, management } = loaded.config.server

  const lifecycle = makeLifecycle({
    // In the order they are stopped: whoever asks how it goes is answered to the end.
    listeners: [
      { server: createHttpServer(HTTP_LIMITS, succession.answer), at: listen },
      { server: managementServer, at: management },
    ],
    onListening: () => newest().warmUp(),
    sweep() {
      // Asking is enough: what is due is read again, whether anybody signs in or not.
      newest().down()
      return answers(Promise.all([memory.sweep(), log.deleteOld()]))
    },
    onDrain: () => (health.draining = true),
    async release() {
      await log.close()
      succession.close()
      await memory.raw.close()
    },
  })
  return {
    ...lifecycle,
    reload: makeReload({
      world,
      newest,
      compose: (next) => compose(next, world, newest, newest()),
      succeed: (next) => succession.succeed(next),
    }),
  }
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )
