import type { Config } from '../config/config.ts'
import type { RoleKind } from '../domain/entitlement/rule.ts'
import { CLOCK_SKEW, CONFIG_BEHIND } from '../domain/sign-in/session.ts'
import type { World } from './world.ts'

/**
 * Why this gateway may not give a kind of role now, or undefined. Another gateway on its store has a newer
 * configuration (threats.md R9); its clock is wrong (threats.md F10); or the role is elevated, and the file on disk,
 * which may take it away, has been refused for too long (threats.md R8).
 */
export const stoppedBy =
  (world: Pick<World, 'clocks' | 'configEpoch' | 'disk' | 'host'>, { maxStaleSeconds }: Config['reload']) =>
  ({ elevated }: RoleKind): string | undefined => {
    if (world.configEpoch.isBehind()) return CONFIG_BEHIND
    if (world.clocks.stops()) return CLOCK_SKEW
    return elevated && staleSecondsOf(world) > maxStaleSeconds ? 'config_stale' : undefined
  }

/** For how long what is on disk has been refused. */
export const staleSecondsOf = ({ disk, host }: Pick<World, 'disk' | 'host'>): number =>
  disk.refusedSince === undefined ? 0 : (host.now().getTime() - disk.refusedSince.getTime()) / 1000

const ALARM_SECONDS = 300

/** Says once in the log that what is on disk has not been in force for five minutes (threats.md R8); called every few seconds. */
export function makeStaleAlarm(world: Pick<World, 'disk' | 'host' | 'witness'>): () => void {
  let told = false
  return () => {
    const isDue = staleSecondsOf(world) > ALARM_SECONDS
    if (isDue && !told)
      world.witness.log.error(
        'what is on disk has not been in force for five minutes: denies and removals in it are not applied',
        {
          refused_since: world.disk.refusedSince?.toISOString(),
          fault: world.disk.fault,
        },
      )
    told = isDue
  }
}
