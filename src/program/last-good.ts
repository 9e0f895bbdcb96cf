import { readFileSync } from 'node:fs'
import { findLastGood } from '../compose/last-good.ts'
import type { Host } from '../compose/host.ts'
import type { FromLastGood } from '../compose/world.ts'
import { ConfigFaults, printFault, type Loaded } from '../config/load.ts'
import { plain } from '../domain/plain.ts'
import { readFrom, readOwnInstallation, type ReadOptions } from './read-config.ts'

/**
 * `serve --last-good` with an unusable file: the configuration that was in force last, from the store that the file
 * names (threats.md R10). Undefined, with a message on stderr, if none may be used.
 */
export async function loadLastGood(
  file: string,
  refused: ConfigFaults,
  options: ReadOptions,
  host: Host,
): Promise<{ readonly loaded: Loaded; readonly from: FromLastGood } | undefined> {
  try {
    const found = await findLastGood(readOwnInstallation(file), readFileSync(file, 'utf8'), host)
    if ('because' in found) return no(found.because)
    const loaded = readFrom(found.files, file, options)
    if (loaded.hash !== found.hash) return no('what was kept is not what was in force')
    process.stderr.write(
      `warning: ${plain(file)} is refused, and the configuration of ${found.at} (${found.hash}) is used in its place. Repair the file: it is taken up by itself.\n`,
    )
    const faults = refused.faults.map((fault) => printFault(file, fault))
    return { loaded, from: { since: new Date(found.at), faults } }
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return no(thrown.faults.map((fault) => printFault(file, fault)).join('\n'))
    return no(thrown instanceof Error ? thrown.message : 'the store cannot be opened')
  }
}

function no(because: string): undefined {
  process.stderr.write(`error: --last-good finds nothing to use: ${plain(because)}\n`)
  return undefined
}
