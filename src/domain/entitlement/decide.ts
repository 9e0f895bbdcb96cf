import type { SessionPolicy } from '../aws/session-policy.ts'
import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { Met, RuleIndex } from './compile.ts'
import type { Account, RoleKind, RoleTarget, Rule } from './rule.ts'

/** For how long at most, and by which grant: what rules say of a kind of role, whatever account they cover it in. */
type Standing = {
  readonly maxSeconds: number
  /** What set `maxSeconds`. */
  readonly limitedBy: 'role' | 'rule'
  /** The grants that open it, the one that is used first. */
  readonly via: readonly Via[]
  /** What narrows the session: the role's own policy, or that of the grant that is used. */
  readonly sessionPolicy?: SessionPolicy
}

/** A role this principal may take now, by which grant, and for how long at most. */
export type Entitlement = Standing & { readonly target: RoleTarget }

/** A kind of role that is held, in every account that lists it. */
export type HeldRole = Standing & { readonly kind: RoleKind }

/** An account and what is held there. Accounts that the same rules cover share one and the same list. */
export type HeldAccount = { readonly account: Account; readonly roles: readonly HeldRole[] }

/** Ways in beyond these are no news: somebody may be in thousands of groups. */
const MOST_VIA = 20

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

export const entitlementFor = (index: RuleIndex, account: Account, { kind, ...standing }: HeldRole): Entitlement => ({
  target: index.targetOf(account, kind),
  ...standing,
})

/** The same by account. What rules say is worked out once for all accounts that the same rules cover. */
export function holdingsOf(index: RuleIndex, principal: Principal): readonly HeldAccount[] {
  const coverings = coveringsOf(index, index.met(principal))
  const held: HeldAccount[] = []
  for (const [place, account] of index.accounts.entries()) {
    const covering = coverings[place]
    if (covering?.last === undefined) continue
    covering.roles ??= rolesUnder(rulesOf(covering), index)
    if (covering.roles.length > 0) held.push({ account, roles: covering.roles })
  }
  return held
}

/** What is held in this one account. */
export const rolesIn = (index: RuleIndex, principal: Principal, account: Account): readonly HeldRole[] =>
  rolesUnder(ruleByRule(coveringOf(index.met(principal), account)), index)

const coveringOf = (met: readonly Met[], { alias }: Account): readonly Met[] =>
  met.filter(({ rule }) => rule.accounts.has(alias))

/** A rule, and every way it met the person: many groups may open one rule. */
type Spoken = { readonly rule: Rule; readonly met: readonly Met[] }

function ruleByRule(met: readonly Met[]): readonly Spoken[] {
  const spoken = new Map<Rule, Met[]>()
  for (const one of met) {
    const known = spoken.get(one.rule)
    if (known === undefined) spoken.set(one.rule, [one])
    else known.push(one)
  }
  return [...spoken].map(([rule, each]) => ({ rule, met: each }))
}

/** Rules that cover an account together: the last of them, and those before it in the file. */
type Covering = { readonly last?: Spoken; readonly before?: Covering; roles?: readonly HeldRole[] }

/** By an account's place in the file. Costs what the rules list, not accounts times rules. */
function coveringsOf(index: RuleIndex, met: readonly Met[]): readonly Covering[] {
  const none: Covering = {}
  const coverings = index.accounts.map(() => none)
  for (const last of ruleByRule(met)) {
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
function rulesOf(covering: Covering): readonly Spoken[] {
  const spoken: Spoken[] = []
  for (let at: Covering | undefined = covering; at?.last !== undefined; at = at.before) spoken.push(at.last)
  return spoken.toReversed()
}

/** One pass over the rules, and over what each names: security.md M-17. */
function rolesUnder(spoken: readonly Spoken[], { mapping }: RuleIndex): readonly HeldRole[] {
  const denied = new Set<string>()
  const grants = new Map<string, Met[]>()
  for (const { rule, met } of spoken) {
    for (const key of rule.roles) {
      if (rule.effect === 'deny') denied.add(key)
      else {
        const known = grants.get(key)
        if (known === undefined) grants.set(key, [...met])
        else known.push(...met)
      }
    }
  }
  return [...mapping.roles.values()].flatMap((kind) => {
    const opening = denied.has(kind.key) ? undefined : grants.get(kind.key)
    return opening === undefined ? [] : { kind, ...standingBy(opening, kind) }
  })
}

/** What the rules that cover an account say of a kind of role there. */
function answerFor(covering: readonly Met[], kind: RoleKind): Standing | Extract<Decision, { allowed: false }> {
  const speaking = covering.filter(({ rule }) => rule.roles.has(kind.key))
  const denied = speaking.find(({ rule }) => rule.effect === 'deny')
  if (denied !== undefined) return { allowed: false, code: 'denied_by_rule', rule: denied.rule.id }
  return speaking.length === 0 ? { allowed: false, code: 'not_entitled' } : standingBy(speaking, kind)
}

/** By these grants, of which there is at least one. */
function standingBy(opening: readonly Met[], kind: RoleKind): Standing {
  // The role's own limit binds every grant: one that names more is no longer for it.
  const secondsOf = ({ rule }: Met) => Math.min(rule.maxSeconds ?? kind.maxSeconds, kind.maxSeconds)
  // A stable sort: of equally long grants the first in the file is the one that is used.
  const grants = opening.toSorted((a, b) => secondsOf(b) - secondsOf(a))
  const maxSeconds = Math.max(0, ...grants.slice(0, 1).map(secondsOf))
  const sessionPolicy = kind.sessionPolicy ?? grants[0]?.rule.sessionPolicy
  return {
    maxSeconds,
    limitedBy: maxSeconds < kind.maxSeconds ? 'rule' : 'role',
    via: grants.slice(0, MOST_VIA).map(({ rule, group }) => ({ rule: rule.id, group })),
    ...(sessionPolicy !== undefined && { sessionPolicy }),
  }
}
