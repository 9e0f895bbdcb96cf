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

/** The accounts a selector means, one item or a list. */
export const accountsMeant = (selector: string | readonly string[], accounts: Accounts): ReadonlySet<string> =>
  new Set(itemsOf(selector).flatMap((item) => aliasesMeant(item, accounts)))

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
