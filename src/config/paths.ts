import { dirname, isAbsolute, join, normalize, relative } from 'node:path'
import type { World } from './world.ts'

/** The folder of the configuration file, real where the world knows it. */
export const folderOf = ({ file, realPath }: World): string => realOr(realPath, dirname(file))

/** A path of the file as the world understands it: absolute, or from the configuration folder. */
export const fromFolder = (path: string, world: World): string =>
  isAbsolute(path) ? normalize(path) : join(folderOf(world), path)

/**
 * A policy file's path as written, relative to the main file. The same for every copy of a release, whichever copy a
 * link leads to.
 */
export const asWritten = (path: string, { file }: World): string =>
  isAbsolute(path) ? normalize(path) : join(dirname(file), path)

/** True when `path` is `folder` or lies below it. Both real. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!isAbsolute(way) && way !== '..' && !/^\.\.[\\/]/.test(way))
}

/** Where the path really leads; the path itself while nothing stands there. */
export const realOr = (realPath: World['realPath'], path: string): string => {
  try {
    return realPath(path)
  } catch {
    return path
  }
}
