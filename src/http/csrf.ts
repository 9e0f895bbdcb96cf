import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { RolegateError } from '../domain/errors.ts'

/** The token a form of this session carries: bound to the session, useless elsewhere. */
export const makeCsrfToken =
  (key: Uint8Array) =>
  (sessionId: string): string =>
    createHmac('sha256', key).update(sessionId).digest('base64url')

export type CsrfToken = ReturnType<typeof makeCsrfToken>

/**
 * Every POST of a browser: from our own origin, and with its session's token (security.md W-10). Browsers say where a
 * request comes from in Sec-Fetch-Site, older ones in Origin; one that says neither still needs the token.
 */
export function makeRequireCsrf(deps: { csrfToken: CsrfToken; origin: string }): RequestHandler {
  return (req, _res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') return next()
    requireSameOrigin(req, deps.origin)
    const id = req.session?.signedIn?.id
    if (id === undefined) throw new RolegateError('sign_in_required')
    const body = req.body as { _csrf?: unknown } | undefined
    if (!sameText(req.get('x-csrf-token') ?? body?._csrf, deps.csrfToken(id))) throw new RolegateError('csrf_rejected')
    next()
  }
}

/** Fails with `csrf_rejected` when the browser says that another site made the request. */
export function requireSameOrigin(req: Request, origin: string): void {
  const site = req.get('sec-fetch-site')
  const from = req.get('origin')
  if (site !== undefined && site !== 'same-origin') throw new RolegateError('csrf_rejected')
  if (from !== undefined && from !== origin) throw new RolegateError('csrf_rejected')
}

function sameText(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
