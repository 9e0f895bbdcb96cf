import type { GroupPattern } from '../entitlement/pattern.ts'
import type { Mapping } from '../entitlement/rule.ts'
import type { Principal } from '../sign-in/principal.ts'

/** What one deny matches people by: a group or a group pattern, of one IdP, or of every IdP where `idp` is absent. */
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

/**
 * A group of a deny in which nobody was seen. `days`: for how many days, 30 at most, since nobody looks further back.
 */
export type UnseenDeny = Omit<DenyGroup, 'pattern'> & { readonly days: number }

export type SeenPerson = { readonly principal: Pick<Principal, 'idp' | 'groups'>; readonly seenAt: Date }

/** For how long a group may go without anybody. */
export const UNSEEN_DAYS = 30
/**
 * Nothing is reported before a group has been watched for this many days and this many people came: a new gateway has
 * seen nobody yet, and a new deny's group may still be filling.
 */
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

/**
 * The watch after another look. `last`: when somebody was last seen in each group. Drops what is older than
 * `UNSEEN_DAYS`, and groups no deny names any more.
 */
export function withSeen(watch: DenyWatch, wanted: readonly DenyGroup[], last: LastDays, now: Date): DenyWatch {
  const oldest = daysBefore(now, UNSEEN_DAYS)
  const seen = new Map(Object.entries(watch.seen).filter(([, day]) => day >= oldest))
  for (const [key, day] of last) if (day > (seen.get(key) ?? '')) seen.set(key, day)
  const since = wanted.map((one) => [keyOf(one), watch.since[keyOf(one)] ?? dayOf(now)])
  return { ...watch, since: Object.fromEntries(since), seen: Object.fromEntries(seen) }
}

/** By the key of a deny's group: the last day somebody was seen in it, or '' if nobody was. */
type LastDays = ReadonlyMap<string, Day>

/** Looks for people in the groups of denies. Called with a few people at a time, as there may be many of both. */
export function makeLookOut(wanted: readonly DenyGroup[]) {
  const names = new Set(wanted.map(({ group }) => group))
  const anyName = wanted.some(({ pattern }) => pattern !== undefined)
  /** IdP → group → the last day somebody in it came. Only groups that a deny may mean. */
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

  /** The key of a deny's group, and the last day somebody was seen in it; '' if nobody was. */
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
 * The groups of denies that nobody was seen in for thirty days, or since the gateway began to look (threats.md I4).
 * Only people whose IdP sent their whole list of groups count toward the number it takes to report one.
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
