import { existsSync } from 'node:fs'

/**
 * Where this program lies: the folder of its package.json. A module cannot tell from its own address, for the build puts many of them
 * into one file.
 */
export const PACKAGE = packageAbove(new URL('.', import.meta.url))

/** A program of ours that is started by itself, such as a thread's: `programAt('program/read-in-thread')`. */
export const programAt = (name: string): URL =>
  import.meta.url.endsWith('.ts') ? new URL(`src/${name}.ts`, PACKAGE) : new URL(`dist/${name}.js`, PACKAGE)

function packageAbove(folder: URL): URL {
  if (existsSync(new URL('package.json', folder))) return folder
  const above = new URL('..', folder)
  if (above.href === folder.href) throw new Error(`no package.json above ${import.meta.url}`)
  return packageAbove(above)
}
