import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import type { Circumstances, Verdict } from '../../domain/entitlement/conditions.ts'
import { holdingsOf, rolesIn, type HeldRole } from '../../domain/entitlement/decide.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import { unmetCode, unmetRefusal } from '../../domain/entitlement/standing.ts'
import { RolegateError } from '../../domain/errors.ts'
import { OLD_GROUPS, requireSessionMay, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now } from '../ports.ts'
import { circumstancesOf, type AskedFrom } from './circumstances.ts'

/**
 * A role on the list, and whether this very session could take it now: the list offers nothing the issue path refuses
 * (security.md M-21), but where all that lacks is a reason or a fresh sign-in, for which they will be asked.
 */
export type StatedRole = HeldRole & State

type State =
  | { readonly state: 'available' }
  /** What the issue path would say. */
  | { readonly state: 'needs_approval' | 'not_now'; readonly refusal: RolegateError }

/** Accounts where the same holds share one and the same list of roles. */
export type ListedAccount = { readonly account: Account; readonly roles: readonly StatedRole[] }

/** In accounts that are alike for this session: what was said before, of a list and of a role. */
type Stated = {
  readonly lists: Map<readonly HeldRole[], readonly StatedRole[]>
  readonly roles: Map<HeldRole, StatedRole>
}

export type ListAccounts = (session: GatewaySession, from: AskedFrom) => readonly ListedAccount[]

export type ListAccount = (session: GatewaySession, from: AskedFrom, accountId: string) => readonly StatedRole[]

type Deps = { readonly rules: CurrentRules; readonly closing: DeviceClosing; readonly now: Now }

/** What is theirs in one account; nothing in one that nobody knows. It costs one account, not all. */
export function makeListAccount(deps: Deps): ListAccount {
  return function listAccount(session, from, accountId) {
    const { stateOf, circumstances } = lookAs(session, from, deps)
    const index = deps.rules()
    const account = index.accounts.find(({ id }) => id === accountId)
    if (account === undefined) return []
    const roles = rolesIn(index, session.principal, account, circumstances)
    return roles.map((held) => ({ ...held, ...stateOf(account, held) }))
  }
}

/** Fails where the session may not even look; else says of a role whether it may take it. */
function lookAs(
  session: GatewaySession,
  from: AskedFrom,
  { closing, now: clock }: Deps,
): {
  readonly circumstances: Circumstances
  readonly stateOf: (account: Account, held: HeldRole) => State
} {
  const now = clock()
  requireSessionMay(session, { kind: 'look' }, now)

  function refusalFor(account: Account, { kind, unmet }: HeldRole): RolegateError | undefined {
    const fault = sessionFault(session, closing.takeRole({ account, kind }, 'credentials'), now)
    // A step-up is a sign-in: it reads the groups anew.
    const isMended = fault?.values['why'] === OLD_GROUPS && kind.elevated && session.via === 'browser'
    if (fault !== undefined && !isMended) return fault
    const condition = passThroughFault({ account, kind }, session)
    if (condition !== undefined) return new RolegateError('condition_unmet', { condition })
    const tag = missingTag(kind.sessionTags, session.principal)
    if (tag !== undefined) return new RolegateError('condition_unmet', { condition: 'tag_unavailable', tag })
    const code = unmetCode(unmet.filter(isInTheWay), session.principal)
    return code && unmetRefusal(code, kind.key, unmet)
  }

  /** A reason is given with the request, and a browser, or a terminal beside one, can be asked for a fresh sign-in. */
  const canBeAsked = session.via === 'browser' || session.via === 'pkce'
  const isInTheWay = ({ condition, untold }: Verdict): boolean =>
    condition !== 'reason' && !(condition === 'mfa_within' && canBeAsked && untold !== true)

  return {
    circumstances: circumstancesOf(session, from, now),
    stateOf(account, held) {
      const refusal = refusalFor(account, held)
      if (refusal === undefined) return { state: 'available' }
      return { state: refusal.code === 'approval_required' ? 'needs_approval' : 'not_now', refusal }
    },
  }
}

/** The roles of a signed-in person by account, decided anew from the rules in force. */
export function makeListAccounts(deps: Deps): ListAccounts {
  return function listAccounts(session, from) {
    const { stateOf, circumstances } = lookAs(session, from, deps)
    const others = new Map<string, Stated>()

    /** What this session may take depends on the account by its IdP for AWS, its environment, and whether it is closed to devices. */
    function statedIn(account: Account, roles: readonly HeldRole[]): readonly StatedRole[] {
      const alike = alikeTo(account)
      const known = alike.lists.get(roles)
      if (known !== undefined) return known
      const made = roles.map((held) => {
        const role = alike.roles.get(held) ?? { ...held, ...stateOf(account, held) }
        alike.roles.set(held, role)
        return role
      })
      alike.lists.set(roles, made)
      return made
    }

    function alikeTo(account: Account): Stated {
      const closed = deps.closing.closes(account)
      const key = `${closed} ${deps.closing.oldestGroups(account)} ${account.passThroughIdp ?? ''}`
      const known = others.get(key) ?? { lists: new Map(), roles: new Map() }
      others.set(key, known)
      return known
    }

    return holdingsOf(deps.rules(), session.principal, circumstances).map(({ account, roles }) => ({
      account,
      roles: statedIn(account, roles),
    }))
  }
}
