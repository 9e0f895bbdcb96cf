/** What a names file calls a group of this IdP; undefined where none does. */
export type GroupName = (idp: string, group: string) => string | undefined

/**
 * `groupNames` of an answer: the friendly names of the groups in it, by the id that decides. Absent if none has one.
 */
export type WithGroupNames = { readonly groupNames?: Readonly<Record<string, string>> }

/** Of groups of one IdP. */
export const groupNamesFor = (
  idp: string | undefined,
  groups: readonly (string | null | undefined)[],
  groupName: GroupName,
): WithGroupNames => {
  const stated = idp === undefined ? [] : [...new Set(groups)].filter((group) => typeof group === 'string')
  const named = stated.flatMap((group) => {
    const name = groupName(idp ?? '', group)
    return name === undefined ? [] : [[group, name] as const]
  })
  return named.length === 0 ? {} : { groupNames: Object.fromEntries(named) }
}

type Ruling = {
  readonly met?: { readonly group: string | null }
  readonly wants?: readonly string[]
  readonly fenced?: string
  readonly of?: { readonly idp?: string; readonly groups?: readonly string[] }
}

/** Of the groups in an explanation: those of the person’s own IdP, and those of other IdPs that its rules speak of. */
export function groupNamesIn(rules: readonly Ruling[], idp: string | undefined, groupName: GroupName): WithGroupNames {
  const all = rules.flatMap(({ met, wants = [], fenced, of }) => [
    groupNamesFor(idp, [met?.group, fenced, ...wants], groupName),
    groupNamesFor(of?.idp, of?.groups ?? [], groupName),
  ])
  const groupNames = Object.assign({}, ...all.map((one) => one.groupNames ?? {})) as Record<string, string>
  return Object.keys(groupNames).length === 0 ? {} : { groupNames }
}
