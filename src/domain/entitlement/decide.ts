import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { Met, RuleIndex } from './compile.ts'
import { pendingIn, type Circumstances } from './conditions.ts'
import { coveringsOf, ruleByRule, type Spoken } from './coverings.ts'
import type { Account, Mapping, RoleKind, RoleTarget } from './rule.ts'
import {
  standingBy,
  unmetCode,
  unmetRefusal,
  weighingFor,
  type Standing,
  type UnmetCode,
  type Weighing,
} from './standing.ts'

/** A role this principal holds, by which grant, and for how long at most. */
export type Entitlement = Standing & { readonly target: RoleTarget }

/** A kind of role that is held, in every account that lists it. */
export type HeldRole = Standing & { readonly kind: RoleKind }

/** An account and what is held there. Accounts that the same rules cover share one and the same list. */
export type HeldAccount = { readonly account: Account; readonly roles: readonly HeldRole[] }

export type Decision =
  | { readonly allowed: true; readonly entitlement: Entitlement }
  | { readonly allowed: false; readonly code: 'not_entitled' }
  | { readonly allowed: false; readonly code: 'denied_by_rule'; readonly rule: string }
  /** Held, and not to be taken now. */
  | { readonly allowed: false; readonly code: UnmetCode; readonly entitlement: Entitlement }

/**
 * May this principal take this role now? A deny beats every grant. Of several grants the order is: one that may be used
 * now, then the one that lasts longest, then the first in the file (contract.md).
 */
export function decide(
  index: RuleIndex,
  principal: Principal,
  target: RoleTarget,
  circumstances: Circumstances,
): Decision {
  const answer = answerFor(
    coveringOf(index.met(principal), target.account),
    target.kind,
    weighingFor(principal, circumstances, index.mapping, target),
  )
  if ('code' in answer) return answer
  const entitlement = { target, ...answer }
  const code = unmetCode(answer.unmet, principal)
  return code === undefined ? { allowed: true, entitlement } : { allowed: false, code, entitlement }
}

/** The entitlement that may be used now, or what forbids it. */
export function requireEntitlement(...asked: Parameters<typeof decide>): Entitlement {
  const { entitlement, lacks } = requireAskable(...asked)
  if (lacks !== undefined) throw lacks
  return entitlement
}

/**
 * Decides like `decide`, but throws only if asking the person would not help. `lacks` is the refusal if all they lack
 * is a reason or a fresh sign-in, for which they can be asked.
 */
export function requireAskable(...asked: Parameters<typeof decide>): {
  readonly entitlement: Entitlement
  readonly lacks?: RolegateError
} {
  const [, principal, target, circumstances] = asked
  const decision = decide(...asked)
  const { name } = target
  if (decision.allowed) return { entitlement: decision.entitlement }
  if ('entitlement' in decision) {
    const { code, entitlement } = decision
    const { unmet } = entitlement
    const pending = code === 'approval_required' ? pendingIn(circumstances, principal, target) : {}
    const lacks = unmetRefusal(code, name, unmet, pending)
    if (code === 'step_up_required' || unmet.every(({ condition }) => condition === 'reason'))
      return { entitlement, lacks }
    throw lacks
  }
  throw new RolegateError(decision.code, {
    role: name,
    ...(decision.code === 'denied_by_rule' && { rule: decision.rule }),
  })
}

/** Every role this principal holds, in the file's order of accounts and roles; `unmet` says which may not be taken now. */
export const entitlementsOf = (
  index: RuleIndex,
  principal: Principal,
  circumstances: Circumstances,
): readonly Entitlement[] =>
  holdingsOf(index, principal, circumstances).flatMap(({ account, roles }) =>
    roles.map((held) => entitlementFor(index, account, held)),
  )

export const entitlementFor = (index: RuleIndex, account: Account, { kind, ...standing }: HeldRole): Entitlement => ({
  target: index.targetOf(account, kind),
  ...standing,
})

