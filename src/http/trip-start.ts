import type { RequestHandler } from 'express'
import type { IncomingMessage } from 'node:http'
import { RolegateError } from '../domain/errors.ts'

/** Whether a link of another site's brought them here. */
export const isFromOtherSite = ({ headers }: IncomingMessage): boolean =>
  headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site'

/** A page that has us in a frame or as a picture says so, and so does a browser that only fetches ahead. */
export const comesAsPage = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-fetch-dest'] ?? 'document') === 'document' && headers['sec-purpose'] === undefined

/**
 * security.md W-11, C-12: only the page in the window itself may begin or end a trip, no frame or script of another, and nothing that
 * is fetched ahead. Express answers HEAD by GET's route, and a head alone is seen by nobody (RFC 9110 §9.2.1).
 */
export function requireAsPage(req: IncomingMessage): void {
  if (req.method === 'HEAD') throw new RolegateError('not_found')
  if (!comesAsPage(req)) throw new RolegateError('csrf_rejected')
}

export const onlyAsPage: RequestHandler<{ idp: string }> = (req, _res, next) => {
  requireAsPage(req)
  next()
}
