import type { Config } from '../config/config.ts'
import type { Loaded } from '../config/load.ts'
import { makeAskedOnHost, type AskedOnHost } from '../usecases/config/asked-reload.ts'
import { makeConfigEpoch, type ConfigEpoch } from '../usecases/config/config-epoch.ts'
import { makeKeepLastGood, type KeepLastGood } from '../usecases/config/last-good.ts'
import { makeStandingEmergency, type StandingEmergency } from '../usecases/emergency/standing-emergency.ts'
import { randomText } from './chance.ts'
import type { Host } from './host.ts'
import { openMemory, type Memory } from './memory.ts'
import { makeClockWatch, type ClockWatch } from './clock-watch.ts'
import { openRecheckMemory, type RecheckMemory } from './rechecking.ts'
import { makeWitness, openAudit, type OpenAudit, type Witness } from './witness.ts'

/** A configuration, its hash, its files, and what its operator should know about it. */
export type LoadedConfig = Pick<Loaded, 'config' | 'hash' | 'files' | 'texts' | 'warnings' | 'operatorsAt'>

/** What outlives every configuration: opened once, and shared by all that are in force one after the other. */
export type World = {
  readonly host: Host
  readonly witness: Witness
  readonly clocks: ClockWatch
  readonly rechecked: RecheckMemory
  readonly memory: Memory
  readonly log: OpenAudit
  readonly emergency: StandingEmergency
  readonly configEpoch: ConfigEpoch
  readonly askedOnHost: AskedOnHost
  readonly disk: Disk
  readonly keepLastGood: KeepLastGood
  readonly isDraining: () => boolean
}

/** How the configuration on disk differs from the one in force. */
type Disk = {
  /** When it was first refused; absent: it is in force. */
  refusedSince: Date | undefined
  /** Why, first of all. */
  fault: string | undefined
  /** It says something else about what a running process cannot change. */
  needsRestart: boolean
  /**
   * Set if the file was refused at the start and the last good configuration is in force instead: when that came into
   * force.
   */
  lastGoodSince: Date | undefined
}

/**
 * A start with the last good configuration: when that came into force, and what is wrong with the file (threats.md
 * R10).
 */
export type FromLastGood = { readonly since: Date; readonly faults: readonly string[] }

export async function openWorld(
  config: Config,
  host: Host,
  isDraining: () => boolean,
  lastGood?: FromLastGood,
): Promise<World> {
  const witness = makeWitness(config, host)
  const memory = await openMemory(config, host, witness)
  const log = await openAudit(config, host, witness, memory)
  const emergency = makeStandingEmergency(memory.tables)
  return {
    host,
    witness,
    clocks: makeClockWatch({ host, witness }),
    rechecked: openRecheckMemory(witness, host.now),
    memory,
    log,
    emergency,
    askedOnHost: makeAskedOnHost(memory.tables),
    configEpoch: makeConfigEpoch({ ...memory.tables, id: randomText(96), now: host.now }),
    // Nobody knows since when the file is wrong: at the earliest, since the other came into force.
    disk: {
      refusedSince: lastGood?.since,
      fault: lastGood?.faults[0],
      needsRestart: false,
      lastGoodSince: lastGood?.since,
    },
    keepLastGood: makeKeepLastGood({ ...memory.tables, now: host.now }),
    isDraining,
  }
}
