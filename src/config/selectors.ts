import type { ConfigFile } from './schema.ts'

type Accounts = ConfigFile['accounts']

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

/** The accounts a selector means, one item or a list. The same words mean the very same set: a thousand rules may say "*". */
export function accountsMeant(selector: string | readonly string[], accounts: Accounts): ReadonlySet<string> {
  const known = meantBefore.get(accounts) ?? new Map<string, ReadonlySet<string>>()
  meantBefore.set(accounts, known)
  const words = JSON.stringify(selector)
  const meant = known.get(words) ?? new Set(itemsOf(selector).flatMap((item) => aliasesMeant(item, accounts)))
  known.set(words, meant)
  return meant
}

/** A file that has been read never changes. */
const meantBefore = new WeakMap<Accounts, Map<string, ReadonlySet<string>>>()

/** The role keys a selector means; none given means all, which is what a deny does. */
export const rolesMeant = (
  selector: string | readonly string[] | undefined,
  roles: ConfigFile['roles'],
): ReadonlySet<string> =>
  new Set(
    itemsOf(selector ?? '*').flatMap((item) =>
      item === '*' ? Object.keys(roles) : Object.hasOwn(roles, item) ? [item] : [],
    ),
  )

export const itemsOf = (selector: string | readonly string[]): readonly string[] =>
  typeof selector === 'string' ? [selector] : selector
