import type { Config } from './config.ts'
import { readDocument } from './document.ts'
import { errnoOf } from './files.ts'
import { ConfigFaults, printFault, type Finding, type Findings } from './faults.ts'
import { runInFileTests } from './in-file-tests.ts'
import { lint } from './lint.ts'
import { openPolicyFiles, type PolicyFiles } from './policy-files.ts'
import { resolve } from './resolve.ts'
import { schemaFindings, sayIssue } from './schema-faults.ts'
import { ConfigFile } from './schema.ts'
import { readSecrets } from './secrets.ts'
import type { World } from './world.ts'

export { ConfigFaults, printFaults } from './faults.ts'

/** A configuration that may be used. */
export type Loaded = {
  readonly config: Config
  /** What its operator should still know: a line each, with file and position. */
  readonly warnings: readonly string[]
  /** Names the policy on records: two gateways that read the same files have the same. */
  readonly hash: string
  /** Where every file of the policy really is: who watches them hears of a change. */
  readonly files: readonly string[]
}

/** A `git pull` over a few hundred files is done within so many readings, or somebody keeps writing. */
const MOST_READINGS = 5

/**
 * Reads rolegate.yaml whole or not at all: YAML → schema → lint and secrets → in-file tests. Each stage finds all it can;
 * the next runs when it found nothing. Throws ConfigFaults, never anything else; nothing in the world changes.
 */
export function loadConfig(world: World): Loaded {
  for (let reading = 1; reading <= MOST_READINGS; reading++) {
    const files = openPolicyFiles(world)
    const outcome = readAll(world, files)
    // What was read while somebody wrote is neither right nor wrong (threats.md R9).
    if (!files.unchanged()) continue
    if (outcome instanceof ConfigFaults) throw outcome
    return { ...outcome, hash: files.hash(), files: files.paths() }
  }
  throw new ConfigFaults([{ ...TOP, message: 'keeps changing while it is read; try again when nobody writes to it' }])
}

const TOP = { line: 1, column: 1, path: '' }

function readAll(world: World, files: PolicyFiles): Pick<Loaded, 'config' | 'warnings'> | ConfigFaults {
  try {
    return readFile(world, files)
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return thrown
    throw thrown
  }
}

function readFile(world: World, files: PolicyFiles): Pick<Loaded, 'config' | 'warnings'> {
  const document = readDocument(textOf(world.file, files))
  if (document.value === null) refuse([{ ...TOP, message: 'the file is empty' }])
  const parsed = ConfigFile.safeParse(document.value, { error: sayIssue })
  const findings = parsed.success ? [] : schemaFindings(parsed.error)
  const faults = [...document.faults, ...findings.map(document.locate)]
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults)

  const found: Finding[] = []
  const warned: Finding[] = []
  const into: Findings = {
    fault: (path, message, at) => void found.push({ path, message, ...(at !== undefined && { at }) }),
    warn: (path, message, at) => void warned.push({ path, message, ...(at !== undefined && { at }) }),
  }
  lint(parsed.data, into, world.insecureDev)
  const secrets = readSecrets(parsed.data, world, into)
  refuse(found.map(document.locate))

  const config = resolve(parsed.data, secrets, world)
  refuse(runInFileTests(parsed.data, config).map(document.locate))
  return { config, warnings: warned.map((finding) => printFault(world.file, document.locate(finding))) }
}

/** The file's text, or the fault that it has none. */
function textOf(path: string, files: PolicyFiles): string {
  let bytes: Uint8Array
  try {
    bytes = files.read(path)
  } catch (thrown) {
    throw new ConfigFaults([{ ...TOP, message: `cannot be read${errnoOf(thrown)}` }])
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ConfigFaults([{ ...TOP, message: 'is not UTF-8 text; save it as UTF-8' }])
  }
}

function refuse(faults: ConfigFaults['faults']): void {
  if (faults.length > 0) throw new ConfigFaults(faults)
}
