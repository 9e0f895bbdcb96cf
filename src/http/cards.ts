import { printDuration } from '../domain/entitlement/duration.ts'
import type { Entitlement, HeldRole } from '../domain/entitlement/decide.ts'
import type { Account } from '../domain/entitlement/rule.ts'
import type { AccountCard, RoleCard } from './pages.ts'

/** An account as pages show it. */
export const accountCard = ({ alias, id, name, environment, color, owner }: Account): Omit<AccountCard, 'roles'> => ({
  alias,
  id,
  name,
  ...(environment !== undefined && { environment }),
  ...(color !== undefined && { color }),
  ...(owner !== undefined && { owner }),
})

/** A role as pages show it. */
export const roleCard = ({ target: { account, kind }, maxSeconds }: Entitlement): RoleCard =>
  roleCardIn(account, { kind, maxSeconds })

/** One click opens the console where nothing has to be read first. */
export function roleCardIn(account: Account, { kind, maxSeconds }: Pick<HeldRole, 'kind' | 'maxSeconds'>): RoleCard {
  const href = `/roles/${account.alias}/${kind.key}`
  return {
    key: kind.key,
    summary: kind.summary,
    elevated: kind.elevated,
    href,
    max: printDuration(maxSeconds),
    ...(!kind.elevated && account.passThroughIdp === undefined && { consoleAction: `${href}/console` }),
  }
}
