import { entitlementFor, type Entitlement } from '../../domain/entitlement/decide.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules } from '../ports.ts'
import type { AskedFrom } from './circumstances.ts'
import type { ListAccounts, StatedRole } from './list-accounts.ts'

type ListedRole = { readonly entitlement: Entitlement; readonly stated: StatedRole }

export type ListRoles = (session: GatewaySession, from: AskedFrom) => readonly ListedRole[]

/** The same as `listAccounts`, role by role. */
export const makeListRoles =
  (deps: { readonly rules: CurrentRules; readonly listAccounts: ListAccounts }): ListRoles =>
  (session, from) => {
    const index = deps.rules()
    return deps
      .listAccounts(session, from)
      .flatMap(({ account, roles }) =>
        roles.map((stated) => ({ entitlement: entitlementFor(index, account, stated), stated })),
      )
  }
