import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const EVERY_MS = 2_000
/** What was refused is tried again this often: the fault may have stood in a file that nobody watches yet. */
const RETRY_MS = 30_000
/** Files that move this long are read as they are: whoever keeps touching one of them must not hold a deny back. */
const MOVING_MS = 10_000

/**
 * Calls `reload` once the files of a configuration are others than before and keep still, or will not (threats.md R8). It looks at what their paths lead to, so
 * that a swapped symbolic link is seen as well as a write; and at the names beside them, for a file that was added.
 */
export function watchConfig(deps: {
  /** Of the configuration in force, and the one that names them all. */
  files: () => readonly string[]
  /** Folders whose files it takes as they come. */
  folders: () => readonly string[]
  /** True when what is on disk is in force then. */
  reload: () => Promise<boolean>
  fingerprint?: typeof fingerprintOf
}): { stop(): void } {
  const { fingerprint = fingerprintOf } = deps
  let seen: string | undefined
  let movingFor: number | undefined
  let refusedFor: number | undefined
  let next: NodeJS.Timeout | undefined
  let stopped = false

  async function look(): Promise<void> {
    const now = await fingerprint(deps.files(), deps.folders())
    const changed = seen !== undefined && now !== seen
    seen = now
    if (refusedFor !== undefined) refusedFor += EVERY_MS
    if (movingFor !== undefined) movingFor += EVERY_MS
    if (changed) movingFor ??= 0
    const isStill = movingFor !== undefined && !changed
    if (isStill || (movingFor ?? 0) >= MOVING_MS || (refusedFor ?? 0) >= RETRY_MS) {
      movingFor = undefined
      refusedFor = (await deps.reload()) ? undefined : 0
      seen = await fingerprint(deps.files(), deps.folders())
    }
  }

  function wait(): void {
    if (stopped) return
    next = setTimeout(() => void look().finally(wait), EVERY_MS).unref()
  }

  void look().finally(wait)
  return {
    stop() {
      stopped = true
      clearTimeout(next)
    },
  }
}

async function fingerprintOf(files: readonly string[], folders: readonly string[]): Promise<string> {
  const beside = new Set(files.map((file) => dirname(file)))
  const marks = [...files.map(markOf), ...[...beside].map(policiesIn), ...folders.map(namesIn)]
  return (await Promise.all(marks)).join('\n')
}

async function markOf(path: string): Promise<string> {
  try {
    const real = await realpath(path)
    const { mtimeMs, ctimeMs, size, ino } = await stat(real)
    return [path, real, mtimeMs, ctimeMs, size, ino].join(' ')
  } catch {
    return `${path} cannot be read`
  }
}

const namesIn = async (folder: string): Promise<string> =>
  (await readdir(folder).catch((): string[] => [])).toSorted().join(' ')

/** A database or an audit file may stand beside a configuration, and comes and goes. */
async function policiesIn(folder: string): Promise<string> {
  const names = (await namesIn(folder)).split(' ')
  return names.filter((name) => /\.(ya?ml|json)$/.test(name)).join(' ')
}
