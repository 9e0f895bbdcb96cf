import { onceEach } from '../once-each.ts'
import type { Account, RoleKind } from './rule.ts'

type Listed<Role> = { readonly account: Account; readonly roles: readonly Role[] }

/** More words than anybody types; a longer question costs no more. */
const MOST_WORDS = 8

/**
 * The accounts and roles in which every word of the question occurs: in an account's alias, number, name, environment, owner or
 * tags, or in a role's key or summary, or `elevated`. Case does not matter. An account keeps the roles that fit.
 */
export function searchRoles<Role extends { readonly kind: RoleKind }>(
  listed: readonly Listed<Role>[],
  question: string,
): readonly Listed<Role>[] {
  const words = wordsIn(question)
  if (words.length === 0) return listed
  return listed.flatMap(({ account, roles }) => {
    const about = textOfAccount(account)
    const missing = words.filter((word) => !about.includes(word))
    const found = missing.length === 0 ? roles : roles.filter(({ kind }) => hasAll(textOfKind(kind), missing))
    return found.length === 0 ? [] : [{ account, roles: found }]
  })
}

/** What is looked for: case does not matter. */
export const wordsIn = (question: string): readonly string[] =>
  question.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS)

const hasAll = (text: string, words: readonly string[]): boolean => words.every((word) => text.includes(word))

const textOfAccount = onceEach(({ alias, id, name, environment = '', owner = '', tags }: Account) =>
  [alias, id, name, environment, owner, ...tags].join('\n').toLowerCase(),
)

const textOfKind = onceEach(({ key, summary, elevated }: RoleKind) =>
  `${key}\n${summary}\n${elevated ? 'elevated' : ''}`.toLowerCase(),
)
