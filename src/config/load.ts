import { basename } from 'node:path'
import type { Rule } from '../domain/entitlement/rule.ts'
import type { Config } from './config.ts'
import { readDocument } from './document.ts'
import { ConfigFaults, printPath, type Fault, type Finding, type Findings, type Tested } from './faults.ts'
import { withGroupIds } from './group-ids.ts'
import { readGroupNames, type GroupNames } from './group-names.ts'
import { readIncluded } from './includes.ts'
import { runInFileTests, type Answer } from './in-file-tests.ts'
import { lint } from './lint.ts'
import { lintAccess } from './lint/access.ts'
import { lintEgressPins } from './lint/egress.ts'
import { printWho } from './policy.ts'
import { openPolicyFiles, type PolicyFiles } from './policy-files.ts'
import { resolve } from './resolve.ts'
import { schemaFindings, sayIssue } from './schema-faults.ts'
import { ConfigFile } from './schema.ts'
import { readSecrets, type Secrets } from './secrets.ts'
import { readSessionPolicies, type InlinePolicies } from './session-policies.ts'
import { wholeFile, type WholeFile } from './whole-file.ts'
import { writtenByOthers } from './who-may-write.ts'
import type { World } from './world.ts'

export { ConfigFaults, printFault, printFaults, type Fault, type Tested } from './faults.ts'
export { rulesOf } from './mapping.ts'

/** Everything a configuration is made from, read and checked. Plain data, so that another thread can have made it. */
export type Checked = {
  readonly file: ConfigFile
  readonly secrets: Secrets
  readonly policies: InlinePolicies
  readonly groupNames: GroupNames
}

/** The configuration of what was checked, which takes little of the time; most of that is its rules, if they were not made before. */
export const configOf = ({ file, secrets, ...read }: Checked, world: World, rules?: readonly Rule[]): Config =>
  resolve(file, secrets, read, world, rules)

/** A configuration that may be used. */
export type Loaded = {
  readonly checked: Checked
  readonly config: Config
  /** What its own tests asked, and what came of it. */
  readonly tests: readonly Tested[]
  /** What its operator should still know. */
  readonly warnings: readonly Fault[]
  /** Names the policy on records: two gateways that read the same files have the same. */
  readonly hash: string
  /** Where every file of the policy really is; the main one first. */
  readonly files: readonly string[]
  /** The same as they were read: what comes into force is kept (threats.md R10). */
  readonly texts: readonly { readonly name: string; readonly text: string }[]
  /** Where it says who operates, or would: what locks all of them out is a fault of this place. */
  readonly operatorsAt: Pick<Fault, 'line' | 'column' | 'path'>
  /** Where something stands, for who finds more to say of it. */
  readonly locate: (finding: Finding) => Fault
}

type Readings = Pick<Loaded, 'checked' | 'config' | 'warnings' | 'tests' | 'operatorsAt' | 'locate'>

/**
 * How often files are read again if they change meanwhile. A `git pull` is done by then; otherwise somebody keeps
 * writing.
 */
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
    return { ...outcome, hash: files.hash(), files: files.readings().map(({ real }) => real), texts: files.texts() }
  }
  throw new ConfigFaults([{ ...TOP, message: 'keeps changing while it is read; try again when nobody writes to it' }])
}

const TOP = { line: 1, column: 1, path: '' }

function readAll(world: World, files: PolicyFiles): Readings | ConfigFaults {
  try {
    return readFile(world, files)
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return thrown
    throw thrown
  }
}

function readFile(world: World, files: PolicyFiles): Readings {
  const main = readMain(world, files)
  const found: Finding[] = []
  const warned: Finding[] = []
  const findings = (nameOf: Findings['nameOf']): Findings => ({
    fault: (path, message, at) => void found.push({ path, message, ...(at !== undefined && { at }) }),
    warn: (path, message, at) => void warned.push({ path, message, ...(at !== undefined && { at }) }),
    nameOf,
  })
  const { included, faults } = readIncluded(main, files, world, findings(printPath))
  refuse([...faults, ...found.map(main.document.locate)])

  const whole = wholeFile(main, included)
  const locate = (finding: Finding) => whole.locate(finding)
  const into = findings((path) => whole.nameOf(path))
  const read = readGroupNames(whole.file, files, world, into)
  const file = withGroupIds(whole.file, read.names, into)
  lint({ ...whole, file }, into, world.insecureDev)
  const secrets = readSecrets(file, world, into)
  const policies = readSessionPolicies(file, world, files, into)
  const open = world.withoutSecrets === true ? [] : writtenByOthers(files, world)
  const isRefused = world.purpose === 'serve' && !world.insecureDev
  refuse([...read.faults, ...found.map(locate), ...policies.faults, ...(isRefused ? open : [])])

  const checked = { file, secrets, policies: policies.inline, groupNames: read.names }
  const config = configOf(checked, world)
  const answers = runInFileTests(file, config)
  // As they are written: with friendly names.
  const tests = answers.map((answer) => testedIn(whole, answer))
  const wrong = answers.flatMap(({ path, wrong: message }) => (message === undefined ? [] : [{ path, message }]))
  if (wrong.length > 0) throw new ConfigFaults(wrong.map(locate), tests)
  lintAccess(config.mapping, into)
  lintEgressPins(config, into)
  const warnings = [...(isRefused ? [] : open), ...warned.map(locate)]
  const { line, column, path } = locate({ path: ['admin', 'operators'], message: '' })
  return { checked, config, locate, tests, warnings, operatorsAt: { line, column, path } }
}

function testedIn(whole: WholeFile, { path, expects, role, because, wrong }: Answer): Tested {
  const [list = '', number = 0] = path
  const { file: name, line } = whole.locate({ path: [list, number], message: '' })
  const as = whole.file.tests[Number(number)]?.as
  return {
    ...(name !== undefined && { file: name }),
    line,
    as: as === undefined ? '' : printWho(as),
    expects,
    role,
    passed: wrong === undefined,
    because,
  }
}

function readMain(world: World, files: PolicyFiles) {
  const read = files.text(world.file)
  if ('fault' in read) throw new ConfigFaults([{ ...TOP, message: read.fault }])
  const document = readDocument(read.text)
  if (document.value === null) refuse([{ ...TOP, message: 'the file is empty' }])
  const parsed = ConfigFile.safeParse(document.value, { error: sayIssue })
  const findings = parsed.success ? [] : schemaFindings(parsed.error)
  const faults = [...document.faults, ...findings.map(document.locate)]
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults)
  return { name: basename(world.file), document, content: parsed.data }
}

function refuse(faults: ConfigFaults['faults']): void {
  if (faults.length > 0) throw new ConfigFaults(faults)
}
