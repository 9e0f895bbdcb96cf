import { decide } from '../../domain/entitlement/decide.ts'
import { approvalEnding, LEAST_SECONDS, secondsLeft } from '../../domain/entitlement/duration.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import type { RolegateError } from '../../domain/errors.ts'
import { askingFault } from '../../domain/request/asking.ts'
import type { Weighed } from '../../domain/request/role-request.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules } from '../ports.ts'
import type { RequestsOf } from '../request/requests-of.ts'
import { circumstancesOf, type AskedFrom } from './circumstances.ts'
import { stateOf, type ListAccount, type ListAccounts, type ListedAccount, type StatedRole } from './list-accounts.ts'
import { momentOf } from './moment.ts'

export type ListWithRequests = {
  /** The very list of `listAccounts` for whoever has asked nobody for anything. */
  readonly accounts: (session: GatewaySession, from: AskedFrom) => Promise<readonly ListedAccount[]>
  readonly account: (session: GatewaySession, from: AskedFrom, accountId: string) => Promise<readonly StatedRole[]>
}

/**
 * The lists with this person's approvals and waiting requests laid over them. Each concerns one role in one account, so
 * only that entry changes.
 */
export function makeListWithRequests(
  deps: Parameters<typeof momentOf>[3] & {
    readonly rules: CurrentRules
    readonly requestsOf: Pick<RequestsOf, 'all'>
    readonly listAccounts: ListAccounts
    readonly listAccount: ListAccount
  },
): ListWithRequests {
  type Asker = {
    readonly session: GatewaySession
    readonly from: AskedFrom
    readonly live: readonly Weighed[]
    /** Why they may ask for nothing more. */
    readonly unaskable?: RolegateError
  }

  async function askerOf(session: GatewaySession, from: AskedFrom): Promise<Asker> {
    const requests = await deps.requestsOf.all(session.principal)
    const live = requests.filter(({ standing }) => standing === 'asked' || standing === 'approved')
    const unaskable = askingFault(session.principal, deps.rules().mapping, live)
    return { session, from, live, ...(unaskable !== undefined && { unaskable }) }
  }

  function withRequests(account: Account, roles: readonly StatedRole[], { session, from, live, unaskable }: Asker) {
    const isAbout = live.some(({ request: { role } }) => role.startsWith(`${account.alias}/`))
    if (!isAbout && unaskable === undefined) return roles
    const [index, now] = [deps.rules(), deps.now()]
    const moment = momentOf(session, from, index.mapping, deps)
    const circumstances = circumstancesOf(session, from, now)
    return roles.map((stated): StatedRole => {
      const target = index.targetOf(account, stated.kind)
      const about = live.filter(({ request }) => request.roleId === roleIdOf(target))
      if (about.length === 0)
        return stated.state === 'needs_approval' && unaskable !== undefined
          ? { ...stated, state: 'not_now', refusal: unaskable }
          : stated
      const decision = decide(index, session.principal, target, { ...circumstances, requests: about })
      if (!('entitlement' in decision)) return stated
      const { target: _, ...standing } = decision.entitlement
      const held = { kind: stated.kind, ...standing }
      const pending = about.find(({ standing }) => standing === 'asked')
      const isEnding = secondsLeft(held, now) < LEAST_SECONDS
      return {
        ...held,
        ...(isEnding
          ? { state: 'needs_approval', refusal: approvalEnding() }
          : stateOf(account, held, session, moment)),
        ...(pending !== undefined && { pending: pending.request.id }),
      }
    })
  }

  return {
    async accounts(session, from) {
      const asker = await askerOf(session, from)
      const listed = deps.listAccounts(session, from)
      if (asker.live.length === 0) return listed
      return listed.map(({ account, roles }) => ({ account, roles: withRequests(account, roles, asker) }))
    },
    async account(session, from, accountId) {
      const asker = await askerOf(session, from)
      const roles = deps.listAccount(session, from, accountId)
      const account = deps.rules().accounts.find(({ id }) => id === accountId)
      return account === undefined ? roles : withRequests(account, roles, asker)
    },
  }
}
