import type { FactsChange } from './facts.ts'
import type { PolicyTest } from './policy.ts'
import type { Selector } from './selector.ts'

/** What somebody may do after a change that they may not before, and the other way round. */
export type PolicyDiff = {
  readonly vouchers: readonly FactsChange[]
  readonly accounts: readonly FactsChange[]
  readonly roles: readonly FactsChange[]
  readonly settings: readonly FactsChange[]
  /**
   * Each selector looked at alone. What everyone of an IdP gains or loses is not repeated for each group that has it on
   * the same terms.
   */
  readonly access: readonly AccessChange[]
  /**
   * Denies are listed by themselves, since whom a deny closes something to depends on the other groups a person has.
   */
  readonly denies: readonly DenyChange[]
  readonly staff: readonly { readonly who: string; readonly role: 'operator' | 'auditor'; readonly change: Came }[]
  readonly tests: readonly (PolicyTest & { readonly change: Came })[]
  /** Why somebody else should look at it too (threats.md R14); empty: nothing of the kind. */
  readonly concerns: readonly string[]
}

export type Came = 'added' | 'removed'

export type AccessChange = {
  readonly who: string
  readonly selector: Selector
  readonly gains: readonly (Named & { readonly terms: string })[]
  readonly loses: readonly Named[]
  readonly changes: readonly (Named & { readonly before: string; readonly after: string; readonly looser: boolean })[]
}

export type DenyChange = { readonly who: string; readonly closes: readonly Named[]; readonly reopens: readonly Named[] }

/** A role as people and as AWS name it, and by which rules. */
export type Named = {
  readonly role: string
  readonly arn: string
  readonly rules: readonly string[]
  /** `elevated`, or in an account whose `env` is production. */
  readonly sensitive: boolean
}
