import { parseTemplate } from '../domain/entitlement/pattern.ts'
import type { Path } from './faults.ts'
import type { ConfigFile, RuleEntry } from './schema.ts'
import { accountsMeant, rolesMeant } from './selectors.ts'
import { withVariants } from './variants.ts'

type Selector = string | readonly string[]

type Reached = {
  readonly meant: ReadonlySet<string>
  /** Where the rule says so. */
  readonly writtenAt: Path
}

/** The most that a rule opens or closes: aliases and role keys. A deny of a role closes its variants too (threats.md R2). */
export function reachOf(
  { grant, deny, within }: Pick<RuleEntry, 'grant' | 'deny' | 'within'>,
  { accounts, roles }: Pick<ConfigFile, 'accounts' | 'roles'>,
): { readonly accounts: Reached; readonly roles: Reached } {
  const side = grant === undefined ? 'deny' : 'grant'
  const effect = grant ?? deny ?? { accounts: [], roles: [] }
  return {
    accounts: reached('accounts', side, effect.accounts, within?.accounts, (selector) =>
      accountsMeant(selector, accounts),
    ),
    roles: reached('roles', side, effect.roles ?? '*', within?.roles, (selector) =>
      grant === undefined ? withVariants(rolesMeant(selector, roles), roles) : rolesMeant(selector, roles),
    ),
  }
}

/**
 * What the rule's fence allows of its selection. For a group pattern, everything the fence allows: any of it may be
 * named.
 */
function reached(
  key: string,
  side: string,
  selector: Selector,
  fence: Selector | undefined,
  meantBy: (selector: Selector) => ReadonlySet<string>,
): Reached {
  if (typeof selector === 'string' && parseTemplate(selector) !== undefined)
    return { meant: meantBy(fence ?? []), writtenAt: ['within', key] }
  const [selected, allowed] = [meantBy(selector), fence === undefined ? undefined : meantBy(fence)]
  const meant = allowed === undefined ? selected : new Set([...selected].filter((name) => allowed.has(name)))
  return { meant, writtenAt: [side, key] }
}
