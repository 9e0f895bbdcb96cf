import { fill, type Template } from './pattern.ts'
import type { PatternMatch, Rule } from './rule.ts'

/** A group that fitted a pattern and named something outside the rule's fence, or nothing there is: perhaps a rogue one. */
export type Fenced = { readonly rule: string; readonly group: string; readonly named: string }

type Placed = { readonly rule: Rule; readonly match: PatternMatch; readonly order: number }

/**
 * The patterns of one IdP, by what their names begin with: a group is held only against those it could fit, so that ten
 * thousand patterns with prefixes of their own cost a few look-ups for each group.
 */
export class PatternIndex {
  readonly #byLength = new Map<number, Map<string, Placed[]>>()

  add(rule: Rule, match: PatternMatch, order: number): void {
    const { prefix } = match.pattern
    const sameLength = this.#byLength.get(prefix.length) ?? new Map<string, Placed[]>()
    this.#byLength.set(prefix.length, sameLength)
    const placed = sameLength.get(prefix)
    if (placed === undefined) sameLength.set(prefix, [{ rule, match, order }])
    else placed.push({ rule, match, order })
  }

  /** Tells of each rule that this group meets, narrowed to what the group says, or that its fence kept it out. */
  meet(group: string, met: (rule: Rule, order: number) => void, fenced: (kept: Fenced) => void): void {
    for (const [length, sameLength] of this.#byLength) {
      if (length > group.length) continue
      for (const { rule, match, order } of sameLength.get(group.slice(0, length)) ?? []) {
        const captures = match.pattern.captures(group)
        if (captures === undefined) continue
        const account = saidBy(match.account, captures)
        const role = saidBy(match.role, captures)
        if (isOutside(rule.accounts, account) || isOutside(rule.roles, role))
          fenced({ rule: rule.id, group, named: `${account ?? '*'}/${role ?? '*'}` })
        else met(narrowed(rule, account, role), order)
      }
    }
  }
}

const saidBy = (template: Template | undefined, captures: Readonly<Record<string, string>>): string | undefined =>
  template && fill(template, captures)

const isOutside = (fence: ReadonlySet<string>, said: string | undefined): boolean =>
  said !== undefined && !fence.has(said)

/** The same rule for the one account and the one role that a group names. */
const narrowed = (rule: Rule, account: string | undefined, role: string | undefined): Rule =>
  account === undefined && role === undefined
    ? rule
    : {
        ...rule,
        accounts: account === undefined ? rule.accounts : new Set([account]),
        roles: role === undefined ? rule.roles : new Set([role]),
      }
