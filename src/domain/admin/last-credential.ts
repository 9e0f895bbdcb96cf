/** A console sign-in URL can be opened this long after it was made, and only then does its console session begin. */
const URL_SECONDS = 900

/** `idps[].recheck` of an IdP; absent: its people's groups are as old as their sign-in. */
export type RecheckLimit = { readonly everySeconds: number; readonly else: 'fail' | 'warn' }

/**
 * How old anybody's groups can be at a hand-over, by the slowest IdP. Infinite if one IdP is not asked again, or if a
 * hand-over goes on when its directory does not answer.
 */
export const recheckedWithin = (idps: readonly (RecheckLimit | undefined)[]): number =>
  idps.length === 0 ? Infinity : Math.max(...idps.map((idp) => (idp?.else === 'fail' ? idp.everySeconds : Infinity)))

/** What of a role in an account decides how long somebody may go on. */
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
 * At worst somebody signs in, or their directory is asked, a moment before they are removed. They can take a role for
 * as long as those groups may decide; its session then lasts its full time, but never past the sign-in it comes from.
 */
export function lastCredentialAfter(
  absoluteSeconds: number,
  lent: readonly Lent[],
  recheckedSeconds = Infinity,
): LastCredential {
  const worstOf = (some: readonly Lent[]): number =>
    some.reduce(
      (worst, one) =>
        Math.max(
          worst,
          Math.min(absoluteSeconds, Math.min(one.oldestGroupsSeconds, recheckedSeconds) + one.maxSeconds),
        ),
      0,
    )
  const credentialSeconds = worstOf(lent)
  const elevated = lent.filter((one) => one.elevated)
  return {
    credentialSeconds,
    ...(elevated.length > 0 && { elevatedSeconds: worstOf(elevated) }),
    consoleSeconds: credentialSeconds + URL_SECONDS,
  }
}
