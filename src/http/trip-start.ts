import type { IncomingMessage } from 'node:http'
import { RolegateError } from '../domain/errors.ts'

/** Whether a link of another site's brought them here. */
export const isFromOtherSite = ({ headers }: IncomingMessage): boolean =>
  headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site'

/** A page that has us in a frame or as a picture says so. */
export const comesAsPage = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-fetch-dest'] ?? 'document') === 'document'

/** security.md W-11: only the page in the window itself may begin or end a sign-in, no frame or script of another. */
export function requireAsPage(req: IncomingMessage): void {
  if (!comesAsPage(req)) throw new RolegateError('csrf_rejected')
}
