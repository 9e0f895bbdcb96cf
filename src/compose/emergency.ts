import { namesIn, type Installation, type Names } from '../config/installation.ts'
import { RolegateError } from '../domain/errors.ts'
import { makeEmergencyDesk, type EmergencyDesk } from '../usecases/emergency/emergency-desk.ts'
import { makeAskReload } from '../usecases/config/asked-reload.ts'
import { readLastGood } from '../usecases/config/last-good.ts'
import { randomText } from './chance.ts'
import type { Host } from './host.ts'
import { openMemory } from './memory.ts'
import { makeWitness, openAudit } from './witness.ts'

/** What a host can do to the gateways on a store. */
export type HostDesk = EmergencyDesk & {
  readonly askReload: ReturnType<typeof makeAskReload>
  /** The names in the configuration that was in force last; undefined if none is kept that can be read. */
  namesInForce(): Promise<Names | undefined>
  close(): Promise<void>
}

/** The desk for emergencies over an installation's own store, beside the gateways that run on it. */
export async function openEmergencyDesk(installation: Installation, host: Host): Promise<HostDesk> {
  if (installation.store.driver === 'memory') throw new RolegateError('config_invalid', {}, { reason: 'memory_store' })
  // A gateway's stdout is collected as its log; this one's is for whoever typed the command.
  const sinks = installation.audit.sinks.filter(({ type }) => type !== 'stdout')
  const witness = makeWitness({ log: { level: 'error' } }, host)
  const memory = await openMemory(installation, host, witness)
  const log = await openAudit({ audit: { ...installation.audit, sinks } }, host, witness, memory)
  const desk = makeEmergencyDesk({ ...memory.tables, ...memory, now: host.now, audit: log.audit })
  return {
    ...desk,
    askReload: makeAskReload({ ...memory.tables, audit: log.audit, randomText, now: host.now }),
    async namesInForce() {
      // No name is worth a door that stays open: what cannot be read now is not known.
      const copy = await readLastGood(memory.tables).catch(() => undefined)
      return copy && namesIn(copy.files[0]?.text ?? '')
    },
    async close() {
      await log.close()
      await memory.raw.close()
    },
  }
}
