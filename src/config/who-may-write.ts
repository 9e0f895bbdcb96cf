import type { Fault } from './faults.ts'
import { modeOf, printMode } from './files.ts'
import { nameOf, type PolicyFiles } from './policy-files.ts'
import type { World } from './world.ts'

/** Files of the policy that somebody else than root and this process's user may write (threats.md R7). */
export function writtenByOthers(files: PolicyFiles, world: World): readonly Fault[] {
  const { user } = world
  if (user === undefined) return []
  return files.readings().flatMap(({ path, real }) => {
    const message = strangerOf(real, user, world)
    const file = path === world.file ? undefined : nameOf(path, world)
    return message === undefined ? [] : [{ line: 1, column: 1, path: '', message, ...(file !== undefined && { file }) }]
  })
}

function strangerOf(real: string, user: number, world: World): string | undefined {
  const mode = modeOf(real, world)
  const [group, others] = [(mode & 0o020) !== 0, (mode & 0o002) !== 0]
  const decides = 'and whoever writes it decides who may do what'
  if (group || others) {
    const who = others ? 'everybody on this machine' : 'its group'
    return `may be written by ${who} (mode ${printMode(mode)}), ${decides}: chmod ${group ? 'g' : ''}${others ? 'o' : ''}-w ${real}`
  }
  const owner = ownerOf(real, world)
  if (owner === undefined || owner === 0 || owner === user) return undefined
  return `belongs to user ${owner}, who is neither root nor the one this runs as (${user}), ${decides}: chown root ${real}`
}

/** A file that is gone by now was not read at rest, which is found elsewhere. */
function ownerOf(real: string, { fileOwner }: World): number | undefined {
  try {
    return fileOwner(real)
  } catch {
    return undefined
  }
}
