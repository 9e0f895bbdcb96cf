import type { Request, RequestHandler, Response } from 'express'
import { RolegateError } from '../domain/errors.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { AuthenticateBearer } from '../usecases/device/authenticate-bearer.ts'
import type { Now } from '../usecases/ports.ts'
import { cookiesOf } from './attempt-cookies.ts'
import { sessionOf } from './browser-session.ts'
import { bearerIn } from './credentials.ts'
import { requireSameOrigin } from './csrf.ts'

/** Whom `makeAuthenticate` has found. */
export const signedIn = (res: Response): GatewaySession => res.locals['session'] as GatewaySession

/** Finds out who asks, by exactly one kind of proof. */
export function makeAuthenticate(deps: {
  authenticateBearer: AuthenticateBearer
  browserSession: RequestHandler
  requireCsrf: RequestHandler
  cookieName: string
  origin: string
  now: Now
}): RequestHandler {
  return async (req, res, next) => {
    const { authorization } = req.headers
    const cookie = cookiesOf(req).has(deps.cookieName)
    if (authorization !== undefined && cookie)
      throw new RolegateError('invalid_request', { field: 'Authorization beside a cookie' })
    if (authorization !== undefined) {
      res.locals['session'] = await deps.authenticateBearer(bearerIn(authorization))
      return next()
    }
    if (!cookie) throw new RolegateError('sign_in_required')
    requireFromOurPages(req, deps.origin)
    await run(deps.browserSession, req, res)
    res.locals['session'] = sessionOf(req, deps.now)
    await run(deps.requireCsrf, req, res)
    next()
  }
}

/** A cookie counts here only in requests from our own pages, as the browser itself states (threats.md H7). */
function requireFromOurPages(req: Request, origin: string): void {
  if (req.get('sec-fetch-site') === undefined && req.get('origin') === undefined)
    throw new RolegateError('csrf_rejected')
  requireSameOrigin(req, origin)
}

const run = (handler: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    void handler(req, res, (failure?: unknown) => (failure === undefined ? resolve() : reject(failure)))
  })
