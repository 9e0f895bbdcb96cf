import type { Staff } from '../admin/standing.ts'
import type { Mapping } from '../entitlement/rule.ts'

/** Who may take what, and who says so: the part of a configuration that two people should look at. Holds no secret. */
export type Policy = {
  readonly mapping: Mapping
  /** IdPs and issuers of jobs, by id: what decides whose word counts, as text. */
  readonly vouchers: Readonly<Record<string, Facts>>
  /** What else decides, by the names of the file: how AWS is reached, how long sign-ins last, whose word of an address counts. */
  readonly settings: Readonly<Record<string, Facts>>
  readonly staff: Staff
  readonly tests: readonly PolicyTest[]
}

/** Settings of one thing by name, as text. */
export type Facts = Readonly<Record<string, string>>

/** One question of the file's own tests. */
export type PolicyTest = {
  /** An imagined person or job, in one spelling: `entra: Leads, Team`. */
  readonly as: string
  readonly expects: 'can' | 'cannot'
  /** `alias/role`. */
  readonly role: string
}
