import { roleArnOf } from '../aws/arn.ts'
import type { Principal } from '../sign-in/principal.ts'
import { mayMeetClaims, meetsClaims } from '../sign-in/workload.ts'
import { PatternIndex, type Fenced } from './pattern-index.ts'
import type { Account, Mapping, RoleKind, RoleTarget, Rule, WorkloadMatch } from './rule.ts'

/** A rule that meets somebody, and by which of their groups; null: by `everyone`. */
export type Met = {
  readonly rule: Rule
  readonly group: string | null
  /** The rule's accounts, copied here so that rules about other accounts can be skipped without loading them. */
  readonly accounts: ReadonlySet<string>
}

export const metBy = (rule: Rule, group: string | null): Met => ({ rule, group, accounts: rule.accounts })

/**
 * The mapping, indexed once. The cost of a question depends on how many groups the person has, not on how many rules
 * there are.
 */
export type RuleIndex = {
  readonly mapping: Mapping
  /** In the order of the file. */
  readonly accounts: readonly Account[]
  /** The grants that ask for somebody's approval. */
  readonly asking: readonly Rule[]
  /** The positions in `accounts` of those a rule selects. Rules with the same selection share the answer. */
  readonly placesOf: (aliases: ReadonlySet<string>) => Uint32Array
  /** All rules that meet this principal, in the order of the file. */
  met(principal: Principal): readonly Met[]
  /** Their groups that fitted a pattern and were kept out by its fence. */
  fenced(principal: Principal): readonly Fenced[]
  /** The role, when account and role key both exist. */
  target(alias: string, key: string): RoleTarget | undefined
  /** The same for an account and a kind of this mapping. */
  targetOf(account: Account, kind: RoleKind): RoleTarget
  targetByArn(arn: string): RoleTarget | undefined
  /**
   * Whether a deny for this IdP's people goes by groups: then a sign-in without a groups claim is refused (threats.md
   * I4).
   */
  denyReadsGroups(idp: string): boolean
}

type Placed = { readonly rule: Rule; readonly order: number }
/**
 * The rules of one group as a linked list. `accounts` is copied in, since following a reference into a hundred thousand
 * rules is a cache miss each time.
 */
type Chained = Placed & Pick<Rule, 'accounts'> & { readonly next: Chained | undefined }
type Shelf = {
  readonly byGroup: Map<string, Chained>
  readonly everyone: Placed[]
  readonly patterns: PatternIndex
}

type Looked = { readonly met: readonly Met[]; readonly fenced: readonly Fenced[] }

