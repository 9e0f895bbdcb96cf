import { listed } from '../../domain/listed.ts'
import type { Findings, Path } from '../faults.ts'
import { reachOf } from '../reach.ts'
import type { ConfigFile, Fence, RuleEntry } from '../schema.ts'
import { accountsMeant, rolesMeant } from '../selectors.ts'
import type { WholeFile } from '../whole-file.ts'
import { lintAccountSelector, lintIdpName, lintRoleSelector, lintWorkloadName } from './rules.ts'

/**
 * threats.md R7: an included file's rules must stay within its entry's fence. They are refused if they do not, never
 * cut to fit.
 */
export function lintIncludes({ file, fenced }: Pick<WholeFile, 'file' | 'fenced'>, findings: Findings): void {
  const fences = file.include.map(({ within }, index) => {
    lintFence(within, ['include', index, 'within'], file, findings)
    return {
      ...within,
      accounts: accountsMeant(within.accounts, file.accounts),
      roles: rolesMeant(within.roles, file.roles),
    }
  })
  for (const { rule, entry } of fenced) {
    const [written, fence] = [file.rules[rule], fences[entry]]
    if (written === undefined || fence === undefined) continue
    const path = ['rules', rule]
    lintWhom(written, [...path, 'match'], fence, file, findings)
    lintReach(written, path, fence, file, findings)
  }
}

function lintFence(
  { idps, workloads, accounts, roles }: Fence,
  path: Path,
  file: ConfigFile,
  findings: Findings,
): void {
  idps.forEach((id, index) => lintIdpName(id, [...path, 'idps', index], file.idps, findings))
  workloads.forEach((id, index) => void lintWorkloadName(id, [...path, 'workloads', index], file.workloads, findings))
  lintAccountSelector(accounts, [...path, 'accounts'], file, findings)
  lintRoleSelector(roles, [...path, 'roles'], file, findings)
}

/** Whose people a rule meets. A deny is fenced too: it would lock another team out. */
function lintWhom(
  { match: { idp, workload } }: RuleEntry,
  path: Path,
  fence: Pick<Fence, 'idps' | 'workloads'>,
  file: ConfigFile,
  findings: Findings,
): void {
  if (workload !== undefined) {
    if (file.workloads.some(({ id }) => id === workload) && !fence.workloads.includes(workload))
      findings.fault(
        [...path, 'workload'],
        `"${workload}" is outside the fence of this file: ${spokenOf(fence.workloads)}`,
      )
  } else if (idp === undefined)
    findings.fault(path, `names no IdP, so it meets everybody: outside the fence of this file: ${spokenOf(fence.idps)}`)
  else if (file.idps.some(({ id }) => id === idp) && !fence.idps.includes(idp))
    findings.fault([...path, 'idp'], `"${idp}" is outside the fence of this file: ${spokenOf(fence.idps)}`)
}

const spokenOf = (ids: readonly string[]): string =>
  ids.length === 0 ? 'it may speak of none' : `it may speak of ${listed(ids, MOST_NAMED)}`

function lintReach(
  rule: RuleEntry,
  path: Path,
  fence: { readonly accounts: ReadonlySet<string>; readonly roles: ReadonlySet<string> },
  file: ConfigFile,
  findings: Findings,
): void {
  const reach = reachOf(rule, file)
  for (const key of ['accounts', 'roles'] as const) {
    const { meant, writtenAt } = reach[key]
    const outside = [...meant].filter((name) => !fence[key].has(name))
    if (outside.length > 0)
      findings.fault([...path, ...writtenAt], `reaches outside the fence of this file: ${listed(outside, MOST_NAMED)}`)
  }
}

const MOST_NAMED = 5
