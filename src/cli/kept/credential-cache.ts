import { rm } from 'node:fs/promises'
import { withLock } from '../lock.ts'
import { writePrivate } from '../private-file.ts'
import type { CliWorld } from '../world.ts'
import {
  aboutOf,
  credentialsFile,
  credentialsFolder,
  type KeptCredentials,
  purposeOf,
  readCredentials,
  type Wanted,
} from './credentials.ts'
import type { Place } from './places.ts'
import { localKey } from './local-key.ts'
import { signInOf } from './places.ts'
import { keyFor, seal } from './sealed.ts'

/** Two requests of thirty seconds, and a renewal between them, which may wait for a keychain. */
const HELD_AT_MOST_MS = 480_000

export type CredentialCache = {
  readonly read: (wanted: Wanted) => KeptCredentials | undefined
  /**
   * Gets credentials under a lock, so that no other process gets the same, and keeps them for the sign-in that was
   * there before.
   */
  readonly obtain: (
    wanted: Wanted,
    isEnough: (kept: KeptCredentials) => boolean,
    get: () => Promise<KeptCredentials>,
  ) => Promise<KeptCredentials>
}

export function makeCredentialCache(world: CliWorld): CredentialCache {
  const read = (wanted: Wanted) => readCredentials(world, wanted)
  return {
    read,
    obtain: (wanted, isEnough, get) => {
      // Read first: if somebody signs in meanwhile, the sign-in has another id, and nobody will read what is kept under
      // this one.
      const signIn = signInOf(world, wanted.origin)
      if (signIn === undefined) return get()
      const path = credentialsFile(world, wanted, signIn)
      const obtainAlone = async () => {
        const kept = read(wanted)
        if (kept !== undefined && isEnough(kept)) return kept
        const fresh = await get()
        await keep(world, wanted, signIn, fresh)
        return fresh
      }
      return withLock(world, `${path}.lock`, obtainAlone, HELD_AT_MOST_MS)
    },
  }
}

async function keep(world: Place, wanted: Wanted, signIn: string, fresh: KeptCredentials): Promise<void> {
  const key = keyFor(await localKey(world), purposeOf(signIn))
  const sealed = seal(key, JSON.stringify(fresh), aboutOf(wanted, signIn))
  await writePrivate(credentialsFile(world, wanted, signIn), sealed)
}

/** Everything kept for an origin. */
export const wipeCredentials = (place: Place, origin: string): Promise<void> =>
  rm(credentialsFolder(place, origin), { recursive: true, force: true })
