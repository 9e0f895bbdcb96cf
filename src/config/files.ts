import { isAbsolute } from 'node:path'
import type { Findings, Path } from './faults.ts'
import { folderOf, fromFolder, isInside, realOr } from './paths.ts'
import type { World } from './world.ts'

/** The variable's value; that it is not set is a fault. */
export function readVariable(variable: string, path: Path, world: World, findings: Findings): string | undefined {
  if (world.withoutSecrets === true) return undefined
  const { env } = world
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined
  if (value === undefined) findings.fault(path, `the environment variable ${variable} is not set`)
  return value
}

/** The file as text; that it cannot be read is a fault. */
export function readText(path: string, at: Path, world: World, findings: Findings): string | undefined {
  const found = readFile(path, at, world, findings)
  return found instanceof Uint8Array ? new TextDecoder().decode(found) : found
}

/** A file outside the configuration folder is read only when its path says so from the root. */
export function readFile(path: string, at: Path, world: World, findings: Findings): string | Uint8Array | undefined {
  const asked = fromFolder(path, world)
  try {
    const real = world.realPath(asked)
    if (!isAbsolute(path) && !isInside(real, folderOf(world))) {
      findings.fault(at, 'leads out of the configuration folder; write an absolute path if that is meant')
      return undefined
    }
    if (world.withoutSecrets === true) return undefined
    if (isNoFile(real, world)) findings.fault(at, NO_FILE)
    else return world.readFile(real)
    return undefined
  } catch (thrown) {
    if (world.withoutSecrets !== true) findings.fault(at, whyUnread(asked, thrown))
    return undefined
  }
}

/** The whole path, for a relative one starts where few look. */
export const whyUnread = (path: string, thrown: unknown): string =>
  errnoOf(thrown) === ' (ENOENT)' ? `there is no ${path}` : `${path} cannot be read${errnoOf(thrown)}`

/** ` (ENOENT)`: the code says enough, and the message of a stranger might say too much. */
export const errnoOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? ` (${thrown.code})` : ''

/** A secret that everybody may read is warned of (security.md K-4). */
export function warnIfOpen(path: string, at: Path, world: World, findings: Findings): void {
  if (world.withoutSecrets === true) return
  const mode = modeOf(realOr(world.realPath, fromFolder(path, world)), world)
  if ((mode & 0o007) !== 0)
    findings.warn(at, `may be read by everybody on this machine (mode ${printMode(mode)}) [secret-readable-by-all]`)
}

/** A file that is not there is open to nobody; that it is not there is said elsewhere. */
export function modeOf(path: string, { fileMode }: World): number {
  try {
    return fileMode(path)
  } catch {
    return 0
  }
}

/** A pipe or a device may never end, or blocks: reading it would hold up everybody who is served. */
export const isNoFile = (real: string, world: World): boolean =>
  [0o010000, 0o020000, 0o060000, 0o140000].includes(modeOf(real, world) & 0o170000)

export const NO_FILE = 'is a pipe, a socket or a device: only a regular file is read'

export const printMode = (mode: number): string => (mode & 0o1777).toString(8).padStart(4, '0')
