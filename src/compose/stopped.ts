import type { Config } from '../config/config.ts'
import type { RoleKind } from '../domain/entitlement/rule.ts'
import { CONFIG_BEHIND } from '../domain/sign-in/session.ts'
import type { World } from './world.ts'

/**
 * Why this gateway may not give a kind of role now: another on its store has a newer configuration (threats.md R9), or the role is
 * elevated and what is on disk, which may take it away, has been refused for too long (threats.md R8).
 */
export const stoppedBy =
  (world: Pick<World, 'configEpoch' | 'disk' | 'host'>, { maxStaleSeconds }: Config['reload']) =>
  ({ elevated }: RoleKind): string | undefined => {
    if (world.configEpoch.isBehind()) return CONFIG_BEHIND
    return elevated && staleSecondsOf(world) > maxStaleSeconds ? 'config_stale' : undefined
  }

/** For how long what is on disk has been refused. */
export const staleSecondsOf = ({ disk, host }: Pick<World, 'disk' | 'host'>): number =>
  disk.refusedSince === undefined ? 0 : (host.now().getTime() - disk.refusedSince.getTime()) / 1000
