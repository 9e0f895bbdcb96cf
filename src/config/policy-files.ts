import { createHash } from 'node:crypto'
import { basename, dirname, relative, sep } from 'node:path'
import { isNoFile, NO_FILE, whyUnread } from './files.ts'
import { folderOf, isInside, realOr } from './paths.ts'
import type { World } from './world.ts'

/**
 * The files that decide who may do what, as of one moment: the main file and the policy files it names. Secrets, keys
 * and metadata are not among them.
 */
export type PolicyFiles = {
  /** The text of a file, read once, or a sentence about why there is none. */
  text(path: string): { readonly text: string } | { readonly fault: string }
  /** The names in a folder, or a sentence. */
  list(folder: string): { readonly names: readonly string[] } | { readonly fault: string }
  /** Whether all that was read still stands as it was read: `git pull` may be halfway (threats.md R9). */
  unchanged(): boolean
  /**
   * A hash of the policy that does not depend on where its folder is: the first twelve hex digits of what `sha256sum
   * FILE… | sha256sum` prints.
   */
  hash(): string
  /** What was read, and where it really is. */
  readings(): readonly { readonly path: string; readonly real: string }[]
  /** The same as they were read, each by its name from the main file's folder. */
  texts(): readonly { readonly name: string; readonly text: string }[]
  /** The folders that were looked into: a file that is added there is a change. */
  folders(): readonly string[]
}

/** Reading more would hold up whoever is served meanwhile (security.md M-15). What stands in so many bytes is counted where it is read. */
const MOST_BYTES = 16 * 2 ** 20

class NoFile extends Error {}

type Reading = { readonly real: string; readonly bytes: Uint8Array; readonly sum: string }

export function openPolicyFiles(world: World): PolicyFiles {
  const readings = new Map<string, Reading>()
  const folders = new Map<string, readonly string[]>()
  let bytesRead = 0
  const readNow = (path: string): Reading => {
    const real = path === world.file ? realOr(world.realPath, path) : world.realPath(path)
    if (isNoFile(real, world)) throw new NoFile()
    const content = world.readFile(real)
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    return { real, bytes, sum: sha256(bytes) }
  }
  const isSameFile = ([path, { real, sum }]: readonly [string, Reading]): boolean => {
    const now = readNow(path)
    return now.real === real && now.sum === sum
  }
  const isSameFolder = ([path, names]: readonly [string, readonly string[]]): boolean => {
    const now = new Set(world.listFolder(path))
    return now.size === names.length && names.every((name) => now.has(name))
  }
  return {
    text(path) {
      try {
        const known = readings.get(path)
        const reading = known ?? readNow(path)
        readings.set(path, reading)
        if (known === undefined) bytesRead += reading.bytes.length
        if (bytesRead > MOST_BYTES) return { fault: 'makes the policy larger than 16 MiB, all files together' }
        // threats.md R7: no link leads a reviewed file's name to one that nobody reviews.
        if (path !== world.file && !isInside(reading.real, folderOf(world)))
          return { fault: 'leads out of the configuration folder' }
        return decoded(reading.bytes)
      } catch (thrown) {
        return { fault: thrown instanceof NoFile ? NO_FILE : whyUnread(path, thrown) }
      }
    },
    list(folder) {
      try {
        const names = folders.get(folder) ?? world.listFolder(folder)
        folders.set(folder, names)
        return { names }
      } catch (thrown) {
        return { fault: whyUnread(folder, thrown) }
      }
    },
    unchanged() {
      try {
        return [...readings].every(isSameFile) && [...folders].every(isSameFolder)
      } catch {
        return false
      }
    },
    hash: () =>
      sha256(
        [...readings]
          .map(([path, { sum }]) => [nameOf(path, world), sum] as const)
          .toSorted(([a], [b]) => inBytes(a, b))
          .map(([name, sum]) => `${sum}  ${name}\n`)
          .join(''),
      ).slice(0, 12),
    readings: () => [...readings].map(([path, { real }]) => ({ path, real })),
    texts: () =>
      [...readings].map(([path, { bytes }]) => ({
        name: nameOf(path, world),
        // With its mark, if it has one: the hash covers that.
        text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
      })),
    folders: () => [...folders.keys()].map((folder) => realOr(world.realPath, folder)),
  }
}

function decoded(bytes: Uint8Array): { text: string } | { fault: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { fault: 'is not UTF-8 text; save it as UTF-8' }
  }
}

/** As written, relative to the main file's folder, so that a link that a roll-out moves does not change it. */
export const nameOf = (path: string, { file }: World): string =>
  path === file ? basename(file) : relative(dirname(file), path).split(sep).join('/')

/** An order that no locale changes. */
export const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')
