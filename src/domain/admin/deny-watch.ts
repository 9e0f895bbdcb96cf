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

type Day = string

/** Of the groups of denies; days are ISO 8601, UTC. */
export type DenyWatch = {
  /** The first on which the gateway looked for it. */
  readonly since: Readonly<Record<string, Day>>
  /** The last on which somebody was seen in it. */
  readonly seen: Readonly<Record<string, Day>>
  /** When a gateway last put in its log that somebody is missed. */
  readonly saidAt?: string
}

/** `days`: for how many nobody was seen in it, thirty at most, which is as far back as anybody looks. */
export type UnseenDeny = Omit<DenyGroup, 'pattern'> & { readonly days: number }

export type SeenPerson = { readonly principal: Pick<Principal, 'idp' | 'groups'>; readonly seenAt: Date }

/** For how long a group may go without anybody. */
export const UNSEEN_DAYS = 30
/** Before that much of watching for it, and that many people, nobody is missed: a new gateway has seen nothing, and the group of a new deny is yet to be filled. */
const FIRST_DAYS = 7
const FEWEST_PEOPLE = 5

const DAY_MS = 86_400_000
const dayOf = (date: Date): Day => date.toISOString().slice(0, 10)
const daysBefore = (now: Date, days: number): Day => dayOf(new Date(now.getTime() - days * DAY_MS))
const daysBetween = (from: Day, to: Day): number => (Date.parse(to) - Date.parse(from)) / DAY_MS

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

/** `watch` after another look, which saw somebody last on these days. What is past its time, or wanted no more, is forgotten. */
export function withSeen(watch: DenyWatch, wanted: readonly DenyGroup[], last: LastDays, now: Date): DenyWatch {
  const oldest = daysBefore(now, UNSEEN_DAYS)
  const seen = new Map(Object.entries(watch.seen).filter(([, day]) => day >= oldest))
  for (const [key, day] of last) if (day > (seen.get(key) ?? '')) seen.set(key, day)
  const since = wanted.map((one) => [keyOf(one), watch.since[keyOf(one)] ?? dayOf(now)])
  return { ...watch, since: Object.fromEntries(since), seen: Object.fromEntries(seen) }
}

/** Of what a deny goes by, the last day anybody was seen in it; '' for none. */
type LastDays = ReadonlyMap<string, Day>

/** Looks for people in the groups of denies, some at a time, as there may be very many of both. */
export function makeLookOut(wanted: readonly DenyGroup[]) {
  const names = new Set(wanted.map(({ group }) => group))
  const anyName = wanted.some(({ pattern }) => pattern !== undefined)
  /** By IdP and group, the last day anybody came who is in it; of the groups that denies may mean. */
  const idps = new Map<string, Map<string, Day>>()

  function at(people: readonly SeenPerson[]): void {
    for (const { principal, seenAt } of people) {
      const groups = idps.get(principal.idp) ?? new Map<string, Day>()
      idps.set(principal.idp, groups)
      const day = dayOf(seenAt)
      for (const group of principal.groups.names)
        if ((anyName || names.has(group)) && day > (groups.get(group) ?? '')) groups.set(group, day)
    }
  }

  /** Where what the deny goes by is kept, and the last day anybody was seen in it; '' for none. */
  function seen(one: DenyGroup): readonly [key: string, day: Day] {
    const meant = [...idps].filter(([idp]) => one.idp === undefined || one.idp === idp)
    const days = meant.flatMap(([, groups]) => daysOf(one, groups))
    return [keyOf(one), days.reduce((last, day) => (day > last ? day : last), '')]
  }

  return { at, seen }
}

function daysOf({ group, pattern }: DenyGroup, groups: ReadonlyMap<string, Day>): readonly Day[] {
  if (pattern === undefined) return [groups.get(group) ?? '']
  return [...groups].filter(([name]) => pattern.captures(name) !== undefined).map(([, day]) => day)
}

/**
 * What denies wait for in vain: nobody was seen in it for thirty days, or since the gateway began to look for it (threats.md I4). Of those
 * alone whose whole list the IdP sent it is said that they are enough to miss somebody among.
 */
export function unseenIn(
  watch: DenyWatch,
  wanted: readonly DenyGroup[],
  people: readonly SeenPerson[],
  now: Date,
): readonly UnseenDeny[] {
  const count = new Map<string | undefined, number>()
  for (const { principal } of people)
    if (principal.groups.state === 'stated')
      for (const idp of [principal.idp, undefined]) count.set(idp, (count.get(idp) ?? 0) + 1)
  return wanted.flatMap((one) => {
    const { rule, idp, group } = one
    const days = daysBetween(watch.since[keyOf(one)] ?? dayOf(now), dayOf(now))
    if (days < FIRST_DAYS || watch.seen[keyOf(one)] !== undefined || (count.get(idp) ?? 0) < FEWEST_PEOPLE) return []
    return { rule, ...(idp !== undefined && { idp }), group, days: Math.min(days, UNSEEN_DAYS) }
  })
}

/** Whether it is time to say so again, whichever gateway said it last. */
export const isSaidAgain = ({ saidAt }: DenyWatch, now: Date): boolean =>
  saidAt === undefined || Math.abs(now.getTime() - Date.parse(saidAt)) >= DAY_MS
