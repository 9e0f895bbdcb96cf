import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { Met, RuleIndex } from './compile.ts'
import type { Account, RoleKind, RoleTarget } from './rule.ts'

/** For how long at most, and by which grant: what rules say of a kind of role, whatever account they cover it in. */
type Standing = {
  readonly maxSeconds: number
  /** What set `maxSeconds`. */
  readonly limitedBy: 'role' | 'rule'
  /** The grants that open it, the one that is used first. */
  readonly via: readonly Via[]
}

/** A role this principal may take now, by which grant, and for how long at most. */
export type Entitlement = Standing & { readonly target: RoleTarget }

/** A kind of role that is held, in every account that lists it. */
export type HeldRole = Standing & { readonly kind: RoleKind }

/** An account and what is held there. Accounts that the same rules cover share one and the same list. */
export type HeldAccount = { readonly account: Account; readonly roles: readonly HeldRole[] }

export type Via = { readonly rule: string; readonly group: string | null }

export type Decision =
  | { readonly allowed: true; readonly entitlement: Entitlement }
  | { readonly allowed: false; readonly code: 'not_entitled' }
  | { readonly allowed: false; readonly code: 'denied_by_rule'; readonly rule: string }

/** May this principal take this role? Deny beats every grant; of several grants the longest is used (contract.md). */
export function decide(index: RuleIndex, principal: Principal, target: RoleTarget): Decision {
  const answer = answerFor(coveringOf(index.met(principal), target.account), target.kind)
  return 'code' in answer ? answer : { allowed: true, entitlement: { target, ...answer } }
}

/** The entitlement, or `not_entitled` / `denied_by_rule`. */
export function requireEntitlement(index: RuleIndex, principal: Principal, target: RoleTarget): Entitlement {
  const decision = decide(index, principal, target)
  if (decision.allowed) return decision.entitlement
  throw new RolegateError(decision.code, {
    role: target.name,
    ...(decision.code === 'denied_by_rule' && { rule: decision.rule }),
  })
}

/** Every role this principal may take, in the file's order of accounts and roles. */
export const entitlementsOf = (index: RuleIndex, principal: Principal): readonly Entitlement[] =>
  holdingsOf(index, principal).flatMap(({ account, roles }) =>
    roles.map((held) => entitlementFor(index, account, held)),
  )

export const entitlementFor = (
  index: RuleIndex,
  account: Account,
  { kind, maxSeconds, limitedBy, via }: HeldRole,
): Entitlement => ({ target: index.targetOf(account, kind), maxSeconds, limitedBy, via })

/** The same by account. What rules say is worked out once for all accounts that the same rules cover. */
export function holdingsOf(index: RuleIndex, principal: Principal): readonly HeldAccount[] {
  const coverings = coveringsOf(index, index.met(principal))
  const held: HeldAccount[] = []
  for (const [place, account] of index.accounts.entries()) {
    const covering = coverings[place]
    if (covering?.last === undefined) continue
    covering.roles ??= rolesUnder(covering, index)
    if (covering.roles.length > 0) held.push({ account, roles: covering.roles })
  }
  return held
}

/** What is held in this one account. */
export function rolesIn(index: RuleIndex, principal: Principal, account: Account): readonly HeldRole[] {
  const covering = coveringOf(index.met(principal), account)
  return [...index.mapping.roles.values()].flatMap((kind) => heldBy(covering, kind) ?? [])
}

const coveringOf = (met: readonly Met[], { alias }: Account): readonly Met[] =>
  met.filter(({ rule }) => rule.accounts.has(alias))

/** Rules that cover an account together: the last of them, and those before it in the file. */
type Covering = {
  readonly last?: Met
  readonly before?: Covering
  /** By key of its kind; a kind that the last rule does not name is held as before it. */
  held?: ReadonlyMap<string, HeldRole>
  roles?: readonly HeldRole[]
}

/** By an account's place in the file. Costs what the rules list, not accounts times rules. */
function coveringsOf(index: RuleIndex, met: readonly Met[]): readonly Covering[] {
  const none: Covering = {}
  const coverings = index.accounts.map(() => none)
  for (const last of met) {
    const widened = new Map<Covering, Covering>()
    for (const place of index.placesOf(last.rule)) {
      const before = coverings[place] ?? none
      const known = widened.get(before)
      const covering = known ?? { last, before }
      if (known === undefined) widened.set(before, covering)
      coverings[place] = covering
    }
  }
  return coverings
}

/** In the order of the file. */
function rulesOf(covering: Covering): readonly Met[] {
  const met: Met[] = []
  for (let at: Covering | undefined = covering; at?.last !== undefined; at = at.before) met.push(at.last)
  return met.toReversed()
}

function rolesUnder(covering: Covering, { mapping }: RuleIndex): readonly HeldRole[] {
  const held = heldUnder(covering, mapping.roles)
  return [...mapping.roles.keys()].flatMap((key) => held.get(key) ?? [])
}

function heldUnder(covering: Covering, kinds: ReadonlyMap<string, RoleKind>): ReadonlyMap<string, HeldRole> {
  const { last, before } = covering
  if (last === undefined || before === undefined) return new Map()
  if (covering.held !== undefined) return covering.held
  const held = new Map(heldUnder(before, kinds))
  const met = rulesOf(covering)
  for (const key of last.rule.roles) {
    const kind = kinds.get(key)
    const role = kind && heldBy(met, kind)
    if (role === undefined) held.delete(key)
    else held.set(key, role)
  }
  covering.held = held
  return held
}

function heldBy(covering: readonly Met[], kind: RoleKind): HeldRole | undefined {
  const answer = answerFor(covering, kind)
  return 'code' in answer ? undefined : { kind, ...answer }
}

/** What the rules that cover an account say of a kind of role there. */
function answerFor(covering: readonly Met[], kind: RoleKind): Standing | Extract<Decision, { allowed: false }> {
  const speaking = covering.filter(({ rule }) => rule.roles.has(kind.key))
  const denied = speaking.find(({ rule }) => rule.effect === 'deny')
  if (denied !== undefined) return { allowed: false, code: 'denied_by_rule', rule: denied.rule.id }

  // The role's own limit binds every grant: one that names more is no longer for it.
  const secondsOf = ({ rule }: Met) => Math.min(rule.maxSeconds ?? kind.maxSeconds, kind.maxSeconds)
  // A stable sort: of equally long grants the first in the file is the one that is used.
  const grants = speaking.toSorted((a, b) => secondsOf(b) - secondsOf(a))
  const [best] = grants
  if (best === undefined) return { allowed: false, code: 'not_entitled' }
  const maxSeconds = secondsOf(best)
  return {
    maxSeconds,
    limitedBy: maxSeconds < kind.maxSeconds ? 'rule' : 'role',
    via: grants.map(({ rule, group }) => ({ rule: rule.id, group })),
  }
}
