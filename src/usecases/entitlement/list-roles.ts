import { entitlementFor, type Entitlement } from '../../domain/entitlement/decide.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import { makeListAccounts, type StatedRole } from './list-accounts.ts'

type ListedRole = { readonly entitlement: Entitlement; readonly state: StatedRole['state'] }

export type ListRoles = (session: GatewaySession) => readonly ListedRole[]

/** The same as `listAccounts`, role by role. */
export function makeListRoles(deps: Parameters<typeof makeListAccounts>[0]): ListRoles {
  const listAccounts = makeListAccounts(deps)
  return (session) =>
    listAccounts(session).flatMap(({ account, roles }) =>
      roles.map((held) => ({ entitlement: entitlementFor(deps.rules(), account, held), state: held.state })),
    )
}
