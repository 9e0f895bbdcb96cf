import { parseRoleArn } from '../aws/arn.ts'
import { RolegateError } from '../errors.ts'
import type { RuleIndex } from './compile.ts'
import type { RoleTarget } from './rule.ts'

/**
 * The role a request names: `alias/role`, `123456789012/role` or a role ARN, each exactly (threats.md D12). Unknown
 * ones fail with `role_unknown`. Prefixes and guesses live in the CLI alone.
 */
export function requireRole(index: RuleIndex, name: string): RoleTarget {
  const found = name.startsWith('arn:') ? index.targetByArn(parseRoleArn(name)) : byName(index, name)
  if (found === undefined) throw new RolegateError('role_unknown')
  return found
}

function byName(index: RuleIndex, name: string): RoleTarget | undefined {
  const [account = '', key = '', ...rest] = name.split('/')
  if (rest.length > 0) return undefined
  if (!/^\d{12}$/.test(account)) return index.target(account, key)
  for (const { id, alias } of index.mapping.accounts.values()) if (id === account) return index.target(alias, key)
  return undefined
}

/**
 * The requested role as a record may show it: only if it is written as we write role names. Anything else might be a
 * secret pasted into the wrong field.
 */
export const askedForRecord = (name: string): string =>
  /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$|^arn:[a-z-]{3,12}:iam::\d{12}:role\/[A-Za-z0-9/._-]{1,64}$/.test(name)
    ? name
    : '(not a role name)'
