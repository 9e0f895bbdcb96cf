import type { Request } from 'express'
import { RolegateError } from '../domain/errors.ts'

/** Whether a link of another site's brought them here. */
export const isFromOtherSite = (req: Request): boolean =>
  ['cross-site', 'same-site'].includes(req.get('sec-fetch-site') ?? '')

/** security.md W-11: a page that has us in a frame or as a picture must not begin, nor end, anybody's sign-in. */
export function requireAsPage(req: Request): void {
  if ((req.get('sec-fetch-dest') ?? 'document') !== 'document') throw new RolegateError('csrf_rejected')
}
