import { createHash } from 'node:crypto'
import { basename, dirname, relative, sep } from 'node:path'
import { realOr } from './paths.ts'
import type { World } from './world.ts'

/**
 * The files that say who may do what, as they stood at one moment: the main file and every one it names for that. Secrets,
 * keys and metadata are none of them.
 */
export type PolicyFiles = {
  /** The bytes of a file, read once. Throws when it cannot be read. */
  read(path: string): Uint8Array
  /** Whether all that was read still stands as it was read: `git pull` may be halfway (threats.md R9). */
  unchanged(): boolean
  /** Names this policy, wherever its folder stands: the first twelve hex digits of what `sha256sum FILE… | sha256sum` prints. */
  hash(): string
  /** Where they really are. */
  paths(): readonly string[]
}

type Reading = { readonly real: string; readonly bytes: Uint8Array; readonly sum: string }

export function openPolicyFiles(world: World): PolicyFiles {
  const readings = new Map<string, Reading>()
  const readNow = (path: string): Reading => {
    const real = path === world.file ? realOr(world.realPath, path) : world.realPath(path)
    const content = world.readFile(real)
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    return { real, bytes, sum: sha256(bytes) }
  }
  const isSame = ([path, { real, sum }]: readonly [string, Reading]): boolean => {
    try {
      const now = readNow(path)
      return now.real === real && now.sum === sum
    } catch {
      return false
    }
  }
  return {
    read(path) {
      const reading = readings.get(path) ?? readNow(path)
      readings.set(path, reading)
      return reading.bytes
    },
    unchanged: () => [...readings].every(isSame),
    hash: () =>
      sha256(
        [...readings]
          .map(([path, { sum }]) => [nameOf(path, world), sum] as const)
          .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map(([name, sum]) => `${sum}  ${name}\n`)
          .join(''),
      ).slice(0, 12),
    paths: () => [...readings.values()].map(({ real }) => real),
  }
}

/** As written from the main file's folder: links that a roll-out moves are no part of it. */
const nameOf = (path: string, { file }: World): string =>
  path === file ? basename(file) : relative(dirname(file), path).split(sep).join('/')

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')
