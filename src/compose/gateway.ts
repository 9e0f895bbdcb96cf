import { createServer as createHttpServer } from 'node:http'
import { compose } from '../compose.ts'
import { makeManagementServer } from '../http/routes/management.ts'
import { HTTP_LIMITS, makeLifecycle, type Gateway } from '../lifecycle.ts'
import type { Generation } from './generation.ts'
import type { Host } from './host.ts'
import { openWorld, type LoadedConfig } from './world.ts'

/** The whole gateway: what lasts, the generation in force, and the listeners in front of it. */
export async function openGateway(loaded: LoadedConfig, host: Host): Promise<Gateway> {
  const health = { draining: false }
  const world = await openWorld(loaded.config, host, () => health.draining)
  const { memory, log, witness } = world
  const inForce: Generation = await compose(loaded, world, () => inForce)
  const managementServer = makeManagementServer({
    async missing() {
      if (health.draining) return ['draining']
      return (await answers(memory.store.get('installation', 'probe'))) ? [] : ['store']
    },
    degraded: () => [...inForce.down(), ...(log.fails() ? ['audit'] : [])],
    metrics: () => witness.metrics.text(),
  })
  const { listen, management } = loaded.config.server

  return makeLifecycle({
    // In the order they are stopped: whoever asks how it goes is answered to the end.
    listeners: [
      { server: createHttpServer(HTTP_LIMITS, (req, res) => inForce.answer(req, res)), at: listen },
      { server: managementServer, at: management },
    ],
    onListening: () => inForce.warmUp(),
    sweep() {
      // Asking is enough: what is due is read again, whether anybody signs in or not.
      inForce.down()
      return answers(memory.sweep())
    },
    onDrain: () => (health.draining = true),
    async release() {
      await log.close()
      inForce.close()
      await memory.raw.close()
    },
  })
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )
