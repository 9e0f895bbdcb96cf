import type { GroupPattern } from '../entitlement/pattern.ts'
import type { Mapping } from '../entitlement/rule.ts'
import type { Principal } from '../sign-in/principal.ts'

/** By what a deny knows people: a group, or a pattern; of the people of every IdP where it names none. */
export type DenyGroup = {
  readonly rule: string
  readonly idp?: string
  readonly group: string
  readonly pattern?: GroupPattern
}

/** When the gateway began to look, and on which day it last saw somebody in the groups of denies; ISO 8601, UTC. */
export type DenyWatch = { readonly since: string; readonly seen: Readonly<Record<string, string>> }

export type UnseenDeny = Omit<DenyGroup, 'pattern'>

export type SeenPerson = { readonly principal: Pick<Principal, 'idp' | 'groups'>; readonly seenAt: Date }

/** For how long a group may go without anybody. */
export const UNSEEN_DAYS = 30
/** Before that much of watching, and that many people, nobody is missed: a new gateway has seen nothing. */
const FIRST_DAYS = 7
const FEWEST_PEOPLE = 5

const DAY_MS = 86_400_000
const dayOf = (date: Date): string => date.toISOString().slice(0, 10)
const daysBefore = (now: Date, days: number): string => dayOf(new Date(now.getTime() - days * DAY_MS))

const keyOf = ({ idp, group, pattern }: DenyGroup): string =>
  JSON.stringify([idp ?? null, group, ...(pattern ? ['pattern'] : [])])

/** What the denies of a file go by, each rule for itself. */
export function denyGroupsOf({ rules }: Pick<Mapping, 'rules'>): readonly DenyGroup[] {
  return rules.flatMap(({ id: rule, effect, match }): DenyGroup[] => {
    if (effect !== 'deny') return []
    const idp = 'idp' in match ? { idp: match.idp } : {}
    if ('pattern' in match) return [{ rule, ...idp, group: match.pattern.source, pattern: match.pattern }]
    return 'groups' in match ? match.groups.map((group) => ({ rule, ...idp, group })) : []
  })
}

/** `watch` after these people too. What is past its time is forgotten, so that it stays small. */
export function withSeen(
  watch: DenyWatch,
  wanted: readonly DenyGroup[],
  people: readonly SeenPerson[],
  now: Date,
): DenyWatch {
  const oldest = daysBefore(now, UNSEEN_DAYS)
  const seen = new Map(Object.entries(watch.seen).filter(([, day]) => day >= oldest))
  for (const [idp, groups] of lastDays(wanted, people))
    for (const one of wanted) {
      if (one.idp !== undefined && one.idp !== idp) continue
      const key = keyOf(one)
      for (const day of daysOf(one, groups)) if (day > (seen.get(key) ?? '')) seen.set(key, day)
    }
  return { since: watch.since, seen: Object.fromEntries(seen) }
}

type Days = ReadonlyMap<string, string>

/** By IdP and group, the last day anybody came who is in it; of the groups that denies may mean. */
function lastDays(wanted: readonly DenyGroup[], people: readonly SeenPerson[]): ReadonlyMap<string, Days> {
  const names = new Set(wanted.map(({ group }) => group))
  const anyName = wanted.some(({ pattern }) => pattern !== undefined)
  const idps = new Map<string, Map<string, string>>()
  for (const { principal, seenAt } of people) {
    const groups = idps.get(principal.idp) ?? new Map<string, string>()
    idps.set(principal.idp, groups)
    const day = dayOf(seenAt)
    for (const group of principal.groups.names)
      if ((anyName || names.has(group)) && day > (groups.get(group) ?? '')) groups.set(group, day)
  }
  return idps
}

function daysOf({ group, pattern }: DenyGroup, groups: Days): readonly string[] {
  if (pattern === undefined) return [groups.get(group) ?? '']
  return [...groups].filter(([name]) => pattern.captures(name) !== undefined).map(([, day]) => day)
}

/**
 * What denies wait for in vain: nobody was seen in it for thirty days, or since the gateway began to look (threats.md I4). Of those
 * alone whose whole list the IdP sent it is said that they are enough to miss somebody among.
 */
export function unseenIn(
  watch: DenyWatch,
  wanted: readonly DenyGroup[],
  people: readonly SeenPerson[],
  now: Date,
): readonly UnseenDeny[] {
  if (dayOf(new Date(watch.since)) > daysBefore(now, FIRST_DAYS)) return []
  const count = new Map<string | undefined, number>()
  for (const { principal } of people)
    if (principal.groups.state === 'stated')
      for (const idp of [principal.idp, undefined]) count.set(idp, (count.get(idp) ?? 0) + 1)
  return wanted
    .filter((one) => watch.seen[keyOf(one)] === undefined && (count.get(one.idp) ?? 0) >= FEWEST_PEOPLE)
    .map(({ rule, idp, group }) => ({ rule, ...(idp !== undefined && { idp }), group }))
}
