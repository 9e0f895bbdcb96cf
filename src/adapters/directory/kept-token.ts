import type { Now } from '../../usecases/ports.ts'
import type { FetchDirectoryToken } from '../../usecases/ports/identity-provider.ts'

/** Asked for anew this long before its end: what is on its way must still arrive. */
const EARLIER_MS = 60_000

export type KeptToken = { get(): Promise<string>; forget(token: string): void }

/**
 * Our own token for a directory, kept in memory until shortly before it expires. One request is made, however many wait
 * for it.
 */
export function makeKeptToken({ fetchToken, now }: { fetchToken: FetchDirectoryToken; now: Now }): KeptToken {
  let kept: { readonly token: string; readonly until: number } | undefined
  let underway: Promise<string> | undefined

  async function renew(): Promise<string> {
    const asked = now().getTime()
    const { token, seconds } = await fetchToken()
    kept = { token, until: asked + seconds * 1000 - EARLIER_MS }
    return token
  }

  return {
    get() {
      if (kept !== undefined && now().getTime() < kept.until) return Promise.resolve(kept.token)
      return (underway ??= renew().finally(() => (underway = undefined)))
    },
    forget(token) {
      if (kept?.token === token) kept = undefined
    },
  }
}
