/** A console sign-in URL can be opened this long after it was made, and only then does its console session begin. */
const URL_SECONDS = 900

/** A role in an account, as far as it bears on how long somebody may go on. */
export type Lent = {
  /** How old groups may be by which it is given. */
  readonly oldestGroupsSeconds: number
  readonly maxSeconds: number
  readonly elevated: boolean
}

/** How long somebody who was removed in the directory may go on, at worst (threats.md I7). */
export type LastCredential = {
  /** Until the last credential AWS lent them is dead. */
  readonly credentialSeconds: number
  /** The same of elevated roles; absent: there are none. */
  readonly elevatedSeconds?: number
  /** Until the last console they may have opened is. */
  readonly consoleSeconds: number
}

/**
 * The worst is a sign-in a moment before the removal. A role is given for as long as those groups may decide, lasts its own time from
 * then, and never longer than the sign-in, which nothing that descends from it outlives.
 */
export function lastCredentialAfter(absoluteSeconds: number, lent: readonly Lent[]): LastCredential {
  const worstOf = (some: readonly Lent[]): number =>
    some.reduce((worst, one) => Math.max(worst, Math.min(absoluteSeconds, one.oldestGroupsSeconds + one.maxSeconds)), 0)
  const credentialSeconds = worstOf(lent)
  const elevated = lent.filter((one) => one.elevated)
  return {
    credentialSeconds,
    ...(elevated.length > 0 && { elevatedSeconds: worstOf(elevated) }),
    consoleSeconds: credentialSeconds + URL_SECONDS,
  }
}
