import type { Config } from './config.ts'
import { readDocument } from './document.ts'
import { ConfigFaults, printFault, type Finding, type Findings } from './faults.ts'
import { runInFileTests } from './in-file-tests.ts'
import { lint } from './lint.ts'
import { resolve } from './resolve.ts'
import { schemaFindings, sayIssue } from './schema-faults.ts'
import { ConfigFile } from './schema.ts'
import { readSecrets } from './secrets.ts'
import type { World } from './world.ts'

export { ConfigFaults, printFaults } from './faults.ts'

/** A configuration that may be used, and what its operator should still know: a line each, with file and position. */
export type Loaded = { readonly config: Config; readonly warnings: readonly string[] }

/**
 * Reads rolegate.yaml whole or not at all: YAML → schema → lint and secrets → in-file tests. Each stage finds all it can;
 * the next runs when it found nothing. Throws ConfigFaults, never anything else; nothing in the world changes.
 */
export function loadConfig(text: string, world: World): Loaded {
  const document = readDocument(text)
  if (document.value === null) refuse([{ line: 1, column: 1, path: '', message: 'the file is empty' }])
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

function refuse(faults: ConfigFaults['faults']): void {
  if (faults.length > 0) throw new ConfigFaults(faults)
}
