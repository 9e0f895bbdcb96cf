import { entitlementFor, type Entitlement } from '../../domain/entitlement/decide.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules } from '../ports.ts'
import type { AskedFrom } from './circumstances.ts'
import type { StatedRole } from './list-accounts.ts'
import type { ListWithRequests } from './list-with-requests.ts'

type ListedRole = { readonly entitlement: Entitlement; readonly stated: StatedRole }

export type ListRoles = (session: GatewaySession, from: AskedFrom) => Promise<readonly ListedRole[]>

/** The same as `listAccounts`, role by role. */
export const makeListRoles =
  (deps: { readonly rules: CurrentRules; readonly listAccounts: ListWithRequests['accounts'] }): ListRoles =>
  async (session, from) => {
    const listed = await deps.listAccounts(session, from)
    const index = deps.rules()
    return listed.flatMap(({ account, roles }) =>
      roles.map((stated) => ({ entitlement: entitlementFor(index, account, stated), stated })),
    )
  }
