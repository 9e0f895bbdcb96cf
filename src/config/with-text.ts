import { folderOf, isInside } from './paths.ts'
import type { World } from './world.ts'

/** The same world, in which the configuration file is this text. */
export const withText = (text: string, world: World): World => ({
  ...world,
  readFile: (path) => (path === world.file ? text : world.readFile(path)),
  realPath: (path) => (path === world.file ? path : world.realPath(path)),
  fileMode: (path) => (path === world.file ? 0o600 : world.fileMode(path)),
  fileOwner: (path) => (path === world.file ? 0 : world.fileOwner(path)),
  // Nobody puts another file in the place of a text, and it is found through nothing.
  isReadOnly: (path) => isInside(folderOf(world), path) || world.isReadOnly(path),
})
