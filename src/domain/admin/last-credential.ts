/** A console sign-in URL can be opened this long after it was made, and only then does its console session begin. */
const URL_SECONDS = 900

/** How long somebody who was removed in the directory may go on, at worst (threats.md I7). */
export type LastCredential = {
  /** Until the last credential AWS lent them is dead. */
  readonly credentialSeconds: number
  /** Until the last console they may have opened is. */
  readonly consoleSeconds: number
}

/**
 * Groups are as old as the sign-in, whose end no session that descends from it outlives, and no role session either: the worst is
 * a sign-in a moment before the removal.
 */
export const lastCredentialAfter = ({ absoluteSeconds }: { readonly absoluteSeconds: number }): LastCredential => ({
  credentialSeconds: absoluteSeconds,
  consoleSeconds: absoluteSeconds + URL_SECONDS,
})
