import type { Request, Response } from 'express'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

const deflate = promisify(gzip)
/** Below this the headers weigh more than what is saved. */
const LEAST_BYTES = 1024

/**
 * Sends a long text compressed to whoever takes gzip. Only for answers that hold no secret beside what others could have
 * put into the request: the length of such a mixture tells the secret (BREACH). So lists come this way, and credentials,
 * sign-in URLs and tokens never do (DECISIONS.md 40).
 */
export async function sendCompressed(req: Request, res: Response, text: string): Promise<void> {
  const plain = Buffer.from(text)
  res.vary('accept-encoding')
  if (plain.length < LEAST_BYTES || !req.acceptsEncodings('gzip')) return void res.send(plain)
  // In the thread pool: a list of ten thousand roles in full takes milliseconds that others need not wait for.
  const squeezed = await deflate(plain, { level: constants.Z_BEST_SPEED })
  res.set('content-encoding', 'gzip').send(squeezed)
}
