import type { TimeWindow } from './time-window.ts'

/**
 * `require`: what a role or a grant asks for beside groups. A role's applies to every grant of it, a grant's to that
 * grant alone (threats.md R11).
 */
export type Requirement = {
  /** How long ago the person may have shown a second factor at their IdP. */
  readonly mfaSeconds?: number
  readonly networks?: AddressRanges
  /** One of them has to be open. */
  readonly windows?: readonly TimeWindow[]
  readonly reason?: ReasonRule
  readonly approval?: Approval
}

/** Built by config/. */
export type AddressRanges = {
  /** As the file has them. */
  readonly ranges: readonly string[]
  readonly includes: (address: string) => boolean
}

/** A reason has to be given; and it has to fit, where the file says how. Built by config/. */
export type ReasonRule = {
  readonly hint?: string
  readonly pattern?: string
  readonly fits: (reason: string) => boolean
}

/** Whose word is needed, and for how long it is good. */
export type Approval = {
  /** What asks for it, `role admin` or `rule prod-on-request`: an approval for one is none for another. */
  readonly of: string
  readonly idp: string
  readonly groups: readonly string[]
  readonly validSeconds: number
}
