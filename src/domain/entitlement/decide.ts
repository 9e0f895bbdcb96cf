import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { Met, RuleIndex } from './compile.ts'
import type { RoleTarget } from './rule.ts'

/** A role this principal may take now, by which grant, and for how long at most. */
export type Entitlement = {
  readonly target: RoleTarget
  readonly maxSeconds: number
  /** What set `maxSeconds`. */
  readonly limitedBy: 'role' | 'rule'
  /** The grants that open it, the one that is used first. */
  readonly via: readonly Via[]
}

export type Via = { readonly rule: string; readonly group: string | null }

export type Decision =
  | { readonly allowed: true; readonly entitlement: Entitlement }
  | { readonly allowed: false; readonly code: 'not_entitled' }
  | { readonly allowed: false; readonly code: 'denied_by_rule'; readonly rule: string }

/** May this principal take this role? Deny beats every grant; of several grants the longest is used (contract.md). */
export function decide(index: RuleIndex, principal: Principal, target: RoleTarget): Decision {
  return decideAmong(index.met(principal), target)
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
export function entitlementsOf(index: RuleIndex, principal: Principal): readonly Entitlement[] {
  const met = index.met(principal)
  const open = new Map<string, Set<string>>()
  for (const { rule } of met) {
    if (rule.effect !== 'grant') continue
    for (const alias of rule.accounts) {
      const keys = open.get(alias) ?? new Set()
      for (const key of rule.roles) keys.add(key)
      open.set(alias, keys)
    }
  }
  const held: Entitlement[] = []
  for (const alias of index.mapping.accounts.keys()) {
    const keys = open.get(alias)
    if (keys === undefined) continue
    for (const key of index.mapping.roles.keys()) {
      const target = keys.has(key) ? index.target(alias, key) : undefined
      const decision = target && decideAmong(met, target)
      if (decision?.allowed === true) held.push(decision.entitlement)
    }
  }
  return held
}

function decideAmong(met: readonly Met[], target: RoleTarget): Decision {
  const covering = met.filter(({ rule }) => rule.accounts.has(target.account.alias) && rule.roles.has(target.kind.key))
  const denied = covering.find(({ rule }) => rule.effect === 'deny')
  if (denied !== undefined) return { allowed: false, code: 'denied_by_rule', rule: denied.rule.id }

  // The role's own limit binds every grant: one that names more is no longer for it.
  const secondsOf = ({ rule }: Met) => Math.min(rule.maxSeconds ?? target.kind.maxSeconds, target.kind.maxSeconds)
  // A stable sort: of equally long grants the first in the file is the one that is used.
  const grants = covering.toSorted((a, b) => secondsOf(b) - secondsOf(a))
  const [best] = grants
  if (best === undefined) return { allowed: false, code: 'not_entitled' }
  const maxSeconds = secondsOf(best)
  return {
    allowed: true,
    entitlement: {
      target,
      maxSeconds,
      limitedBy: maxSeconds < target.kind.maxSeconds ? 'rule' : 'role',
      via: grants.map(({ rule, group }) => ({ rule: rule.id, group })),
    },
  }
}
