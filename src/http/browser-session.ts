import type { CookieOptions, Request, RequestHandler } from 'express'
import session from 'express-session'
import { RolegateError } from '../domain/errors.ts'
import { requireSessionMay, type Act, type GatewaySession } from '../domain/sign-in/session.ts'
import type { Digest, Now } from '../usecases/ports.ts'
import type { SessionStore } from './session-store.ts'

export type SessionCookie = { readonly name: string; readonly options: CookieOptions }

/**
 * The session's cookie, set and cleared with the same attributes: a browser ignores a `__Host-` cookie that comes without
 * Secure. `__Host-` needs https; on plain loopback http a browser would refuse it (security.md W-3).
 */
export const sessionCookieFor = (secure: boolean): SessionCookie => ({
  name: secure ? '__Host-rolegate' : 'rolegate',
  options: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
})

/** The browser's session, by express-session: nothing is stored before somebody signs in (security.md W-19). */
export function makeBrowserSession(deps: {
  store: SessionStore
  /** The first signs, all verify (security.md K-11). */
  secrets: string[]
  cookie: SessionCookie
  absoluteSeconds: number
}): RequestHandler {
  return session({
    name: deps.cookie.name,
    store: deps.store,
    secret: deps.secrets,
    resave: false,
    saveUninitialized: false,
    rolling: false,
    cookie: { ...deps.cookie.options, maxAge: deps.absoluteSeconds * 1000 },
  })
}

/** A new session id for this browser, the old session destroyed (security.md W-1). Answers the gateway session's id. */
export function startSession(req: Request, digest: Digest): Promise<string> {
  return new Promise((resolve, reject) => {
    req.session.regenerate((failure) => (failure ? reject(failure) : resolve(digest(req.sessionID))))
  })
}

export function saveSession(req: Request, signedIn: GatewaySession): Promise<void> {
  req.session.signedIn = signedIn
  return new Promise((resolve, reject) => {
    req.session.save((failure) => (failure ? reject(failure) : resolve()))
  })
}

/** The signed-in browser session, or `sign_in_required`. */
export function sessionOf(req: Request, now: Now, act: Act = { kind: 'look' }): GatewaySession {
  const signedIn = req.session?.signedIn
  if (signedIn === undefined) throw new RolegateError('sign_in_required')
  requireSessionMay(signedIn, act, now())
  return signedIn
}
