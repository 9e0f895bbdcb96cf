import type { Findings, Path } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { lintGroup } from './group-spelling.ts'
import { lintIdpName } from './rules.ts'

type Written = ConfigFile['admin']['operators']
type Selector = Exclude<Exclude<Written, undefined>, readonly unknown[]>

/** Operators and auditors: of a named IdP, and by groups that exist by name (threats.md R3). */
export function lintAdmin(file: ConfigFile, findings: Findings): void {
  for (const key of ['operators', 'auditors'] as const) {
    const written = file.admin[key]
    const path = ['admin', key]
    if (Array.isArray(written)) written.forEach((one, index) => lintSelector(one, [...path, index], file, findings))
    else if (written !== undefined) lintSelector(written, path, file, findings)
  }
}

/** One selector or a list of them, as a list. */
export const selectorsOf = (written: Written): readonly Selector[] =>
  written === undefined ? [] : Array.isArray(written) ? written : [written]

function lintSelector({ idp, group, any_of: anyOf }: Selector, path: Path, file: ConfigFile, findings: Findings): void {
  if (idp === undefined) findings.fault([...path, 'idp'], 'is missing: who runs Rolegate is said by an IdP you name')
  else lintIdpName(idp, [...path, 'idp'], file.idps, findings)
  if ((group === undefined) === (anyOf === undefined)) findings.fault(path, 'needs exactly one of group, any_of')
  const written = [
    ...(anyOf ?? []).map((one, index) => [one, ['any_of', index]] as const),
    ...(group === undefined ? [] : [[group, ['group']] as const]),
  ]
  for (const [one, below] of written) {
    if (one === '*') findings.fault([...path, ...below], '"*" is no group: name the groups that may see everything')
    else lintGroup(one, [...path, ...below], idp, file.idps, findings)
  }
}
