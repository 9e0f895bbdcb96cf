import type { Request, Response } from 'express'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { gzipAround } from './gzip-pieces.ts'

const deflate = promisify(gzip)
/** Below this the headers weigh more than what is saved. */
const LEAST_BYTES = 1024
const FASTEST = 1
/**
 * A page of 500 roles repeats itself so much that a higher compression level saves as much time in writing as it costs.
 */
export const FOR_PAGES = 3
/** For what is compressed once and sent many times. */
const FOR_KEEPS = 6

type Body = { readonly bytes: Buffer; readonly isSqueezed: boolean }

/**
 * Sends a long text, compressed if the client takes gzip. Only for answers that do not hold a secret together with text
 * that others could have chosen: the compressed length would reveal the secret (BREACH). So lists are sent this way;
 * credentials, sign-in URLs and tokens never are (DECISIONS.md 40).
 */
export async function sendCompressed(req: Request, res: Response, text: string, level = FASTEST): Promise<void> {
  sendBody(res, takesGzip(req) ? await squeezed(text, level) : plain(text))
}

/** The same for what is asked for again and again. */
export function makeSendKept(): (req: Request, res: Response, about: object, textOf: () => string) => Promise<void> {
  const keep = makeKeep<Body>()
  return async (req, res, about, textOf) => {
    if (takesGzip(req)) sendBody(res, await keep(about, FASTEST, (level) => squeezed(textOf(), level)))
    else sendBody(res, plain(textOf()))
  }
}

/**
 * Remembers what was made of an object while the object lives, from the second request on: something asked for once is
 * compressed at the usual level, something kept at a higher one.
 */
export function makeKeep<Made>(): (
  about: object,
  level: number,
  make: (level: number) => Promise<Made>,
) => Promise<Made> {
  const asked = new WeakSet<object>()
  const kept = new WeakMap<object, Made>()
  return async (about, level, make) => {
    const known = kept.get(about)
    if (known !== undefined) return known
    if (!asked.has(about)) {
      asked.add(about)
      return make(level)
    }
    const made = await make(FOR_KEEPS)
    kept.set(about, made)
    return made
  }
}

/** A page around a part of it that was compressed before. */
export function sendAround(res: Response, ...parts: Parameters<typeof gzipAround>): void {
  sendBody(res, { bytes: gzipAround(...parts), isSqueezed: true })
}

export const takesGzip = (req: Request): boolean => req.acceptsEncodings('gzip') !== false

const plain = (text: string): Body => ({ bytes: Buffer.from(text), isSqueezed: false })

async function squeezed(text: string, level: number): Promise<Body> {
  const body = plain(text)
  if (body.bytes.length < LEAST_BYTES) return body
  // In the thread pool: compressing ten thousand roles takes milliseconds, for which nobody else should wait.
  return { bytes: await deflate(body.bytes, { level }), isSqueezed: true }
}

function sendBody(res: Response, { bytes, isSqueezed }: Body): void {
  res.vary('accept-encoding')
  if (isSqueezed) res.set('content-encoding', 'gzip')
  res.send(bytes)
}

/**
 * Whether a page that repeats the search words may be compressed: only if there are none, or if one of our own pages or
 * the person themselves sent them. Browsers say which, and no other site can fake that.
 */
export const isOurOwnAsking = (req: Request): boolean =>
  Object.keys(req.query).length === 0 || ['same-origin', 'none'].includes(req.get('sec-fetch-site') ?? '')
