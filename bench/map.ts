/** Deciding by many rules: what one decision costs, and how that grows, beside a plain reading of all of them. */
import { readPattern } from '../src/config/patterns.ts'
import { compileRules, type RuleIndex } from '../src/domain/entitlement/compile.ts'
import { decide } from '../src/domain/entitlement/decide.ts'
import type { Account, Mapping, RoleKind, Rule } from '../src/domain/entitlement/rule.ts'
import type { Principal } from '../src/domain/sign-in/principal.ts'
import { costLine } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const RULES = [1_000, 10_000, 100_000] as const
const GROUPS = [20, 200, 2_000] as const
const ACCOUNTS = 200
/** Decisions that are not counted: a gateway has made some before. */
const WARM_UP = 30
const ROLES = 10
/** A plain reading of more rules than this, for this many groups, takes minutes. */
const MOST_READ_PLAINLY = 10_000_000

export const map: Bench = async ({ rounds, operations }) => {
  const decisions = Math.max(20, Math.round(operations / 2))
  const builds = new Map<number, number[]>()
  const p99s = new Map<string, number[]>()
  const medians = new Map<string, number[]>()
  for (let round = 0; round < rounds; round += 1) {
    for (const rules of RULES) {
      // Reading each pattern is part of it.
      const from = performance.now()
      const mapping = aMapping(rules)
      const index = compileRules(mapping)
      note(builds, rules, performance.now() - from)
      for (const groups of GROUPS) {
        const times = timesOf(index, { rules, groups, decisions })
        note(p99s, `${rules} ${groups}`, at(times, 0.99))
        note(medians, `${rules} ${groups}`, at(times, 0.5))
      }
    }
    process.stderr.write(`  round ${round + 1} of ${rounds}\n`)
  }
  const of = <Key>(found: ReadonlyMap<Key, number[]>, key: Key) => found.get(key) ?? []
  const growth = of(medians, '100000 200').map((most, round) =>
    // The exponent over two powers of ten.
    Math.max(0, Math.log10(most / (of(medians, '1000 200')[round] ?? Number.NaN)) / 2),
  )
  return {
    costs: [
      ...RULES.flatMap((rules) =>
        GROUPS.map((groups) =>
          costLine(`${rules} rules, ${groups} groups`, of(medians, `${rules} ${groups}`), 'ms a decision'),
        ),
      ),
      ...RULES.flatMap((rules) =>
        GROUPS.filter((groups) => rules * groups <= MOST_READ_PLAINLY).map((groups) =>
          costLine(`a plain reading of ${rules} rules, ${groups} groups`, [plainReading(rules, groups)], 'ms'),
        ),
      ),
      costLine('a hash look-up for each of 200 groups', [lookUps(200)], 'ms'),
    ],
    figures: [
      {
        title: 'map: ms of a decision, p99, 100,000 rules x 200 groups',
        ratios: of(p99s, '100000 200'),
        must: 3,
        goal: 0.8,
      },
      { title: 'map: growth with the rules, exponent', ratios: growth, must: 0.3, goal: 0.2 },
      {
        title: 'map: s to compile 100,000 rules',
        ratios: of(builds, 100_000).map((ms) => ms / 1000),
        must: 2,
        goal: 0.6,
      },
    ],
  }
}

function note<Key>(found: Map<Key, number[]>, key: Key, value: number): void {
  found.set(key, [...(found.get(key) ?? []), value])
}

const at = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN

const MOMENT = { now: new Date(0), address: '203.0.113.7' }

/** Each decision is about somebody new, as at a sign-in: nothing of theirs has been looked at before. */
function timesOf(
  index: RuleIndex,
  { rules, groups, decisions }: { rules: number; groups: number; decisions: number },
): readonly number[] {
  const times: number[] = []
  for (let person = 0; person < decisions + WARM_UP; person += 1) {
    const principal = somebody(person, rules, groups)
    const target = index.target(`acct-${person % ACCOUNTS}`, `role-${person % ROLES}`)
    if (target === undefined) throw new Error('no such role')
    const from = performance.now()
    decide(index, principal, target, MOMENT)
    if (person >= WARM_UP) times.push(performance.now() - from)
  }
  return times
}

