import type { ConfigFile } from './schema.ts'

type Accounts = ConfigFile['accounts']
type Selector = string | readonly string[]

/** `env:NAME`, `tag:NAME`, `"*"` or an alias: the accounts one item means. */
export function aliasesMeant(item: string, accounts: Accounts): readonly string[] {
  if (Object.hasOwn(accounts, item)) return [item]
  if (item === '*') return Object.keys(accounts)
  const [, kind, word = ''] = /^(env|tag):(.*)$/s.exec(item) ?? []
  if (kind === undefined) return []
  return Object.entries(accounts)
    .filter(([, { env, tags }]) => (kind === 'env' ? env === word : tags.includes(word)))
    .map(([alias]) => alias)
}

/**
 * The accounts a selector means, one item or a list. Equal selectors give the very same Set, here and for roles: a
 * thousand rules may say "*", and a decision reads the sets of hundreds of rules.
 */
export const accountsMeant = (selector: Selector, accounts: Accounts): ReadonlySet<string> =>
  setBefore(accounts, selector, () => itemsOf(selector).flatMap((item) => aliasesMeant(item, accounts)))

/** The role keys a selector means; none given means all, which is what a deny does. */
export const rolesMeant = (selector: Selector | undefined, roles: ConfigFile['roles']): ReadonlySet<string> =>
  setBefore(roles, selector ?? '*', () =>
    itemsOf(selector ?? '*').flatMap((item) =>
      item === '*' ? Object.keys(roles) : Object.hasOwn(roles, item) ? [item] : [],
    ),
  )

/** A file that has been read never changes. */
const meantBefore = new WeakMap<object, Map<string, ReadonlySet<string>>>()

function setBefore(among: object, selector: Selector, read: () => readonly string[]): ReadonlySet<string> {
  const known = meantBefore.get(among) ?? new Map<string, ReadonlySet<string>>()
  meantBefore.set(among, known)
  const words = JSON.stringify(selector)
  const meant = known.get(words) ?? new Set(read())
  known.set(words, meant)
  return meant
}

export const itemsOf = (selector: Selector): readonly string[] => (typeof selector === 'string' ? [selector] : selector)
