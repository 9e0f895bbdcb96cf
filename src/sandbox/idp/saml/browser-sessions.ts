import type { DemoPerson } from '../people.ts'
import { cookieOf } from './cookies.ts'

/** One browser that is signed in at the IdP. */
export type BrowserSession = {
  readonly person: DemoPerson
  /** SAML's name for it, in the assertion and in a logout request. */
  readonly sessionIndex: string
  readonly transientId: string
  readonly signedInAt: Date
}

export type BrowserSessions = ReturnType<typeof makeBrowserSessions>

const COOKIE = 'demo-saml-session'
const LIFE_SECONDS = 12 * 60 * 60
const MOST_SESSIONS = 1000

/** The IdP's own sessions, apart from oidc-provider's: the two directories do not mix. */
export function makeBrowserSessions({
  now,
  random,
}: {
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}) {
  const sessions = new Map<string, BrowserSession>()
  const text = () => Buffer.from(random(20)).toString('hex')
  const isOver = ({ signedInAt }: BrowserSession) => now().getTime() >= signedInAt.getTime() + LIFE_SECONDS * 1000

  return {
    /** A new session, in place of the one this browser had. `cookie` is the Set-Cookie that binds it. */
    begin(person: DemoPerson, cookies: string | undefined): { session: BrowserSession; cookie: string } {
      sessions.delete(cookieOf(cookies, COOKIE) ?? '')
      const [oldest] = sessions.keys()
      if (sessions.size >= MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      const id = text()
      const session = { person, sessionIndex: `_${text()}`, transientId: `_${text()}`, signedInAt: now() }
      sessions.set(id, session)
      return { session, cookie: `${COOKIE}=${id}; Path=/saml; HttpOnly; SameSite=Lax; Max-Age=${LIFE_SECONDS}` }
    },
    of(cookies: string | undefined): BrowserSession | undefined {
      const session = sessions.get(cookieOf(cookies, COOKIE) ?? '')
      return session === undefined || isOver(session) ? undefined : session
    },
    /** Ends every session that `matches`. By what the session is and not by cookie: a cross-site POST carries none. */
    end(matches: (session: BrowserSession) => boolean): void {
      for (const [id, session] of sessions) if (matches(session)) sessions.delete(id)
    },
  }
}