/** Of a hundred: 80 exact, 14 by a beginning, 4 with captures, 2 by what stands in the middle or at the end. */
function aMapping(count: number): Mapping {
  const accounts = Array.from({ length: ACCOUNTS }, (_, n): Account => ({
    alias: `acct-${n}`,
    id: String(n).padStart(12, '0'),
    name: `Account ${n}`,
    tags: [],
    sts: 'default',
    partition: 'aws',
    region: 'eu-central-1',
  }))
  const roles = Array.from({ length: ROLES }, (_, n): RoleKind => ({
    key: `role-${n}`,
    roleName: `Role${n}`,
    summary: '',
    maxSeconds: 3600,
    elevated: false,
    discoverable: true,
    sourceIdentity: true,
    sessionTags: {},
    transitiveTags: [],
  }))
  // As the file's reader makes them: rules with the same words select by the same set.
  const selections = {
    accounts: accounts.map(({ alias }) => new Set([alias])),
    roles: roles.map(({ key }) => new Set([key])),
  }
  return {
    accounts: new Map(accounts.map((account) => [account.alias, account])),
    roles: new Map(roles.map((role) => [role.key, role])),
    rules: Array.from({ length: count }, (_, n) => aRule(n, selections)),
  }
}

type Selections = Readonly<Record<'accounts' | 'roles', readonly ReadonlySet<string>[]>>

function aRule(n: number, selections: Selections): Rule {
  const base = {
    id: `rule-${n}`,
    effect: 'grant',
    accounts: selections.accounts[n % ACCOUNTS] ?? new Set(),
    roles: selections.roles[n % ROLES] ?? new Set(),
  } as const
  const kind = n % 100
  if (kind < 80) return { ...base, match: { idp: 'entra', groups: [`grp-${n}`] } }
  if (kind < 94) return { ...base, match: { idp: 'entra', pattern: pattern(`^team-${n}-.*$`) } }
  if (kind < 98) {
    const match = { idp: 'entra', pattern: pattern(`^p${n}\\.(?P<role>[a-z0-9-]+)$`), role: [{ capture: 'role' }] }
    return { ...base, match }
  }
  return { ...base, match: { idp: 'entra', pattern: pattern(kind === 98 ? `^.*-svc${n}$` : `^.*-x${n}-.*$`) } }
}

function pattern(source: string) {
  const read = readPattern(source)
  if ('fault' in read) throw new Error(read.fault)
  return read.pattern
}

/** Half of their groups are named by some rule. */
function somebody(person: number, rules: number, groups: number): Principal {
  const names = Array.from({ length: groups }, (_, g) => {
    const n = (person * 7919 + g * 104_729) % rules
    const kind = n % 100
    if (g % 2 === 1) return `other-${person}-${g}`
    if (kind < 80) return `grp-${n}`
    if (kind < 94) return `team-${n}-berlin`
    if (kind < 98) return `p${n}.role-${n % ROLES}`
    return kind === 98 ? `any-svc${n}` : `any-x${n}-thing`
  })
  return {
    idp: 'entra',
    issuer: 'https://idp.example.com',
    subject: `person-${person}`,
    subjectClaim: 'sub',
    username: `person-${person}`,
    groups: { state: 'stated', names },
    claims: {},
  }
}

/** Every rule against every group, once. */
function plainReading(rules: number, groups: number): number {
  const { rules: all } = aMapping(rules)
  const { names } = somebody(1, rules, groups).groups
  const from = performance.now()
  let met = 0
  for (const { match } of all) {
    for (const name of names) {
      if ('groups' in match ? match.groups.includes(name) : 'pattern' in match && match.pattern.captures(name)) met += 1
    }
  }
  const took = performance.now() - from
  return met < 0 ? Number.NaN : took
}

function lookUps(groups: number): number {
  const known = new Map(Array.from({ length: 100_000 }, (_, n) => [`grp-${n}`, n]))
  const { names } = somebody(1, 100_000, groups).groups
  const from = performance.now()
  let sum = 0
  for (const name of names) sum += known.get(name) ?? 0
  const took = performance.now() - from
  return sum < 0 ? Number.NaN : took
}
