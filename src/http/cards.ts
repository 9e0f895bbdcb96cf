import { printDuration } from '../domain/entitlement/duration.ts'
import type { Entitlement } from '../domain/entitlement/decide.ts'
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

/** A role as pages show it. One click opens the console where nothing has to be read first. */
export const roleCard = ({ target: { name, kind, account }, maxSeconds }: Entitlement): RoleCard => ({
  key: kind.key,
  summary: kind.summary,
  elevated: kind.elevated,
  href: `/roles/${name}`,
  max: printDuration(maxSeconds),
  ...(!kind.elevated && account.passThroughIdp === undefined && { consoleAction: `/roles/${name}/console` }),
})
