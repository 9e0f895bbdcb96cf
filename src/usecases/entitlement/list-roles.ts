import { entitlementFor, type Entitlement } from '../../domain/entitlement/decide.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { AskedFrom } from './circumstances.ts'
import { makeListAccounts, type StatedRole } from './list-accounts.ts'

type ListedRole = { readonly entitlement: Entitlement; readonly stated: StatedRole }

export type ListRoles = (session: GatewaySession, from: AskedFrom) => readonly ListedRole[]

/** The same as `listAccounts`, role by role. */
export function makeListRoles(deps: Parameters<typeof makeListAccounts>[0]): ListRoles {
  const listAccounts = makeListAccounts(deps)
  return (session, from) =>
    listAccounts(session, from).flatMap(({ account, roles }) =>
      roles.map((stated) => ({ entitlement: entitlementFor(deps.rules(), account, stated), stated })),
    )
}
