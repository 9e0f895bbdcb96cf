import type { DeviceClosing } from '../../domain/device/closing.ts'
import { holdingsOf, type HeldRole } from '../../domain/entitlement/decide.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import type { Account, RoleTarget } from '../../domain/entitlement/rule.ts'
import { requireSessionMay, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'

/** A role on the list, and whether this very session could take it: the list offers nothing the issue path refuses (security.md M-21). */
export type StatedRole = HeldRole & { readonly state: 'available' | 'not_now' }

/** Accounts where the same holds share one and the same list of roles. */
export type ListedAccount = { readonly account: Account; readonly roles: readonly StatedRole[] }

export type ListAccounts = (session: GatewaySession) => readonly ListedAccount[]

/** The roles of a signed-in person by account, decided anew from the rules in force. */
export function makeListAccounts(deps: { rules: CurrentRules; closing: DeviceClosing; now: Now }): ListAccounts {
  return function listAccounts(session) {
    const now = deps.now()
    requireSessionMay(session, { kind: 'look' }, now)
    const stated = new Map<readonly HeldRole[], Map<string, readonly StatedRole[]>>()

    const stateOf = (target: Pick<RoleTarget, 'account' | 'kind'>): StatedRole['state'] =>
      sessionFault(session, deps.closing.takeRole(target, 'credentials'), now) === undefined &&
      passThroughFault(target, session) === undefined
        ? 'available'
        : 'not_now'

    /** What this session may take depends on the account by its IdP for AWS, and by whether it is closed to devices. */
    function statedIn(account: Account, roles: readonly HeldRole[]): readonly StatedRole[] {
      const alike = stated.get(roles) ?? new Map<string, readonly StatedRole[]>()
      const key = `${account.passThroughIdp ?? ''}|${deps.closing.closes(account)}`
      const known = alike.get(key)
      if (known !== undefined) return known
      const made = roles.map((held): StatedRole => ({ ...held, state: stateOf({ account, kind: held.kind }) }))
      stated.set(roles, alike.set(key, made))
      return made
    }

    return holdingsOf(deps.rules(), session.principal).map(({ account, roles }) => ({
      account,
      roles: statedIn(account, roles),
    }))
  }
}