export function compileRules(mapping: Mapping): RuleIndex {
  const shelves = new Map<string, Shelf>()
  /** Denies without an IdP: every person meets them. */
  const anybodys = newShelf()
  // threats.md R3: what is said of jobs stands apart from all that is said of people.
  const workloads = new Map<string, PlacedForJobs[]>()
  mapping.rules.forEach((rule, order) => {
    if ('workload' in rule.match) placeForJobs(workloads, rule, rule.match, order)
    else place('idp' in rule.match ? shelfOf(shelves, rule.match.idp) : anybodys, rule, rule.match, order)
  })
  const targets = new Map<Account, Map<RoleKind, RoleTarget>>()

  function targetOf(account: Account, kind: RoleKind): RoleTarget {
    const there = targets.get(account) ?? new Map<RoleKind, RoleTarget>()
    const known = there.get(kind)
    if (known !== undefined) return known
    const arn = roleArnOf(account.partition, account.id, kind.roleName)
    const made = { name: `${account.alias}/${kind.key}`, arn, account, kind }
    targets.set(account, there.set(kind, made))
    return made
  }

  function target(alias: string, key: string): RoleTarget | undefined {
    const account = mapping.accounts.get(alias)
    const kind = mapping.roles.get(key)
    return account && kind && targetOf(account, kind)
  }

  const groupDenies = mapping.rules.flatMap(({ effect, match }) =>
    effect === 'deny' && ('groups' in match || 'pattern' in match) ? [match] : [],
  )
  const accounts = [...mapping.accounts.values()]
  const placeOf = new Map(accounts.map(({ alias }, place) => [alias, place]))
  const placesBefore = new WeakMap<ReadonlySet<string>, Uint32Array>()

  const readDeny = new Set(groupDenies.flatMap((match) => ('idp' in match ? [match.idp] : [])))
  const allReadDeny = groupDenies.some((match) => !('idp' in match))
  const aliasById = new Map([...mapping.accounts.values()].map(({ id, alias }) => [id, alias]))
  const keyByRoleName = new Map(
    // An ARN is the name of a whole role; a variant is asked for by its key.
    [...mapping.roles.values()].flatMap(({ roleName, key, variantOf }) =>
      variantOf === undefined ? [[roleName, key]] : [],
    ),
  )

  // Remembered, since a hand-over asks three times about one principal. Neither the principal nor these rules ever
  // change: a reload compiles a new index.
  const lookedBefore = new WeakMap<Principal, Looked>()

  function lookAt(principal: Principal): Looked {
    const known = lookedBefore.get(principal) ?? look(principal)
    lookedBefore.set(principal, known)
    return known
  }

  function look(principal: Principal): Looked {
    if (principal.workload === true) return { met: lookForJob(principal), fenced: [] }
    const fenced: Fenced[] = []
    const found: (Met & { order: number })[] = []
    for (const shelf of [shelves.get(principal.idp), anybodys]) {
      if (shelf === undefined) continue
      for (const { rule, order } of shelf.everyone) found.push({ ...metBy(rule, null), order })
      for (const group of principal.groups.names) {
        for (let placed = shelf.byGroup.get(group); placed !== undefined; placed = placed.next) {
          const { rule, accounts, order } = placed
          found.push({ rule, group, accounts, order })
        }
        shelf.patterns.meet(
          group,
          (rule, order) => found.push({ rule, group, accounts: rule.accounts, order }),
          (kept) => fenced.push(kept),
        )
      }
    }
    return { met: found.toSorted((a, b) => a.order - b.order), fenced }
  }

  /**
   * A job meets rules about its workload, and denies for everyone. It never meets rules about people, whatever it
   * claims.
   */
  function lookForJob({ idp: id, claims }: Principal): readonly Met[] {
    const about = (workloads.get(id) ?? []).filter(({ rule, match }) =>
      (rule.effect === 'deny' ? mayMeetClaims : meetsClaims)(claims, match.claims),
    )
    const found = [...about, ...anybodys.everyone]
    return found.toSorted((a, b) => a.order - b.order).map(({ rule }) => metBy(rule, null))
  }

  return {
    mapping,
    accounts,
    asking: mapping.rules.filter(({ require }) => require?.approval !== undefined),
    placesOf(aliases) {
      const known = placesBefore.get(aliases) ?? placesAmong(placeOf, aliases)
      placesBefore.set(aliases, known)
      return known
    },
    target,
    targetOf,
    targetByArn(arn) {
      const [, id, roleName] = /^arn:[a-z-]+:iam::(\d{12}):role\/(.+)$/.exec(arn) ?? []
      const alias = aliasById.get(id ?? '')
      const key = keyByRoleName.get(roleName ?? '')
      const found = alias === undefined || key === undefined ? undefined : target(alias, key)
      return found?.arn === arn ? found : undefined
    },
    met: (principal) => lookAt(principal).met,
    fenced: (principal) => lookAt(principal).fenced,
    denyReadsGroups: (idp) => allReadDeny || readDeny.has(idp),
  }
}

/** A loop, since a thousand rules may select five thousand accounts each, in words of their own. */
function placesAmong(placeOf: ReadonlyMap<string, number>, aliases: ReadonlySet<string>): Uint32Array {
  const places = new Uint32Array(aliases.size)
  let count = 0
  for (const alias of aliases) {
    const place = placeOf.get(alias)
    if (place !== undefined) places[count++] = place
  }
  return places.subarray(0, count)
}

type PlacedForJobs = Placed & { readonly match: WorkloadMatch }

function placeForJobs(workloads: Map<string, PlacedForJobs[]>, rule: Rule, match: WorkloadMatch, order: number): void {
  const placed = workloads.get(match.workload)
  if (placed === undefined) workloads.set(match.workload, [{ rule, match, order }])
  else placed.push({ rule, match, order })
}

const newShelf = (): Shelf => ({ byGroup: new Map(), everyone: [], patterns: new PatternIndex() })

function shelfOf(shelves: Map<string, Shelf>, idp: string): Shelf {
  const shelf = shelves.get(idp) ?? newShelf()
  shelves.set(idp, shelf)
  return shelf
}

function place(shelf: Shelf, rule: Rule, match: Exclude<Rule['match'], WorkloadMatch>, order: number): void {
  if ('everyone' in match) {
    shelf.everyone.push({ rule, order })
    return
  }
  if ('pattern' in match) {
    shelf.patterns.add(rule, match, order)
    return
  }
  const { accounts } = rule
  for (const group of match.groups) shelf.byGroup.set(group, { rule, order, accounts, next: shelf.byGroup.get(group) })
}
