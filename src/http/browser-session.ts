import type { Request, RequestHandler } from 'express'
import session from 'express-session'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { RolegateError } from '../domain/errors.ts'
import { requireSessionMay, type Act, type GatewaySession } from '../domain/sign-in/session.ts'
import type { Digest, Now, RandomText } from '../usecases/ports.ts'
import type { SessionStore } from './session-store.ts'
import { cookiesOf } from './attempt-cookies.ts'
import { setCookie, type CookieAttributes } from './set-cookie.ts'

export type SessionCookie = { readonly name: string; readonly attributes: CookieAttributes }

/**
 * The session's cookie, set and cleared with the same attributes: browsers ignore a `__Host-` cookie without Secure. On
 * plain loopback http they would refuse the `__Host-` name, so it is used with https only (security.md W-3).
 */
export const sessionCookieFor = (secure: boolean): SessionCookie => ({
  name: secure ? '__Host-rolegate' : 'rolegate',
  attributes: { secure, sameSite: 'lax' },
})

export type BrowserSessionDeps = {
  store: SessionStore
  /** The first signs, all verify (security.md K-11). */
  secrets: string[]
  cookie: SessionCookie
  absoluteSeconds: number
}

/** The browser's session, by express-session: nothing is stored before somebody signs in (security.md W-19). */
export function makeBrowserSession(deps: BrowserSessionDeps): RequestHandler {
  const read = session({
    name: deps.cookie.name,
    store: deps.store,
    secret: deps.secrets,
    resave: false,
    saveUninitialized: false,
    rolling: false,
    cookie: { ...deps.cookie.attributes, httpOnly: true, path: '/', maxAge: deps.absoluteSeconds * 1000 },
  })
  return (req, res, next) =>
    void read(req, res, (failure?: unknown) => {
      if (req.session?.signedIn === undefined && holdsAltered(req, deps)) altered.add(req)
      next(failure)
    })
}

/** Requests with a cookie of ours that we never signed (security.md W-5). */
const altered = new WeakSet<Request>()

function holdsAltered(req: Request, { cookie, secrets }: Pick<BrowserSessionDeps, 'cookie' | 'secrets'>): boolean {
  const value = cookiesOf(req).get(cookie.name)
  if (value === undefined) return false
  const [, sid = '', signature = ''] = /^s%3A([\w-]+)\.([^.]+)$/.exec(value) ?? []
  const given = Buffer.from(decoded(signature))
  return !secrets.some((secret) => {
    const ours = Buffer.from(signatureOf(sid, secret))
    return ours.length === given.length && timingSafeEqual(ours, given)
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
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

/** A session for a browser that has none, stored so that the next request's express-session will read it. */
export type FirstSession = {
  /** The gateway session's id. */
  readonly id: string
  /** Keeps the session, and gives the browser its cookie. */
  keep(res: ServerResponse, signedIn: GatewaySession): Promise<void>
}

/**
 * Leaves express-session out, since there is no old session to find, compare or end: only writes the row and its
 * cookie.
 */
export const makeStartFirstSession =
  (deps: BrowserSessionDeps & { digest: Digest; randomText: RandomText }) => (): FirstSession => {
    // As many bits as express-session takes (security.md W-1).
    const sid = deps.randomText(192)
    return {
      id: deps.digest(sid),
      async keep(res, signedIn) {
        await deps.store.make(sid, signedIn)
        const { name, attributes } = deps.cookie
        const value = encodeURIComponent(`s:${sid}.${signatureOf(sid, deps.secrets[0] ?? '')}`)
        setCookie(res, name, value, { ...attributes, seconds: deps.absoluteSeconds })
      },
    }
  }

/** As npm cookie-signature has it, which express-session reads with. */
const signatureOf = (sid: string, secret: string): string =>
  createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '')

/** The signed-in browser session, or `sign_in_required`. */
export function sessionOf(req: Request, now: Now, act: Act = { kind: 'look' }): GatewaySession {
  const signedIn = req.session?.signedIn
  if (signedIn === undefined)
    throw new RolegateError('sign_in_required', {}, altered.has(req) ? { reason: 'altered_cookie' } : {})
  requireSessionMay(signedIn, act, now())
  return signedIn
}
