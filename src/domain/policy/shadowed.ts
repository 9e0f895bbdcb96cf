import type { Rule, WorkloadMatch } from '../entitlement/rule.ts'
import { isLooser, termsOf } from './opening.ts'

/** A rule that another one makes idle, or whose limit another one voids: by their places in the file. */
export type Shadow = {
  readonly rule: number
  readonly by: number
  readonly how: 'granted anyway' | 'denied anyway' | 'limit voided'
}

/** More rules about one group than anybody compares. */
const MOST_COMPARED = 200

/** What each rule is made idle by, if by anything: one answer a rule, the first in the order of the file (threats.md R11). */
export function shadowsIn(rules: readonly Rule[]): readonly Shadow[] {
  const shelves = new Map<string, number[]>()
  rules.forEach((rule, place) => {
    for (const shelf of shelvesOf(rule)) {
      const known = shelves.get(shelf)
      if (known === undefined) shelves.set(shelf, [place])
      else if (known.length < MOST_COMPARED) known.push(place)
    }
  })
  return rules.flatMap((rule, place) => {
    if (rule.effect !== 'grant') return []
    const others = near(rule, shelves).flatMap((at) => {
      const other = rules[at]
      return other === undefined || at === place || !meetsAllOf(other, rule) ? [] : [{ at, other }]
    })
    for (const { at, other } of others) {
      const how = shadowOf(rule, other, at < place)
      if (how !== undefined) return [{ rule: place, by: at, how }]
    }
    return []
  })
}

function shadowOf(rule: Rule, other: Rule, isEarlier: boolean): Shadow['how'] | undefined {
  if (other.effect === 'deny') return holds(other, rule) ? 'denied anyway' : undefined
  const isEasier = isLooser([termsOf(rule)], [termsOf(other)])
  const isAsEasy = !isLooser([termsOf(other)], [termsOf(rule)])
  // Two rules that say the same shadow one another: the later one is told of.
  if (holds(other, rule) && isAsEasy)
    return isEarlier || isEasier || !holds(rule, other) || !meetsAllOf(rule, other) ? 'granted anyway' : undefined
  return isEasier && isAsEasy && overlap(other, rule) ? 'limit voided' : undefined
}

/** Where a rule that meets everybody whom this one meets would stand. */
function near({ match }: Rule, shelves: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const at = (shelf: string) => shelves.get(shelf) ?? []
  if ('workload' in match) return [...at('everyone'), ...at(`jobs ${match.workload}`)]
  const idp = 'idp' in match ? match.idp : ''
  const first = 'groups' in match ? match.groups[0] : undefined
  const named = first === undefined ? [] : [...at(`group  ${first}`), ...at(`group ${idp} ${first}`)]
  return [...at('everyone'), ...at(`everyone ${idp}`), ...named].toSorted((a, b) => a - b)
}

function shelvesOf({ match }: Rule): readonly string[] {
  if ('workload' in match) return [`jobs ${match.workload}`]
  const idp = 'idp' in match ? match.idp : ''
  if ('everyone' in match) return [idp === '' ? 'everyone' : `everyone ${idp}`]
  return 'groups' in match ? match.groups.map((group) => `group ${idp} ${group}`) : []
}

function meetsAllOf({ match: wide }: Rule, { match: narrow }: Rule): boolean {
  if ('workload' in wide) return 'workload' in narrow && isNarrowerJob(narrow, wide)
  if ('workload' in narrow) return 'everyone' in wide && !('idp' in wide)
  if ('idp' in wide && (!('idp' in narrow) || wide.idp !== narrow.idp)) return false
  if ('everyone' in wide) return true
  return 'groups' in wide && 'groups' in narrow && narrow.groups.every((group) => wide.groups.includes(group))
}

const isNarrowerJob = (narrow: WorkloadMatch, wide: WorkloadMatch): boolean =>
  narrow.workload === wide.workload &&
  Object.entries(wide.claims).every(
    ([name, values]) =>
      Object.hasOwn(narrow.claims, name) && (narrow.claims[name] ?? []).every((value) => values.includes(value)),
  )

const holds = (wide: Rule, narrow: Rule): boolean =>
  isWithin(narrow.accounts, wide.accounts) && isWithin(narrow.roles, wide.roles)

const isWithin = (few: ReadonlySet<string>, many: ReadonlySet<string>): boolean =>
  few.size <= many.size && [...few].every((one) => many.has(one))

const overlap = (one: Rule, other: Rule): boolean =>
  [...one.roles].some((key) => other.roles.has(key)) && [...one.accounts].some((alias) => other.accounts.has(alias))
