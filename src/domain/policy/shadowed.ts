import { PatternIndex } from '../entitlement/pattern-index.ts'
import type { PatternMatch, Rule, WorkloadMatch } from '../entitlement/rule.ts'
import { isLooser, termsOf, type GrantTerms } from './opening.ts'

/** A rule that others make idle, or whose limit others void: by their places in the file. */
export type Shadow = {
  readonly rule: number
  /** Every one of them, in the order of the file. */
  readonly by: readonly number[]
  readonly how: How
}
type How = 'denied anyway' | 'granted anyway' | 'limit voided'
const HOWS: readonly How[] = ['denied anyway', 'granted anyway', 'limit voided']

/** More rules about one group than anybody compares. */
const MOST_COMPARED = 200

/** Another rule, by what it says to those whom a rule meets. */
type Other = { readonly at: number; readonly rule: Rule }

/** What each rule is made idle or voided by, if by anything: one answer a rule and a how (threats.md R11). */
export function shadowsIn(rules: readonly Rule[]): readonly Shadow[] {
  const othersOf = makeOthersOf(rules)
  const known = new Map<number, GrantTerms>()
  const termsAt = (at: number, rule: Rule): GrantTerms => {
    const terms = known.get(at) ?? termsOf(rule)
    known.set(at, terms)
    return terms
  }
  return rules.flatMap((rule, place) => {
    if (rule.effect !== 'grant') return []
    const by = new Map<How, number[]>(HOWS.map((how) => [how, []]))
    for (const other of othersOf(rule, place)) {
      const how = shadowOf({ rule, at: place }, other, termsAt)
      if (how !== undefined) by.get(how)?.push(other.at)
    }
    return [...by].flatMap(([how, places]) =>
      places.length === 0 ? [] : [{ rule: place, by: places.toSorted((a, b) => a - b), how }],
    )
  })
}

/** The rules that meet everybody whom a rule meets, as far as that is plain. */
function makeOthersOf(rules: readonly Rule[]): (rule: Rule, place: number) => readonly Other[] {
  const shelves = new Map<string, number[]>()
  const patterns = new Map<string, PatternIndex>()
  rules.forEach((rule, place) => {
    for (const shelf of shelvesOf(rule)) {
      const known = shelves.get(shelf)
      if (known === undefined) shelves.set(shelf, [place])
      else if (known.length < MOST_COMPARED) known.push(place)
    }
    const { match } = rule
    if (!('pattern' in match)) return
    const index = patterns.get(match.idp) ?? new PatternIndex()
    patterns.set(match.idp, index)
    index.add(rule, match, place)
  })

  /** Those by pattern that each of these groups fits, as far as they say one and the same to all of them. */
  function fitting({ match }: Rule): readonly Other[] {
    const index = 'idp' in match && 'groups' in match ? patterns.get(match.idp) : undefined
    if (index === undefined || !('groups' in match)) return []
    const metBy = (group: string): ReadonlyMap<number, Rule> => {
      const met = new Map<number, Rule>()
      index.meet(
        group,
        (rule, at) => void (met.size < MOST_COMPARED && met.set(at, rule)),
        () => undefined,
      )
      return met
    }
    const [first = '', ...rest] = match.groups
    return rest.reduce(
      (some, group) => {
        const met = some.length === 0 ? new Map<number, Rule>() : metBy(group)
        return some.filter(({ at, rule }) => {
          const other = met.get(at)
          return other !== undefined && holds(other, rule)
        })
      },
      [...metBy(first)].map(([at, rule]) => ({ at, rule })),
    )
  }

  return (rule, place) => [
    ...near(rule, shelves).flatMap((at) => {
      const other = rules[at]
      return other === undefined || at === place || !meetsAllOf(other, rule) ? [] : [{ at, rule: other }]
    }),
    ...fitting(rule),
  ]
}

function shadowOf(
  { rule, at: place }: Other,
  { rule: other, at }: Other,
  termsAt: (at: number, rule: Rule) => GrantTerms,
): How | undefined {
  if (other.effect === 'deny') return holds(other, rule) ? 'denied anyway' : undefined
  const [own, others] = [[termsAt(place, rule)], [termsAt(at, other)]]
  const isEasier = isLooser(own, others)
  const isAsEasy = !isLooser(others, own)
  // Two rules that say the same shadow one another: the later one is told of.
  if (holds(other, rule) && isAsEasy)
    return at < place || isEasier || !holds(rule, other) || !meetsAllOf(rule, other) ? 'granted anyway' : undefined
  return isEasier && isAsEasy && overlap(other, rule) ? 'limit voided' : undefined
}

/** Where a rule that meets everybody whom this one meets would stand. */
function near({ match }: Rule, shelves: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const at = (shelf: string) => shelves.get(shelf) ?? []
  if ('workload' in match) return [...at('everyone'), ...at(`jobs ${match.workload}`)]
  const idp = 'idp' in match ? match.idp : ''
  const first = 'groups' in match ? match.groups[0] : undefined
  const alike = 'pattern' in match ? at(patternShelf(match)) : []
  const named = first === undefined ? [] : [...at(`group  ${first}`), ...at(`group ${idp} ${first}`)]
  return [...at('everyone'), ...at(`everyone ${idp}`), ...named, ...alike].toSorted((a, b) => a - b)
}

function shelvesOf({ match }: Rule): readonly string[] {
  if ('workload' in match) return [`jobs ${match.workload}`]
  const idp = 'idp' in match ? match.idp : ''
  if ('everyone' in match) return [idp === '' ? 'everyone' : `everyone ${idp}`]
  if ('pattern' in match) return [patternShelf(match)]
  return match.groups.map((group) => `group ${idp} ${group}`)
}

const patternShelf = ({ idp, pattern }: PatternMatch & { readonly idp: string }): string =>
  `pattern ${idp} ${pattern.source}`

function meetsAllOf({ match: wide }: Rule, { match: narrow }: Rule): boolean {
  if ('workload' in wide) return 'workload' in narrow && isNarrowerJob(narrow, wide)
  if ('workload' in narrow) return 'everyone' in wide && !('idp' in wide)
  if ('idp' in wide && (!('idp' in narrow) || wide.idp !== narrow.idp)) return false
  if ('everyone' in wide) return true
  if ('pattern' in wide) return 'pattern' in narrow && saysAsMuch(wide, narrow)
  return 'groups' in wide && 'groups' in narrow && narrow.groups.every((group) => wide.groups.includes(group))
}

/** Of one and the same group: what it names by the one, it names by the other, which may also leave that open. */
const saysAsMuch = (wide: PatternMatch, narrow: PatternMatch): boolean =>
  wide.pattern.source === narrow.pattern.source &&
  [
    [wide.account, narrow.account],
    [wide.role, narrow.role],
  ].every(([by, other]) => by === undefined || JSON.stringify(by) === JSON.stringify(other))

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