/** The same by account. */
export const holdingsOf = (
  index: RuleIndex,
  principal: Principal,
  circumstances: Circumstances,
): readonly HeldAccount[] => holdingsBy(index, principal, weighingFor(principal, circumstances, index.mapping))

/** What rules say is worked out once for all accounts that the same rules cover. */
export function holdingsBy(index: RuleIndex, principal: Principal, weighing: Weighing): readonly HeldAccount[] {
  const { numbers, rulesOf } = coveringsOf(index, ruleByRule(index.met(principal)))
  const rolesUnder = makeRolesUnder(index.mapping, weighing)
  const known = new Map<number, readonly HeldRole[]>()
  const held: HeldAccount[] = []
  for (const [place, account] of index.accounts.entries()) {
    const covering = numbers[place] ?? 0
    if (covering === 0) continue
    const roles = known.get(covering) ?? rolesUnder(rulesOf(covering))
    known.set(covering, roles)
    if (roles.length > 0) held.push({ account, roles })
  }
  return held
}

/** What is held in this one account. */
export const rolesIn = (
  index: RuleIndex,
  principal: Principal,
  account: Account,
  weighing: Weighing,
): readonly HeldRole[] => makeRolesUnder(index.mapping, weighing)(ruleByRule(coveringOf(index.met(principal), account)))

const coveringOf = (met: readonly Met[], { alias }: Account): readonly Met[] =>
  met.filter(({ accounts }) => accounts.has(alias))

/**
 * Goes over the rules once, and over the roles each names (security.md M-17). What the same rules say of the same kind
 * of role is one shared object.
 */
function makeRolesUnder({ roles }: Mapping, weighing: Weighing): (spoken: readonly Spoken[]) => readonly HeldRole[] {
  const orderOf = new Map([...roles.values()].map((kind, order) => [kind, order]))
  const before = new Map<string, HeldRole>()

  function heldBy({ met, by }: Opening, kind: RoleKind): HeldRole {
    if (by.length >= LONG) return { kind, ...standingBy(met, kind, weighing) }
    const name = `${kind.key} ${by}`
    const known = before.get(name) ?? { kind, ...standingBy(met, kind, weighing) }
    before.set(name, known)
    return known
  }

  return (spoken) => {
    const denied = new Set<string>()
    const grants = new Map<string, Opening>()
    for (const { rule, met, at } of spoken) {
      for (const key of rule.roles) {
        if (rule.effect === 'deny') denied.add(key)
        else {
          const opening = grants.get(key) ?? { met: [], by: '' }
          grants.set(key, opening)
          for (const one of met) opening.met.push(one)
          if (opening.by.length < LONG) opening.by += `${at} `
        }
      }
    }
    const held = [...grants].flatMap(([key, opening]) => {
      const kind = denied.has(key) ? undefined : roles.get(key)
      return kind === undefined ? [] : heldBy(opening, kind)
    })
    return held.toSorted((a, b) => (orderOf.get(a.kind) ?? 0) - (orderOf.get(b.kind) ?? 0))
  }
}

/**
 * The ways in which rules grant a kind of role in an account, and the rules' places as a text to compare by; a long
 * text is cut.
 */
type Opening = { readonly met: Met[]; by: string }

/** The same dozen rules seldom meet in a second account. */
const LONG = 48

/** What the rules that cover an account say of a kind of role there. */
function answerFor(
  covering: readonly Met[],
  kind: RoleKind,
  weighing: Weighing,
): Standing | Extract<Decision, { code: 'not_entitled' | 'denied_by_rule' }> {
  const speaking = covering.filter(({ rule }) => rule.roles.has(kind.key))
  const denied = speaking.find(({ rule }) => rule.effect === 'deny')
  if (denied !== undefined) return { allowed: false, code: 'denied_by_rule', rule: denied.rule.id }
  return speaking.length === 0 ? { allowed: false, code: 'not_entitled' } : standingBy(speaking, kind, weighing)
}
