import { RolegateError } from '../../domain/errors.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { AskedFrom } from './circumstances.ts'
import type { StatedRole } from './list-accounts.ts'
import type { ListWithRequests } from './list-with-requests.ts'

/** One page of a list, and where the next begins. */
type Page<Item> = { readonly items: readonly Item[]; readonly next?: string }
type Turn = { readonly most?: number; readonly after?: string }

export type ListForIdentityCenter = {
  /** The accounts in which this session may take a role now. */
  accounts(session: GatewaySession, from: AskedFrom, turn: Turn): Promise<Page<Account>>
  /** The role keys it may take in one of them, which fails with `role_unknown` where there is none. */
  roles(session: GatewaySession, from: AskedFrom, accountId: string, turn: Turn): Promise<Page<string>>
}

/**
 * The lists in the form of IAM Identity Center: only roles that may be taken now, paged if the client asks for pages. A
 * page token names the last item and not its position, so nothing is skipped if the list changes in between
 * (`invalid_request` if that item is gone).
 */
export function makeListForIdentityCenter(deps: {
  listAccounts: ListWithRequests['accounts']
  listAccount: ListWithRequests['account']
}): ListForIdentityCenter {
  // Stock clients cannot confirm in a browser (threats.md H8) and cannot give a reason.
  const isOpen = ({ state, kind, unmet }: StatedRole): boolean =>
    state === 'available' && !kind.elevated && unmet.length === 0

  return {
    async accounts(session, from, turn) {
      const held = (await deps.listAccounts(session, from)).filter(({ roles }) => roles.some(isOpen))
      return pageOf(
        held.map(({ account }) => account),
        ({ id }) => id,
        turn,
      )
    },
    async roles(session, from, accountId, turn) {
      const held = await deps.listAccount(session, from, accountId)
      const keys = held.flatMap((role) => (isOpen(role) ? [role.kind.key] : []))
      // An account that is not theirs and one that does not exist look the same.
      if (keys.length === 0) throw new RolegateError('role_unknown')
      return pageOf(keys, (key) => key, turn)
    },
  }
}

function pageOf<Item>(items: readonly Item[], nameOf: (item: Item) => string, { most, after }: Turn): Page<Item> {
  const start = after === undefined ? 0 : items.findIndex((item) => nameOf(item) === after) + 1
  if (after !== undefined && start === 0) throw new RolegateError('invalid_request', { field: 'next_token' })
  const page = items.slice(start, most === undefined ? undefined : start + most)
  const last = page.at(-1)
  return last !== undefined && start + page.length < items.length
    ? { items: page, next: nameOf(last) }
    : { items: page }
}
