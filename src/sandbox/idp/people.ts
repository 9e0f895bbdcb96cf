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

const person = (
  username: string,
  name: string,
  groups: readonly string[],
  what: string,
  domain = 'example.com',
): DemoPerson => ({
  username,
  subject: `u-${username}`,
  name,
  email: `${username}@${domain}`,
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
  person('gina', 'Gina Gill', ['payments-on-call'], 'one role, once somebody has approved it'),
  person('hugo', 'Hugo Hall', ['payments-leads'], 'one role, and he approves what gina asks for'),
  person(
    'dave',
    'Dave Dunn',
    Array.from({ length: 900 }, (_, index) => `team-${String(index + 1).padStart(4, '0')}`),
    '900 groups: more than the gateway takes for a whole list',
  ),
]

/** Who works for the company from outside: they sign in by SAML, at a directory of their own. */
export const SAML_PEOPLE: readonly DemoPerson[] = [
  person('erin', 'Erin Ellis', ['/acme/aws-devs', '/acme/contractors'], 'a contractor, in two groups', 'acme.example'),
  person('frank', 'Frank Fox', [], 'a contractor in no group, so no role', 'acme.example'),
]

/** People who sign in at one place, and what that place is called on its pages. Nobody is in two. */
export type Directory = { readonly name: string; readonly people: readonly DemoPerson[] }

export const OIDC_DIRECTORY: Directory = { name: 'demo directory', people: DEMO_PEOPLE }
export const SAML_DIRECTORY: Directory = { name: 'contractors’ directory', people: SAML_PEOPLE }

/** The person of this directory who gave this name and password, or undefined. */
export const personWith = (username: string, password: string, { people }: Directory): DemoPerson | undefined =>
  password === DEMO_PASSWORD ? people.find((known) => known.username === username.trim().toLowerCase()) : undefined
