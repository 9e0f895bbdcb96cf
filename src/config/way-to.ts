import { dirname, isAbsolute, join } from 'node:path'
import { realOr } from './paths.ts'
import type { Link, World } from './world.ts'

/** One step on the way to a file: the real folder a name is looked up in, and its target if it is a link. */
export type Step = {
  readonly folder: string
  readonly entry: string
  readonly link: Link | undefined
  /** It is the file. */
  readonly isEnd: boolean
}

/** As many links as the kernel follows. */
const MOST_LINKS = 40

/** Every step that decides which file a path leads to, name by name from the root, as the kernel resolves it. */
export function wayTo(path: string, world: Pick<World, 'realPath' | 'linkAt'>): readonly Step[] {
  const steps: Step[] = []
  const ahead = path.split('/')
  let at = isAbsolute(path) ? '/' : realOr(world.realPath, '.')
  let links = 0
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue
    // Of a folder that really is where it says, for links were followed before.
    if (name === '..') at = dirname(at)
    else {
      const entry = join(at, name)
      const link = world.linkAt(entry)
      steps.push({ folder: at, entry, link, isEnd: link === undefined && ahead.length === 0 })
      if (link === undefined) at = entry
      else {
        if ((links += 1) > MOST_LINKS) return steps
        if (isAbsolute(link.to)) at = '/'
        ahead.unshift(...link.to.split('/'))
      }
    }
  }
  return steps
}
