import * as z from 'zod'
import { readDocument } from './document.ts'
import { ConfigFaults, type Fault, type Finding, type Findings } from './faults.ts'
import { freeText, group } from './fields.ts'
import { LOOKS, looksLikeGuid } from './group-kinds.ts'
import { folded, oneReading } from './one-reading.ts'
import { asWritten } from './paths.ts'
import { nameOf, type PolicyFiles } from './policy-files.ts'
import { sayIssue, schemaFindings } from './schema-faults.ts'
import type { ConfigFile } from './schema.ts'
import type { World } from './world.ts'

/** Of each IdP with a names file: what its groups are called, by id. No id and no name stands there twice. */
export type GroupNames = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Reads what `groups.names_file` of each IdP names. What is wrong in such a file is a fault of that file. */
export function readGroupNames(
  file: ConfigFile,
  files: PolicyFiles,
  world: World,
  findings: Findings,
): { readonly names: GroupNames; readonly faults: readonly Fault[] } {
  const names = new Map<string, ReadonlyMap<string, string>>()
  const faults: Fault[] = []
  file.idps.forEach(({ id, groups: { kind, names_file: written } }, index) => {
    if (written === undefined) return
    const here = ['idps', index, 'groups', 'names_file']
    if (kind !== 'id' && kind !== 'sid') {
      findings.fault(here, 'goes with "kind: id" (or sid) beside it: other groups are called by their own names')
      return
    }
    const path = asWritten(written, world)
    const read = files.text(path)
    if ('fault' in read) findings.fault(here, read.fault)
    else {
      const found = namesIn(read.text, nameOf(path, world), LOOKS[kind])
      if ('faults' in found) faults.push(...found.faults)
      else names.set(id, found.names)
    }
  })
  return { names, faults }
}

const NamesFile = z.record(group, freeText)

type Read = { readonly names: ReadonlyMap<string, string> } | { readonly faults: readonly Fault[] }

function namesIn(text: string, file: string, looksRight: (id: string) => boolean): Read {
  try {
    const document = readDocument(text, file)
    const parsed = NamesFile.safeParse(document.value, { error: sayIssue })
    const findings = parsed.success
      ? notOneToOne(Object.entries(parsed.data), looksRight)
      : schemaFindings(parsed.error)
    const faults = [...document.faults, ...findings.map(document.locate)]
    return parsed.success && faults.length === 0 ? { names: new Map(Object.entries(parsed.data)) } : { faults }
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return thrown
    throw thrown
  }
}

/**
 * threats.md R6: one id, one name. Names that differ only on a close look count as the same: reviewers would take them
 * for one.
 */
function notOneToOne(
  entries: readonly (readonly [id: string, name: string])[],
  looksRight: (id: string) => boolean,
): readonly Finding[] {
  const ids = new Map<string, string>()
  const names = new Map<string, string>()
  const known = new Set(entries.map(([id]) => folded(id)))
  return entries.flatMap(([id, name]) => {
    const path = [id]
    const [sameId, sameName] = [ids.get(folded(id)), names.get(folded(name))]
    ids.set(folded(id), id)
    names.set(folded(name), id)
    return [
      ...(looksRight(id) ? [] : [{ path, message: 'does not look like the id of a group', at: 'key' as const }]),
      ...(sameId === undefined ? [] : [{ path, message: `differs from ${sameId} in case only`, at: 'key' as const }]),
      ...(sameName === undefined ? [] : [{ path, message: `is the name of ${sameName} too` }]),
      ...(known.has(folded(name)) || looksLikeGuid(name)
        ? [{ path, message: 'is an id, not a name: a rule could mean either group' }]
        : []),
      ...oneReading(name).map((message) => ({ path, message })),
    ]
  })
}
