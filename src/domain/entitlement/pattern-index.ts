import { fill, type Template } from './pattern.ts'
import type { PatternMatch, Rule } from './rule.ts'

/** A group that fitted a pattern and named something outside the rule's fence, or nothing there is: perhaps a rogue one. */
export type Fenced = { readonly rule: string; readonly group: string; readonly named: string }

/** The more letters, the fewer patterns share them; not every text has six. The last ones: names differ there. */
const LETTERS = [6, 3]

type Placed = {
  readonly rule: Rule
  readonly match: PatternMatch
  readonly order: number
  /** The rule narrowed to one role: one and the same for every group that names the role. As many as the fence has roles. */
  readonly byRole: Map<string, Rule>
}

/**
 * The patterns of one IdP, by what their names begin with, else by letters that stand somewhere in them: a group is
 * held only against those it could fit, so that ten thousand patterns cost a few look-ups for each group. What has neither is
 * held against every group.
 */
export class PatternIndex {
  readonly #byLength = new Map<number, Map<string, Placed[]>>()
  /** By the last letters of the text, as many as the key says. */
  readonly #byLetters = new Map<number, Map<string, Placed[]>>(LETTERS.map((count) => [count, new Map()]))

  add(rule: Rule, match: PatternMatch, order: number): void {
    const { prefix, within } = match.pattern
    const placed = { rule, match, order, byRole: new Map<string, Rule>() }
    const count = prefix === '' ? LETTERS.find((letters) => letters <= within.length) : undefined
    if (count !== undefined) {
      place(this.#byLetters.get(count) ?? new Map(), within.slice(-count), placed)
      return
    }
    const sameLength = this.#byLength.get(prefix.length) ?? new Map<string, Placed[]>()
    this.#byLength.set(prefix.length, sameLength)
    place(sameLength, prefix, placed)
  }

  /** Tells of each rule that this group meets, narrowed to what the group says, or that its fence kept it out. */
  meet(group: string, met: (rule: Rule, order: number) => void, fenced: (kept: Fenced) => void): void {
    for (const placed of this.#couldFit(group)) {
      const { rule, match, order } = placed
      const captures = match.pattern.captures(group)
      if (captures === undefined) continue
      const account = saidBy(match.account, captures)
      const role = saidBy(match.role, captures)
      if (isOutside(rule.accounts, account) || isOutside(rule.roles, role))
        fenced({ rule: rule.id, group, named: `${account ?? '*'}/${role ?? '*'}` })
      else met(narrowed(placed, account, role), order)
    }
  }

  #couldFit(group: string): readonly Placed[] {
    const found: Placed[] = []
    for (const [length, sameLength] of this.#byLength) {
      if (length <= group.length) found.push(...(sameLength.get(group.slice(0, length)) ?? []))
    }
    for (const [count, known] of this.#byLetters) {
      if (known.size > 0) this.#find(group, count, known, found)
    }
    return found
  }

  #find(group: string, count: number, known: ReadonlyMap<string, readonly Placed[]>, found: Placed[]): void {
    const seen = new Set<readonly Placed[]>()
    for (let at = 0; at + count <= group.length; at += 1) {
      const placed = known.get(group.slice(at, at + count))
      if (placed === undefined || seen.has(placed)) continue
      seen.add(placed)
      for (const one of placed) if (group.includes(one.match.pattern.within)) found.push(one)
    }
  }
}

function place(shelf: Map<string, Placed[]>, key: string, placed: Placed): void {
  const known = shelf.get(key)
  if (known === undefined) shelf.set(key, [placed])
  else known.push(placed)
}

const saidBy = (template: Template | undefined, captures: Readonly<Record<string, string>>): string | undefined =>
  template && fill(template, captures)

const isOutside = (fence: ReadonlySet<string>, said: string | undefined): boolean =>
  said !== undefined && !fence.has(said)

/**
 * The same rule for the one account and the one role that a group names. What names an account costs that account. What names a
 * role alone covers every account of the rule, so of however many groups name the role it is asked about once (security.md M-17).
 */
function narrowed({ rule, byRole }: Placed, account: string | undefined, role: string | undefined): Rule {
  if (account !== undefined)
    return { ...rule, accounts: new Set([account]), roles: role === undefined ? rule.roles : new Set([role]) }
  if (role === undefined) return rule
  const known = byRole.get(role) ?? { ...rule, roles: new Set([role]) }
  byRole.set(role, known)
  return known
}
