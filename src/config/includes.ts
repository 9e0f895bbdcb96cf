import { dirname, isAbsolute, posix } from 'node:path'
import { didYouMean } from './did-you-mean.ts'
import { readDocument, type ReadDocument } from './document.ts'
import { MOST_TOKENS } from './yaml-size.ts'
import { ConfigFaults, type Fault, type Finding, type Findings, type Path } from './faults.ts'
import { filesMeant } from './globs.ts'
import { nameOf, type PolicyFiles } from './policy-files.ts'
import { sayIssue, schemaFindings } from './schema-faults.ts'
import { ConfigFile, IncludedFile } from './schema.ts'
import { itemsOf } from './selectors.ts'
import type { World } from './world.ts'

/** A file that was included, and which entry of `include` did. */
export type Included = {
  readonly name: string
  readonly entry: number
  readonly document: ReadDocument
  readonly content: IncludedFile
}

/**
 * Every file that `include` names: entry by entry, and within an entry ordered by path. A mistake in an entry is a
 * finding; one in a file is a fault of that file.
 */
export function readIncluded(
  main: { readonly content: ConfigFile; readonly document: Pick<ReadDocument, 'tokens'> },
  files: PolicyFiles,
  world: World,
  findings: Findings,
): { readonly included: readonly Included[]; readonly faults: readonly Fault[] } {
  const included: Included[] = []
  const faults: Fault[] = []
  const taken = new Map<string, number>()
  let tokens = main.document.tokens
  main.content.include.forEach((entry, number) => {
    for (const path of pathsOf(entry.files, ['include', number, 'files'], files, world, findings)) {
      const name = nameOf(path, world)
      const other = taken.get(path)
      taken.set(path, number)
      if (path === world.file) findings.fault(['include', number, 'files'], 'means this file itself')
      else if (other !== undefined)
        findings.fault(
          ['include', number, 'files'],
          `"${name}" is included by include[${other}] too: which fence is its?`,
        )
      else {
        const read = tokens > MOST_TOKENS ? { faults: [] } : readOne(path, name, files)
        if ('document' in read) tokens += read.document.tokens
        if ('document' in read && tokens > MOST_TOKENS) faults.push({ ...TOP, message: TOO_MUCH, file: name })
        if ('faults' in read) faults.push(...read.faults)
        else included.push({ ...read, name, entry: number })
      }
    }
  })
  return { included, faults }
}

const TOP = { line: 1, column: 1, path: '' }
const TOO_MUCH =
  'makes the policy more than is read, all files together: 3,000,000 words, signs and spaces of YAML, which are some 45,000 rules'

function pathsOf(
  written: string | readonly string[],
  at: Path,
  files: PolicyFiles,
  world: World,
  findings: Findings,
): ReadonlySet<string> {
  const paths = itemsOf(written).flatMap((item, index) => {
    const here = typeof written === 'string' ? at : [...at, index]
    const meant = isAbsolute(item)
      ? { fault: 'must be a path from this file, as in rules/*.yaml' }
      : filesMeant(item, dirname(world.file), files)
    if ('paths' in meant) return meant.paths
    findings.fault(here, meant.fault)
    return []
  })
  return new Set(paths)
}

function readOne(
  path: string,
  name: string,
  files: PolicyFiles,
): Pick<Included, 'document' | 'content'> | { readonly faults: readonly Fault[] } {
  const fault = (message: string) => ({ faults: [{ ...TOP, message, file: name }] })
  const read = files.text(path)
  if ('fault' in read) return fault(read.fault)
  try {
    const document = readDocument(read.text, name)
    if (document.value === null) return fault('the file is empty')
    const parsed = IncludedFile.safeParse(document.value, { error: sayIssue })
    const findings = parsed.success ? [] : schemaFindings(parsed.error).map(saidOfIncluded)
    const faults = [...document.faults, ...findings.map(document.locate)]
    return parsed.success && faults.length === 0
      ? { document, content: withPathsFrom(dirname(name), parsed.data) }
      : { faults }
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return thrown
    throw thrown
  }
}

/** Paths in it start at its own folder; from here on all start at the main file's. */
const withPathsFrom = (folder: string, content: IncludedFile): IncludedFile => ({
  ...content,
  rules: content.rules.map((rule) => {
    const { session_policy_file: file } = rule.grant ?? {}
    if (rule.grant === undefined || file === undefined || isAbsolute(file)) return rule
    return { ...rule, grant: { ...rule.grant, session_policy_file: posix.join(folder, file) } }
  }),
})

/**
 * threats.md R7: an included file may only bring rules. Whom to trust, and which accounts and roles there are, only the
 * main file says.
 */
function saidOfIncluded(finding: Finding): Finding {
  const [key, ...below] = finding.path
  if (finding.at !== 'key' || typeof key !== 'string' || below.length > 0) return finding
  const message = Object.hasOwn(ConfigFile.shape, key)
    ? 'does not stand in an included file: it holds rules and tests'
    : `unknown key${didYouMean(key, Object.keys(IncludedFile.shape))}`
  return { ...finding, message }
}
