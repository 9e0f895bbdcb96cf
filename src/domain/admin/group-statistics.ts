import type { Mapping } from '../entitlement/rule.ts'
import { nearsLimit } from '../sign-in/group-limit.ts'
import type { Principal } from '../sign-in/principal.ts'

/**
 * What the people of one IdP stated at their last sign-ins, in numbers, and which groups that rules name nobody has.
 */
export type GroupStatistics = {
  readonly people: number
  /** The longest list of groups anybody has, and the most their IdP sends, where that is known. */
  readonly longest: number
  readonly most?: number
  /** From four fifths of it. */
  readonly isNear: boolean
  /** How many lists were cut or not sent at all. If there are any, nobody can say that a group has no members. */
  readonly incomplete: number
  /**
   * The first few groups that a rule names and nobody has, and how many there are. Absent where that cannot be said.
   */
  readonly unseen?: readonly { readonly group: string; readonly rule: string }[]
  readonly unseenCount?: number
}

const MOST_UNSEEN = 20

/** By IdP; of one whose people have not come there is nothing. */
export function groupStatisticsOf(
  { rules }: Pick<Mapping, 'rules'>,
  people: Iterable<Pick<Principal, 'idp' | 'groups'>>,
): ReadonlyMap<string, GroupStatistics> {
  const named = namedAt(rules)
  const tallies = new Map<string, Tally>()
  for (const { idp, groups } of people) {
    const tally = tallies.get(idp) ?? { people: 0, longest: 0, isNear: false, incomplete: 0, seen: new Set() }
    tallies.set(idp, tally)
    tally.people += 1
    if (groups.state !== 'stated') tally.incomplete += 1
    if (groups.most !== undefined) tally.most = groups.most
    tally.longest = Math.max(tally.longest, groups.names.length)
    tally.isNear ||= nearsLimit(groups)
    const wanted = named.get(idp)
    if (wanted !== undefined) for (const group of groups.names) if (wanted.has(group)) tally.seen.add(group)
  }
  return new Map([...tallies].map(([idp, tally]) => [idp, statisticsOf(tally, named.get(idp))]))
}

type Tally = {
  people: number
  longest: number
  most?: number
  isNear: boolean
  incomplete: number
  readonly seen: Set<string>
}

function statisticsOf({ seen, ...tally }: Tally, wanted: ReadonlyMap<string, string> = new Map()): GroupStatistics {
  if (tally.incomplete > 0) return tally
  const unseen = [...wanted].filter(([group]) => !seen.has(group))
  return {
    ...tally,
    unseen: unseen.slice(0, MOST_UNSEEN).map(([group, rule]) => ({ group, rule })),
    unseenCount: unseen.length,
  }
}

/**
 * The groups of each IdP that rules name, with the first rule that does. Left out: denies that name no IdP, for nobody
 * can say at which IdP their groups are missing.
 */
function namedAt(rules: Mapping['rules']): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const named = new Map<string, Map<string, string>>()
  for (const { id, match } of rules) {
    if (!('groups' in match) || !('idp' in match) || match.idp === undefined) continue
    const groups = named.get(match.idp) ?? new Map<string, string>()
    named.set(match.idp, groups)
    for (const group of match.groups) if (!groups.has(group)) groups.set(group, id)
  }
  return named
}
