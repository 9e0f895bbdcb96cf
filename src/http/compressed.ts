import type { Request, Response } from 'express'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const deflate = promisify(gzip)
/** Below this the headers weigh more than what is saved. */
const LEAST_BYTES = 1024
const FASTEST = 1
/** A page of 500 roles repeats itself so much that a deeper look costs no more time than what it saves in writing. */
export const FOR_PAGES = 3

/**
 * Sends a long text compressed to whoever takes gzip. Only for answers that hold no secret beside what others could have
 * put into the request: the length of such a mixture tells the secret (BREACH). So lists come this way, and credentials,
 * sign-in URLs and tokens never do (DECISIONS.md 40).
 */
export async function sendCompressed(req: Request, res: Response, text: string, level = FASTEST): Promise<void> {
  const plain = Buffer.from(text)
  res.vary('accept-encoding')
  if (plain.length < LEAST_BYTES || !req.acceptsEncodings('gzip')) return void res.send(plain)
  // In the thread pool: a list of ten thousand roles in full takes milliseconds that others need not wait for.
  const squeezed = await deflate(plain, { level })
  res.set('content-encoding', 'gzip').send(squeezed)
}

/**
 * Whether a page that says what was searched for may be compressed: it was asked for without a word, or by one of our own
 * pages or the person's own hand. Browsers say which, and no other site can make them say otherwise.
 */
export const isOurOwnAsking = (req: Request): boolean =>
  Object.keys(req.query).length === 0 || ['same-origin', 'none'].includes(req.get('sec-fetch-site') ?? '')
