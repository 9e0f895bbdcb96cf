import type { Findings, Path } from '../faults.ts'
import { kindOf, LOOKS } from '../group-kinds.ts'
import { oneReading, unseenIn } from '../one-reading.ts'
import type { ConfigFile } from '../schema.ts'

/** A group that the file names, of an IdP's people: groups match exactly, so one that is spelt otherwise than it looks meets nobody. */
export function lintGroup(
  group: string,
  path: Path,
  id: string | undefined,
  idps: ConfigFile['idps'],
  findings: Findings,
): void {
  for (const odd of [...oneReading(group), ...untidy(group)])
    findings.warn(path, `${odd}; groups match exactly [odd-group]`)
  lintKind(group, path, id, idps, findings)
}

const untidy = (group: string): readonly string[] => [
  ...(group === group.trim() ? [] : ['begins or ends with a space']),
  ...(unseenIn(group) || group.normalize('NFC') === group
    ? []
    : ['has letters and their accents apart, where most IdPs send one sign']),
]

/** One that looks like none of its IdP's, or without an IdP of no IdP's, is most likely a mistake. */
function lintKind(
  group: string,
  path: Path,
  id: string | undefined,
  idps: ConfigFile['idps'],
  findings: Findings,
): void {
  const meant = idps.filter((one) => id === undefined || one.id === id)
  const kinds = [...new Set(meant.map(kindOf))]
  if (meant.length === 0 || kinds.some((kind) => kind === undefined || LOOKS[kind](group))) return
  const [only] = meant.length === 1 ? meant : []
  const senders = only === undefined ? 'the IdPs here send' : `"${only.id}" sends`
  findings.warn(
    path,
    `does not look like a group of kind ${kinds.join(' or ')}, which ${senders}; groups match exactly [group-unlike-kind]`,
  )
}
