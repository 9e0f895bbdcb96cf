import type { Config } from '../config/config.ts'
import type { Loaded } from '../config/load.ts'
import { makeAskedOnHost, type AskedOnHost } from '../usecases/config/asked-reload.ts'
import { makeConfigEpoch, type ConfigEpoch } from '../usecases/config/config-epoch.ts'
import { makeStandingEmergency, type StandingEmergency } from '../usecases/emergency/standing-emergency.ts'
import { randomText } from './chance.ts'
import type { Host } from './host.ts'
import { openMemory, type Memory } from './memory.ts'
import { makeWitness, openAudit, type OpenAudit, type Witness } from './witness.ts'

/** A configuration, what records call it, where it stands, and what its operator should know of it. */
export type LoadedConfig = Pick<Loaded, 'config' | 'hash' | 'files' | 'warnings'>

/** What outlives every configuration: opened once, and shared by all that are in force one after the other. */
export type World = {
  readonly host: Host
  readonly witness: Witness
  readonly memory: Memory
  readonly log: OpenAudit
  readonly emergency: StandingEmergency
  readonly configEpoch: ConfigEpoch
  readonly askedOnHost: AskedOnHost
  readonly disk: Disk
  readonly isDraining: () => boolean
}

/** How what is on disk stands to what is in force. */
type Disk = {
  /** When it was first refused; absent: it is in force. */
  refusedSince: Date | undefined
  /** Why, first of all. */
  fault: string | undefined
  /** It says something else about what a running process cannot change. */
  needsRestart: boolean
}

export async function openWorld(config: Config, host: Host, isDraining: () => boolean): Promise<World> {
  const witness = makeWitness(config, host)
  const memory = await openMemory(config, host, witness)
  const log = await openAudit(config, host, witness, memory)
  const emergency = makeStandingEmergency(memory.tables)
  return {
    host,
    witness,
    memory,
    log,
    emergency,
    askedOnHost: makeAskedOnHost(memory.tables),
    configEpoch: makeConfigEpoch({ ...memory.tables, id: randomText(96), now: host.now }),
    disk: { refusedSince: undefined, fault: undefined, needsRestart: false },
    isDraining,
  }
}
