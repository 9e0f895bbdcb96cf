import { basename, dirname, join } from 'node:path'
import { folderOf } from './paths.ts'
import type { World } from './world.ts'

/**
 * The same world, in which the files of the policy are these and no others: the main one first, each by its name from that one's folder. Secrets, keys
 * and metadata are where they were.
 */
export function withFiles(files: readonly { readonly name: string; readonly text: string }[], world: World): World {
  const [main, ...others] = files
  const real = folderOf(world)
  const texts = new Map<string, { readonly text: string; readonly real: string }>()
  if (main !== undefined) texts.set(world.file, { text: main.text, real: world.file })
  for (const { name, text } of others)
    // As the file names it, and as it is really called.
    for (const folder of [dirname(world.file), real]) texts.set(join(folder, name), { text, real: join(real, name) })
  return {
    ...world,
    readFile: (path) => texts.get(path)?.text ?? world.readFile(path),
    realPath: (path) => texts.get(path)?.real ?? world.realPath(path),
    fileMode: (path) => (texts.has(path) ? 0o100600 : world.fileMode(path)),
    fileOwner: (path) => (texts.has(path) ? 0 : world.fileOwner(path)),
    listFolder: (path) => [...texts.keys()].filter((file) => dirname(file) === path).map((file) => basename(file)),
    // Nobody puts another file in the place of a text.
    isReadOnly: () => true,
  }
}
