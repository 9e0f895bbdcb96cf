import type { Fault } from './faults.ts'
import { modeOf, printMode } from './files.ts'
import { nameOf, type PolicyFiles } from './policy-files.ts'
import { wayTo, type Step } from './way-to.ts'
import type { World } from './world.ts'

/**
 * The policy files, and the folders and links that lead to them from the root, that anybody but root and this process's
 * user may write or move (threats.md R7).
 */
export function writtenByOthers(files: Pick<PolicyFiles, 'readings' | 'folders'>, asked: World): readonly Fault[] {
  const { user } = asked
  if (user === undefined) return []
  // Thousands of files have one way in common.
  const world = onceEach(asked)
  const listed = new Set(files.folders())
  const told = new Set<string>()
  return files.readings().flatMap(({ path, real }) => {
    const onTheWay = wayTo(path, world).flatMap((step) => {
      const message = told.has(step.folder) ? undefined : strangerAt(step, user, listed.has(step.folder), world)
      if (message !== undefined) told.add(step.folder)
      return message
    })
    const found = [strangerOf(real, user, world), ...onTheWay]
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
 * Somebody who may write a folder can replace any entry in it, whatever the entry's own mode. With the sticky bit they
 * can only add entries; that matters where `isListed`, since every file there is read.
 */
function strangerAt(step: Step, user: number, isListed: boolean, world: World): string | undefined {
  const { folder, entry, link, isEnd } = step
  // A Kubernetes volume is 0777 or 1777, but mounted read-only in the container.
  if (world.isReadOnly(folder)) return undefined
  // Mounted, and nobody moves what is mounted.
  if (link === undefined && !isEnd && world.isReadOnly(entry)) return undefined
  const found = isEnd ? 'stands in' : 'is found through'
  const owner = strangeOwner(folder, user, world)
  const replaces = 'can put another file in its place'
  if (owner !== undefined)
    return `${found} a folder of user ${owner}, who is neither root nor the one this runs as (${user}) and ${replaces}: chown root ${folder}`
  const mode = modeOf(folder, world)
  const writers = writersOf(mode)
  if (writers === undefined) return undefined
  const isSticky = (mode & 0o1000) !== 0
  if (isSticky && !isListed) return strangeLink(step, user)
  const does = isSticky ? 'can add files for `include` to take' : replaces
  return `${found} a folder that may be written by ${writers.who}, and whoever writes there ${does}: ${writers.cure} ${folder}`
}

/**
 * With the sticky bit only its owner can replace a link, so the owner matters. Files and folders are checked on their
 * own.
 */
function strangeLink({ entry, link }: Step, user: number): string | undefined {
  if (link === undefined || link.owner === 0 || link.owner === user) return undefined
  return `is found through a link of user ${link.owner}, who is neither root nor the one this runs as (${user}) and can lead it elsewhere: chown -h root ${entry}`
}

function writersOf(mode: number): { readonly who: string; readonly cure: string } | undefined {
  const [group, others] = [(mode & 0o020) !== 0, (mode & 0o002) !== 0]
  if (!group && !others) return undefined
  const who = others ? 'everybody on this machine' : 'its group'
  return { who: `${who} (mode ${printMode(mode)})`, cure: `chmod ${group ? 'g' : ''}${others ? 'o' : ''}-w` }
}

/**
 * The owner, unless that is root or this process's user. Undefined for something that is gone by now: that it changed
 * while being read is found elsewhere.
 */
function strangeOwner(real: string, user: number, { fileOwner }: World): number | undefined {
  try {
    const owner = fileOwner(real)
    return owner === 0 || owner === user ? undefined : owner
  } catch {
    return undefined
  }
}

const onceEach = (world: World): World => ({
  ...world,
  linkAt: once(world.linkAt),
  fileMode: once(world.fileMode),
  fileOwner: once(world.fileOwner),
  isReadOnly: once(world.isReadOnly),
})

function once<Answer>(ask: (path: string) => Answer): (path: string) => Answer {
  const known = new Map<string, Answer>()
  return (path) => {
    if (known.has(path)) return known.get(path) as Answer
    const answer = ask(path)
    known.set(path, answer)
    return answer
  }
}
