import { fill, type Template } from './pattern.ts'
import type { PatternMatch, Rule } from './rule.ts'

/** A group that fitted a pattern and named something outside the rule's fence, or nothing there is: perhaps a rogue one. */
export type Fenced = { readonly rule: string; readonly group: string; readonly named: string }

/** So many letters tell patterns apart well, and most fixed texts have them. */
const LETTERS = 3

type Placed = { readonly rule: Rule; readonly match: PatternMatch; readonly order: number }

/**
 * The patterns of one IdP, by what their names begin with, else by three letters that stand somewhere in them: a group is
 * held only against those it could fit, so that ten thousand patterns cost a few look-ups for each group. What has neither is
 * held against every group.
 */
export class PatternIndex {
  readonly #byLength = new Map<number, Map<string, Placed[]>>()
  readonly #byLetters = new Map<string, Placed[]>()

  add(rule: Rule, match: PatternMatch, order: number): void {
    const { prefix, within } = match.pattern
    if (prefix === '' && within.length >= LETTERS) {
      const letters = within.slice(0, LETTERS)
      const known = this.#byLetters.get(letters)
      if (known === undefined) this.#byLetters.set(letters, [{ rule, match, order }])
      else known.push({ rule, match, order })
      return
    }
    const sameLength = this.#byLength.get(prefix.length) ?? new Map<string, Placed[]>()
    this.#byLength.set(prefix.length, sameLength)
    const placed = sameLength.get(prefix)
    if (placed === undefined) sameLength.set(prefix, [{ rule, match, order }])
    else placed.push({ rule, match, order })
  }

  /** Tells of each rule that this group meets, narrowed to what the group says, or that its fence kept it out. */
  meet(group: string, met: (rule: Rule, order: number) => void, fenced: (kept: Fenced) => void): void {
    for (const { rule, match, order } of this.#couldFit(group)) {
      const captures = match.pattern.captures(group)
      if (captures === undefined) continue
      const account = saidBy(match.account, captures)
      const role = saidBy(match.role, captures)
      if (isOutside(rule.accounts, account) || isOutside(rule.roles, role))
        fenced({ rule: rule.id, group, named: `${account ?? '*'}/${role ?? '*'}` })
      else met(narrowed(rule, account, role), order)
    }
  }

  #couldFit(group: string): readonly Placed[] {
    const found: Placed[] = []
    for (const [length, sameLength] of this.#byLength) {
      if (length <= group.length) found.push(...(sameLength.get(group.slice(0, length)) ?? []))
    }
    if (this.#byLetters.size === 0) return found
    const seen = new Set<string>()
    for (let at = 0; at + LETTERS <= group.length; at += 1) {
      const letters = group.slice(at, at + LETTERS)
      if (seen.has(letters)) continue
      seen.add(letters)
      for (const placed of this.#byLetters.get(letters) ?? [])
        if (group.includes(placed.match.pattern.within)) found.push(placed)
    }
    return found
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
