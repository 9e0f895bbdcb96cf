import { printDuration } from '../domain/entitlement/duration.ts'
import type { Entitlement } from '../domain/entitlement/decide.ts'
import type { Account } from '../domain/entitlement/rule.ts'
import type { StatedRole } from '../usecases/entitlement/list-accounts.ts'
import type { AccountCard, RoleCard } from './models/cards.ts'
import { whyNot } from './why-not.ts'

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
export const roleCard = ({ target, maxSeconds }: Entitlement): RoleCard => {
  const { account, kind } = target
  return {
    key: kind.key,
    summary: kind.summary,
    elevated: kind.elevated,
    href: `/roles/${account.alias}/${kind.key}`,
    max: printDuration(maxSeconds),
  }
}

/** The same on a list. One click opens the console where nothing has to be read or said first. */
export function roleCardIn(account: Account, stated: StatedRole): RoleCard {
  const { kind, maxSeconds, unmet, state } = stated
  const href = `/roles/${account.alias}/${kind.key}`
  const isPlain = !kind.elevated && account.passThroughIdp === undefined && state === 'available' && unmet.length === 0
  return {
    key: kind.key,
    summary: kind.summary,
    elevated: kind.elevated,
    href,
    max: printDuration(maxSeconds),
    ...(isPlain && { consoleAction: `${href}/console` }),
    ...(state !== 'available' && { closed: closedCard(stated) }),
    ...(stated.approval !== undefined && { grantedUntil: stated.approval.until }),
  }
}

const closedCard = (stated: StatedRole): NonNullable<RoleCard['closed']> =>
  stated.state === 'needs_approval' && stated.pending !== undefined
    ? { state: 'pending', why: 'Asked for; nobody has answered yet.' }
    : { state: stated.state === 'needs_approval' ? 'needs_approval' : 'not_now', ...whyNot(stated) }
