/** One person of the demo directory, with the claims it states about them. */
export type DemoPerson = {
  readonly username: string
  readonly subject: string
  readonly name: string
  readonly email: string
  readonly groups: readonly string[]
  /** For the reader of the sign-in page and of the terminal. */
  readonly what: string
}

/** Everybody's. It opens a demo on loopback and nothing else. */
export const DEMO_PASSWORD = 'demo'

const person = (username: string, name: string, groups: readonly string[], what: string): DemoPerson => ({
  username,
  subject: `u-${username}`,
  name,
  email: `${username}@example.com`,
  groups,
  what,
})

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  person(
    'alice',
    'Alice Archer',
    ['platform-engineers', 'payments-developers', 'payments-admins'],
    'several accounts, and one elevated role',
  ),
  person('bob', 'Bob Baker', ['auditors'], 'exactly one role'),
  person('carol', 'Carol Cole', [], 'in no group, so no role'),
  person(
    'dave',
    'Dave Dunn',
    Array.from({ length: 900 }, (_, index) => `team-${String(index + 1).padStart(4, '0')}`),
    '900 groups: more than the gateway takes for a whole list',
  ),
]

/** The person who gave this name and password, or undefined. */
export const personWith = (username: string, password: string): DemoPerson | undefined =>
  password === DEMO_PASSWORD ? DEMO_PEOPLE.find((known) => known.username === username.trim().toLowerCase()) : undefined
