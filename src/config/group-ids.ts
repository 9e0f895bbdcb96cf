import { didYouMean } from './did-you-mean.ts'
import type { Findings, Path } from './faults.ts'
import { looksLikeGuid } from './group-kinds.ts'
import type { GroupNames } from './group-names.ts'
import { folded } from './one-reading.ts'
import type { RequireEntry } from './require-schema.ts'
import type { ConfigFile } from './schema.ts'

/**
 * The file with group ids in place of friendly names. What an IdP states is only compared with ids, so a group that
 * somebody gave such a name opens nothing (threats.md R6). A name that is in no names file is a fault. So is an id in
 * other letter case than there: ids match exactly, so a deny with it would close nothing (threats.md R4).
 */
export function withGroupIds(file: ConfigFile, names: GroupNames, findings: Findings): ConfigFile {
  if (names.size === 0) return file
  const books = new Map([...names].map(([idp, byId]) => [idp, new Map([...byId].map(([id, name]) => [name, id]))]))
  const spelt = new Map([...names].map(([idp, byId]) => [idp, new Map([...byId.keys()].map((id) => [folded(id), id]))]))
  /** Whether an id stands in a names file; a fault where it does, spelt otherwise. */
  const isNamed = (written: string, idp: string | undefined, path: Path): boolean => {
    for (const [other, ids] of spelt) {
      const id = idp === undefined || idp === other ? ids.get(folded(written)) : undefined
      if (id === undefined) continue
      if (id !== written)
        findings.fault(path, `is spelt "${id}" in the names_file of "${other}"; ids match as they are spelt`)
      return true
    }
    return false
  }
  const idOf = (written: string, idp: string | undefined, path: Path, isDeny = false): string => {
    const book = idp === undefined ? undefined : books.get(idp)
    if (book === undefined) {
      const [other] = idp === undefined ? ([...books].find(([, one]) => one.has(written)) ?? []) : []
      if (other !== undefined)
        findings.fault(path, `is what the names_file of "${other}" calls a group: name the IdP beside it`)
      else if (idp === undefined && looksLikeGuid(written)) lintId(written, idp, path, isDeny)
      return written
    }
    const id = book.get(written)
    if (id !== undefined || written === '*') return id ?? written
    if (looksLikeGuid(written)) lintId(written, idp, path, isDeny)
    else if (!isNamed(written, idp, path))
      findings.fault(
        path,
        `"${idp}" has no group of that name or id in its names_file${didYouMean(written, book.keys())}`,
      )
    return written
  }
  const lintId = (written: string, idp: string | undefined, path: Path, isDeny: boolean): void => {
    if (isNamed(written, idp, path) || !isDeny) return
    findings.warn(path, 'denies a group that no names_file has: is that its id? [deny-of-unnamed-group]')
  }
  const allOf = (written: readonly string[], idp: string | undefined, path: Path, isDeny = false) =>
    written.map((one, index) => idOf(one, idp, [...path, index], isDeny))
  const whom = <Selector extends Whom>(selector: Selector, path: Path, isDeny = false): Selector => ({
    ...selector,
    ...(selector.group !== undefined && { group: idOf(selector.group, selector.idp, [...path, 'group'], isDeny) }),
    ...(selector.any_of !== undefined && { any_of: allOf(selector.any_of, selector.idp, [...path, 'any_of'], isDeny) }),
  })
  const staff = (key: 'operators' | 'auditors') => {
    const written = file.admin[key]
    if (written === undefined) return {}
    const path = ['admin', key]
    return {
      [key]: Array.isArray(written) ? written.map((one, index) => whom(one, [...path, index])) : whom(written, path),
    }
  }
  const asking = <Asking extends { readonly require?: RequireEntry | undefined }>(one: Asking, path: Path): Asking => {
    const { require } = one
    if (require?.approval === undefined) return one
    const by = whom(require.approval.by, [...path, 'require', 'approval', 'by'])
    return { ...one, require: { ...require, approval: { ...require.approval, by } } }
  }
  return {
    ...file,
    roles: Object.fromEntries(Object.entries(file.roles).map(([key, role]) => [key, asking(role, ['roles', key])])),
    rules: file.rules.map((rule, index) => ({
      ...rule,
      match: whom(rule.match, ['rules', index, 'match'], rule.deny !== undefined),
      ...(rule.grant !== undefined && { grant: asking(rule.grant, ['rules', index, 'grant']) }),
    })),
    admin: { ...file.admin, ...staff('operators'), ...staff('auditors') },
    tests: file.tests.map((test, index) => ({
      ...test,
      as: { ...test.as, groups: allOf(test.as.groups, test.as.idp, ['tests', index, 'as', 'groups']) },
    })),
  }
}

type Whom = {
  readonly idp?: string | undefined
  readonly group?: string | undefined
  readonly any_of?: string[] | undefined
}
