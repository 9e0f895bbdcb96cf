import type { Met, RuleIndex } from './compile.ts'
import type { Rule } from './rule.ts'

/**
 * A rule that meets somebody, by which of their groups (there may be several), and its place among the rules that do.
 */
export type Spoken = { readonly rule: Rule; readonly met: readonly Met[]; readonly at: number }

export function ruleByRule(met: readonly Met[]): readonly Spoken[] {
  const spoken = new Map<Rule, Met[]>()
  for (const one of met) {
    const known = spoken.get(one.rule)
    if (known === undefined) spoken.set(one.rule, [one])
    else known.push(one)
  }
  return [...spoken].map(([rule, each], at) => ({ rule, met: each, at }))
}

/** Numbers the accounts so that two covered by the same rules have the same number. */
export type Coverings = {
  /** By an account's place in the file. 0: no rule covers it. */
  readonly numbers: Int32Array
  /** In the order of the file. */
  readonly rulesOf: (number: number) => readonly Spoken[]
}

/**
 * Takes time by the sizes of the distinct account selections, not by accounts times rules: rules with the same
 * selection are handled together.
 */
export function coveringsOf(
  { accounts, placesOf }: Pick<RuleIndex, 'accounts' | 'placesOf'>,
  spoken: readonly Spoken[],
): Coverings {
  const selections = new Map<ReadonlySet<string>, Spoken[]>()
  for (const one of spoken) {
    const same = selections.get(one.rule.accounts)
    if (same === undefined) selections.set(one.rule.accounts, [one])
    else same.push(one)
  }

  const numbers = new Int32Array(accounts.length)
  /** Of each number: the rules that were added, and to which. */
  const added: (readonly Spoken[])[] = [[]]
  const before: number[] = [0]
  /**
   * Old number → the number it becomes with this selection added. An entry below `first` was written for an earlier
   * selection and is ignored.
   */
  let widened = new Int32Array(64)
  for (const [selection, rules] of selections) {
    const first = added.length
    if (widened.length < first) widened = new Int32Array(2 * first)
    for (const place of placesOf(selection)) {
      const old = numbers[place] ?? 0
      let number = widened[old] ?? 0
      if (number < first) {
        number = added.push(rules) - 1
        before.push(old)
        widened[old] = number
      }
      numbers[place] = number
    }
  }

  return {
    numbers,
    rulesOf(number) {
      const parts: (readonly Spoken[])[] = []
      for (let at = number; at !== 0; at = before[at] ?? 0) parts.push(added[at] ?? [])
      return parts
        .toReversed()
        .flat()
        .toSorted((a, b) => a.at - b.at)
    },
  }
}
