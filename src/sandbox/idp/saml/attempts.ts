import { cookieOf } from './cookies.ts'
import type { ServiceProvider } from './service-provider.ts'

/** A sign-in that the service provider asked for and that has not been answered yet. */
export type Attempt = {
  readonly sp: ServiceProvider
  readonly requestId: string
  /** To be carried back verbatim. */
  readonly relayState: string | undefined
  readonly forceAuthn: boolean
}

export type Attempts = ReturnType<typeof makeAttempts>

type Kept = { readonly attempt: Attempt; readonly secret: string; readonly endsAt: number }

const COOKIE = 'demo-saml-attempt'
const LIFE_SECONDS = 15 * 60
const MOST_ATTEMPTS = 1000

/** Keeps what was asked while the person fills in the form; bound to the browser that brought it, answered once. */
export function makeAttempts({
  now,
  random,
}: {
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}) {
  const attempts = new Map<string, Kept>()
  const find = (handle: string, cookies: string | undefined): Attempt | undefined => {
    const kept = attempts.get(handle)
    if (kept === undefined || kept.endsAt <= now().getTime()) return undefined
    return cookieOf(cookies, COOKIE) === kept.secret ? kept.attempt : undefined
  }
  return {
    /** Where the browser goes on, and the Set-Cookie that binds it. One cookie a path: tabs do not meet. */
    keep(attempt: Attempt): { path: string; cookie: string } {
      const [oldest] = attempts.keys()
      if (attempts.size >= MOST_ATTEMPTS && oldest !== undefined) attempts.delete(oldest)
      const handle = Buffer.from(random(16)).toString('hex')
      const secret = Buffer.from(random(16)).toString('hex')
      attempts.set(handle, { attempt, secret, endsAt: now().getTime() + LIFE_SECONDS * 1000 })
      const path = `${SIGN_IN_PATH}${handle}`
      return { path, cookie: `${COOKIE}=${secret}; Path=${path}; HttpOnly; SameSite=Lax; Max-Age=${LIFE_SECONDS}` }
    },
    find,
    forget: (handle: string): void => void attempts.delete(handle),
  }
}

export const SIGN_IN_PATH = '/saml/sign-in/'
