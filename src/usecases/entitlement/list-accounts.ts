import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { holdingsOf, rolesIn, type HeldRole } from '../../domain/entitlement/decide.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import { requireSessionMay, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'

/** A role on the list, and whether this very session could take it: the list offers nothing the issue path refuses (security.md M-21). */
export type StatedRole = HeldRole & { readonly state: 'available' | 'not_now' }

/** Accounts where the same holds share one and the same list of roles. */
export type ListedAccount = { readonly account: Account; readonly roles: readonly StatedRole[] }

/** In accounts that are alike for this session: what was said before, of a list and of a role. */
type Stated = {
  readonly lists: Map<readonly HeldRole[], readonly StatedRole[]>
  readonly roles: Map<HeldRole, StatedRole>
}

export type ListAccounts = (session: GatewaySession) => readonly ListedAccount[]

export type ListAccount = (session: GatewaySession, accountId: string) => readonly StatedRole[]

type Deps = { readonly rules: CurrentRules; readonly closing: DeviceClosing; readonly now: Now }

/** What is theirs in one account; nothing in one that nobody knows. It costs one account, not all. */
export function makeListAccount(deps: Deps): ListAccount {
  return function listAccount(session, accountId) {
    const stateOf = lookAs(session, deps)
    const index = deps.rules()
    const account = index.accounts.find(({ id }) => id === accountId)
    if (account === undefined) return []
    return rolesIn(index, session.principal, account).map((held) => ({ ...held, state: stateOf(account, held) }))
  }
}

/** Fails where the session may not even look; else says of a role whether it may take it. */
function lookAs(session: GatewaySession, { closing, now: clock }: Deps) {
  const now = clock()
  requireSessionMay(session, { kind: 'look' }, now)
  return (account: Account, { kind }: HeldRole): StatedRole['state'] =>
    sessionFault(session, closing.takeRole({ account, kind }, 'credentials'), now) === undefined &&
    passThroughFault({ account, kind }, session) === undefined &&
    missingTag(kind.sessionTags, session.principal) === undefined
      ? 'available'
      : 'not_now'
}

/** The roles of a signed-in person by account, decided anew from the rules in force. */
export function makeListAccounts(deps: Deps): ListAccounts {
  return function listAccounts(session) {
    const stateOf = lookAs(session, deps)
    const plain: Stated = { lists: new Map(), roles: new Map() }
    const others = new Map<string, Stated>()

    /** What this session may take depends on the account by its IdP for AWS, and by whether it is closed to devices. */
    function statedIn(account: Account, roles: readonly HeldRole[]): readonly StatedRole[] {
      const alike = alikeTo(account)
      const known = alike.lists.get(roles)
      if (known !== undefined) return known
      const made = roles.map((held) => {
        const role = alike.roles.get(held) ?? { ...held, state: stateOf(account, held) }
        alike.roles.set(held, role)
        return role
      })
      alike.lists.set(roles, made)
      return made
    }

    function alikeTo(account: Account): Stated {
      const closed = deps.closing.closes(account)
      if (!closed && account.passThroughIdp === undefined) return plain
      const key = `${closed} ${account.passThroughIdp ?? ''}`
      const known = others.get(key) ?? { lists: new Map(), roles: new Map() }
      others.set(key, known)
      return known
    }

    return holdingsOf(deps.rules(), session.principal).map(({ account, roles }) => ({
      account,
      roles: statedIn(account, roles),
    }))
  }
}
