import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import { errnoOf, unusable, writePrivate } from '../private-file.ts'
import { recordOf } from '../record.ts'
import type { CliWorld } from '../world.ts'
import { configFolder, type Place } from './places.ts'
import { localKey } from './local-key.ts'
import { keyFor, openSealed, seal } from './sealed.ts'

/** One text for each origin: a sign-in's tokens. */
export type TokenPlace = {
  readonly read: (origin: string) => Promise<string | undefined>
  readonly write: (origin: string, tokens: string) => Promise<void>
  readonly remove: (origin: string) => Promise<void>
}

const ABOUT = 'tokens'
type Kept = Readonly<Record<string, unknown>>

const tokenFile = (place: Place): string => join(configFolder(place), 'tokens.enc')

/** The tokens of every origin in one encrypted file, mode 0600; local-key.ts says against whom that helps. */
export function makeTokenFile(world: CliWorld): TokenPlace {
  const path = tokenFile(world)
  const change = (edit: (kept: Kept) => Kept) =>
    withLock(world, `${path}.lock`, async () => writeKept(world, edit(await readKept(world))))
  return {
    read: async (origin) => {
      const text = ownOf(await readKept(world), origin)
      return typeof text === 'string' ? text : undefined
    },
    write: (origin, tokens) => change((kept) => ({ ...kept, [origin]: tokens })),
    remove: async (origin) => {
      if (ownOf(await readKept(world), origin) === undefined) return
      await change((kept) => Object.fromEntries(Object.entries(kept).filter(([known]) => known !== origin)))
    },
  }
}

const ownOf = (kept: Kept, origin: string): unknown => (Object.hasOwn(kept, origin) ? kept[origin] : undefined)

async function readKept(world: Place): Promise<Kept> {
  const path = tokenFile(world)
  const sealed = await readFile(path).catch((thrown: unknown) => {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw unusable(path, thrown)
  })
  if (sealed === undefined) return {}
  const key = keyFor(await localKey(world), ABOUT)
  try {
    return recordOf(recordOf(JSON.parse(openSealed(key, sealed, ABOUT)))['servers'])
  } catch {
    throw unusable(path, undefined)
  }
}

async function writeKept(world: Place, servers: Kept): Promise<void> {
  const key = keyFor(await localKey(world), ABOUT)
  await writePrivate(tokenFile(world), seal(key, JSON.stringify({ servers }), ABOUT))
}
