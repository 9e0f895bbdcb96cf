import { dirname } from 'node:path'
import type { Fault } from './faults.ts'
import { modeOf, printMode } from './files.ts'
import { folderOf, isInside, realOr } from './paths.ts'
import { nameOf, type PolicyFiles } from './policy-files.ts'
import type { World } from './world.ts'

/** Files of the policy, and folders they stand in, that somebody else than root and this process's user may write (threats.md R7). */
export function writtenByOthers(files: PolicyFiles, world: World): readonly Fault[] {
  const { user } = world
  if (user === undefined) return []
  const listed = new Set(files.folders())
  const seen = new Set<string>()
  return files.readings().flatMap(({ path, real }) => {
    const folders = foldersTo(path, real, world).filter((folder) => !seen.has(folder))
    for (const folder of folders) seen.add(folder)
    const found = [
      strangerOf(real, user, world),
      ...folders.map((folder) => strangerInFolder(folder, user, listed.has(folder), world)),
    ]
    const file = path === world.file ? undefined : nameOf(path, world)
    return found.flatMap((message) =>
      message === undefined ? [] : [{ line: 1, column: 1, path: '', message, ...(file !== undefined && { file }) }],
    )
  })
}

function strangerOf(real: string, user: number, world: World): string | undefined {
  const writers = writersOf(modeOf(real, world))
  const decides = 'and whoever writes it decides who may do what'
  if (writers !== undefined) return `may be written by ${writers.who}, ${decides}: ${writers.cure} ${real}`
  const owner = strangeOwner(real, user, world)
  if (owner === undefined) return undefined
  return `belongs to user ${owner}, who is neither root nor the one this runs as (${user}), ${decides}: chown root ${real}`
}

/**
 * In a folder, whoever writes it takes a file away and puts another in its place, whatever the file's own mode. Where the sticky
 * bit keeps files to their owners they can add one at least, which matters where `isListed`: every file that is there is taken.
 */
function strangerInFolder(folder: string, user: number, isListed: boolean, world: World): string | undefined {
  // A Kubernetes volume is 0777 or 1777, and mounted so that nothing in the container writes it.
  if (world.isReadOnly(folder)) return undefined
  const owner = strangeOwner(folder, user, world)
  const replaces = 'can put another file in its place'
  if (owner !== undefined)
    return `stands in a folder of user ${owner}, who is neither root nor the one this runs as (${user}) and ${replaces}: chown root ${folder}`
  const mode = modeOf(folder, world)
  const writers = writersOf(mode)
  const isSticky = (mode & 0o1000) !== 0
  if (writers === undefined || (isSticky && !isListed)) return undefined
  const does = isSticky ? 'can add files for `include` to take' : replaces
  return `stands in a folder that may be written by ${writers.who}, and whoever writes there ${does}: ${writers.cure} ${folder}`
}

function writersOf(mode: number): { readonly who: string; readonly cure: string } | undefined {
  const [group, others] = [(mode & 0o020) !== 0, (mode & 0o002) !== 0]
  if (!group && !others) return undefined
  const who = others ? 'everybody on this machine' : 'its group'
  return { who: `${who} (mode ${printMode(mode)})`, cure: `chmod ${group ? 'g' : ''}${others ? 'o' : ''}-w` }
}

/** Whom it belongs to, unless that is root or this process's user. What is gone by now was not read at rest, which is found elsewhere. */
function strangeOwner(real: string, user: number, { fileOwner }: World): number | undefined {
  try {
    const owner = fileOwner(real)
    return owner === 0 || owner === user ? undefined : owner
  } catch {
    return undefined
  }
}

/** The folders a file is found through, from the configuration folder down: those that its name goes by, and those where links lead. */
function foldersTo(path: string, real: string, world: World): readonly string[] {
  const isReally = (folder: string) => realOr(world.realPath, folder)
  const asNamed = foldersBetween(dirname(world.file), dirname(path)).map(isReally)
  // A text that was handed in really is where it says, which may be said from the folder one is in.
  return [...new Set([...asNamed, ...foldersBetween(folderOf(world), isReally(dirname(real)))])]
}

// One folder may be written in two ways, from here and from the root.
const foldersBetween = (top: string, folder: string): readonly string[] =>
  isInside(top, folder) || !isInside(folder, top) ? [folder] : [...foldersBetween(top, dirname(folder)), folder]
