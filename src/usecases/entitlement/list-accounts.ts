import { missingTag } from '../../domain/aws/session-tags.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import { holdingsBy, rolesIn, type HeldRole } from '../../domain/entitlement/decide.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import { inTheWay, unmetCode, unmetRefusal, weighingBy } from '../../domain/entitlement/standing.ts'
import { unmet, type RolegateError } from '../../domain/errors.ts'
import { onceEach } from '../../domain/once-each.ts'
import { OLD_GROUPS, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { AskedFrom } from './circumstances.ts'
import { makeKeptLists } from './kept-lists.ts'
import { listWeight } from './list-weight.ts'
import { momentOf, notedMoment, type Moment } from './moment.ts'

/**
 * A role on the list, and whether this session could take it now. The list offers nothing that a hand-over would refuse
 * (security.md M-21), except that a reason or a fresh sign-in may still be asked for.
 */
export type StatedRole = HeldRole & State

type State = {
  /** The request of theirs for it that waits for an answer. */
  readonly pending?: string
} & (
  | { readonly state: 'available' }
  /** What the issue path would say. */
  | { readonly state: 'needs_approval' | 'not_now'; readonly refusal: RolegateError }
)

/** Accounts where the same holds share one and the same list of roles. */
export type ListedAccount = { readonly account: Account; readonly roles: readonly StatedRole[] }

/** What was said before for accounts that are alike for this session, of a whole list and of single roles. */
type Stated = {
  readonly lists: Map<readonly HeldRole[], readonly StatedRole[]>
  readonly roles: Map<HeldRole, StatedRole>
}

/**
 * Answers the very same object while nothing in it would differ, so that what is made of a list can be kept beside it.
 */
export type ListAccounts = (session: GatewaySession, from: AskedFrom) => readonly ListedAccount[]

export type ListAccount = (session: GatewaySession, from: AskedFrom, accountId: string) => readonly StatedRole[]

type Deps = { readonly rules: CurrentRules; readonly closing: DeviceClosing; readonly now: Now }

/** Who asks, and by which kind of session. With the rules and the moment, that decides the whole list. */
type Asker = Pick<GatewaySession, 'principal' | 'via'>

/** What is theirs in one account; nothing in one that nobody knows. It costs one account, not all. */
export function makeListAccount(deps: Deps): ListAccount {
  return function listAccount(session, from, accountId) {
    const index = deps.rules()
    const moment = momentOf(session, from, index.mapping, deps)
    const account = index.accounts.find(({ id }) => id === accountId)
    if (account === undefined) return []
    const roles = rolesIn(index, session.principal, account, weighingIn(moment, session))
    return roles.map((held) => ({ ...held, ...stateOf(account, held, session, moment) }))
  }
}

const weighingIn = ({ unmet, unbindable }: Moment, { principal }: Asker) =>
  weighingBy(unmet, principal, () => unbindable() !== undefined)

/** Whether the session may take the role. */
export function stateOf(account: Account, held: HeldRole, asker: Asker, moment: Moment): State {
  const refusal = refusalFor(account, held, asker, moment)
  if (refusal === undefined) return { state: 'available' }
  return { state: refusal.code === 'approval_required' ? 'needs_approval' : 'not_now', refusal }
}

function refusalFor(account: Account, held: HeldRole, asker: Asker, moment: Moment): RolegateError | undefined {
  const { kind, unmet: lacking, bindIp } = held
  const { via, principal } = asker
  const fault = moment.fault({ account, kind })
  // A step-up is a sign-in: it reads the groups anew.
  const isMended = fault?.values['why'] === OLD_GROUPS && kind.elevated && via === 'browser'
  if (fault !== undefined && !isMended) return fault
  const passing = passThroughFault({ account, kind }, asker, held)
  if (passing !== undefined) return unmet(passing)
  const tag = missingTag(kind.sessionTags, principal)
  if (tag !== undefined) return unmet('tag_unavailable', { tag })
  // threats.md R12: where they ask from binds nothing, or is not known.
  const unbindable = bindIp === true ? moment.unbindable() : undefined
  if (unbindable !== undefined) return unmet(unbindable)
  const code = unmetCode(inTheWay(lacking, asker), principal)
  // Asking would be refused.
  if (code === 'approval_required' && moment.unaskable !== undefined) return moment.unaskable
  return code && unmetRefusal(code, kind.key, lacking)
}

/**
 * The roles of a signed-in person by account, by the rules in force. A list is made once for as long as the same rules, the same
 * person and a like moment would make the same again (DECISIONS.md 200).
 */
export function makeListAccounts(deps: Deps): ListAccounts {
  const kept = makeKeptLists<readonly ListedAccount[]>()
  const nameOf = onceEach((principal: Principal) => JSON.stringify(principal))
  /**
   * All of an account that matters to what this session may take: its IdP for AWS, its environment, and whether it is
   * closed to devices.
   */
  const alikeBy = onceEach(
    (account: Account) =>
      `${deps.closing.closes(account)} ${deps.closing.oldestGroups(account)} ${account.passThroughIdp ?? ''}`,
  )

  return function listAccounts(session, from) {
    const index = deps.rules()
    const moment = momentOf(session, from, index.mapping, deps)
    // Everything that is known of them: two of whom it is the same are one to the rules.
    const key = `${session.via} ${nameOf(session.principal)}`
    const known = kept.find(index, key, moment)
    if (known !== undefined) return known
    const madeAt = notedMoment(moment, deps.closing)
    const list = listAt(index, session, madeAt, alikeBy)
    kept.keep(index, key, { list, madeAt, weight: listWeight(key, list) })
    return list
  }
}

/** No clock, no address, no session: what they change comes by the moment. */
function listAt(
  index: RuleIndex,
  asker: Asker,
  moment: Moment,
  alikeBy: (account: Account) => string,
): readonly ListedAccount[] {
  const others = new Map<string, Stated>()

  function statedIn(account: Account, roles: readonly HeldRole[]): readonly StatedRole[] {
    const alike = alikeTo(account)
    const known = alike.lists.get(roles)
    if (known !== undefined) return known
    const made = roles.map((held) => {
      const role = alike.roles.get(held) ?? { ...held, ...stateOf(account, held, asker, moment) }
      alike.roles.set(held, role)
      return role
    })
    alike.lists.set(roles, made)
    return made
  }

  function alikeTo(account: Account): Stated {
    const key = alikeBy(account)
    const known = others.get(key) ?? { lists: new Map(), roles: new Map() }
    others.set(key, known)
    return known
  }

  const weighing = weighingIn(moment, asker)
  return holdingsBy(index, asker.principal, weighing).map(({ account, roles }) => ({
    account,
    roles: statedIn(account, roles),
  }))
}
