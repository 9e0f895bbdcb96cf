import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import type { IncomingMessage } from 'node:http'
import { RolegateError } from '../domain/errors.ts'

/**
 * The CSRF token of this session's forms. Each page gets it under a fresh mask, so that the length of a compressed page
 * reveals nothing of it, even if a proxy in front compresses (BREACH; DECISIONS.md 41).
 */
export const makeCsrfToken =
  (key: Uint8Array) =>
  (sessionId: string): string => {
    const mask = randomBytes(BYTES)
    return Buffer.concat([mask, masked(mask, secretOf(key, sessionId))]).toString('base64url')
  }

/** Whether this is the token of the session, under whichever mask. */
export const makeIsCsrfToken =
  (key: Uint8Array) =>
  (sessionId: string, given: unknown): boolean => {
    if (typeof given !== 'string' || !/^[\w-]{86}$/.test(given)) return false
    const bytes = Buffer.from(given, 'base64url')
    return timingSafeEqual(masked(bytes.subarray(0, BYTES), bytes.subarray(BYTES)), secretOf(key, sessionId))
  }

export type IsCsrfToken = ReturnType<typeof makeIsCsrfToken>

const BYTES = 32

const secretOf = (key: Uint8Array, sessionId: string): Buffer => createHmac('sha256', key).update(sessionId).digest()

const masked = (mask: Buffer, bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] ?? 0)))

/**
 * Every POST of a browser: from our own origin, and with its session's token (security.md W-10). Browsers say where a
 * request comes from in Sec-Fetch-Site, older ones in Origin; one that says neither still needs the token.
 */
export function makeRequireCsrf(deps: { isCsrfToken: IsCsrfToken; origin: string }): RequestHandler {
  return (req, _res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') return next()
    requireSameOrigin(req, deps.origin)
    const id = req.session?.signedIn?.id
    if (id === undefined) throw new RolegateError('sign_in_required')
    const body = req.body as { _csrf?: unknown } | undefined
    if (!deps.isCsrfToken(id, req.get('x-csrf-token') ?? body?._csrf)) throw new RolegateError('csrf_rejected')
    next()
  }
}

/**
 * Whether a web page made this request: browsers send Origin or Sec-Fetch-Site, programs do not (Node's fetch sends
 * only Sec-Fetch-Mode).
 */
export const cameFromPage = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined || headers['sec-fetch-dest'] !== undefined

/**
 * For addresses where terminals ask for themselves. A page doing so would use its visitor's address, and then pass for
 * a terminal right beside them (threats.md D2, D3).
 */
export const refusePages: RequestHandler = (req, _res, next) => {
  if (cameFromPage(req)) throw new RolegateError('csrf_rejected')
  next()
}

/** Fails with `csrf_rejected` when the browser says that another site made the request. */
export function requireSameOrigin(req: Request, origin: string): void {
  const site = req.get('sec-fetch-site')
  const from = req.get('origin')
  if (site !== undefined && site !== 'same-origin') throw new RolegateError('csrf_rejected')
  if (from !== undefined && from !== origin) throw new RolegateError('csrf_rejected')
}
