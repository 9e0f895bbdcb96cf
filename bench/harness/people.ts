/** A seeded generator (mulberry32): each run has the same people. */
function makeChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const PREFIXES = ['AWS', 'GRP', 'sec', 'APP', 'eng']
export const TEAMS = [
  'Payments',
  'Platform',
  'Data-Science',
  'Checkout',
  'Identity',
  'Logistics',
  'Mobile',
  'Risk',
  'Search',
  'Billing',
]
const PLACES = ['Prod', 'Dev', 'Staging', 'EU-Central', 'US-East', 'Shared', 'Sandbox', 'Network']
const LEVELS = ['ReadOnly', 'Developers', 'Admins', 'Auditors', 'Operators']

/** 2,000 names as directories have them: 14 to 35 characters, with much in common and no order. */
export const GROUP_POOL: readonly string[] = PREFIXES.flatMap((prefix) =>
  TEAMS.flatMap((team) => PLACES.flatMap((place) => LEVELS.map((level) => `${prefix}-${team}-${place}-${level}`))),
)

export type Person = {
  readonly subject: string
  readonly username: string
  readonly email: string
  readonly groups: readonly string[]
}

/** Person number so-and-so, with so many different groups of the pool. */
export function personOf(number: number, groupCount: number): Person {
  const chance = makeChance(number + 1)
  const groups = new Set<string>()
  while (groups.size < groupCount) groups.add(GROUP_POOL[Math.floor(chance() * GROUP_POOL.length)] as string)
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(chance() * 4_294_967_296)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
  const subject = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  const username = `firstname.lastname${number}`
  return { subject, username, email: `${username}@example.com`, groups: [...groups] }
}
