import type { Request, Response } from 'express'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { gzipAround } from './gzip-pieces.ts'

const deflate = promisify(gzip)
/** Below this the headers weigh more than what is saved. */
const LEAST_BYTES = 1024
const FASTEST = 1
/** A page of 500 roles repeats itself so much that a deeper look costs no more time than what it saves in writing. */
export const FOR_PAGES = 3
/** For what is compressed once and sent many times. */
const FOR_KEEPS = 6

type Body = { readonly bytes: Buffer; readonly isSqueezed: boolean }

/**
 * Sends a long text compressed to whoever takes gzip. Only for answers that hold no secret beside what others could have
 * put into the request: the length of such a mixture tells the secret (BREACH). So lists come this way, and credentials,
 * sign-in URLs and tokens never do (DECISIONS.md 40).
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
 * Keeps what is made of a thing, for as long as the thing is there. From the second time on: what is asked for once is made at the
 * usual level, and what is kept at one that is worth it.
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
  // In the thread pool: a list of ten thousand roles in full takes milliseconds that others need not wait for.
  return { bytes: await deflate(body.bytes, { level }), isSqueezed: true }
}

function sendBody(res: Response, { bytes, isSqueezed }: Body): void {
  res.vary('accept-encoding')
  if (isSqueezed) res.set('content-encoding', 'gzip')
  res.send(bytes)
}

/**
 * Whether a page that says what was searched for may be compressed: it was asked for without a word, or by one of our own
 * pages or the person's own hand. Browsers say which, and no other site can make them say otherwise.
 */
export const isOurOwnAsking = (req: Request): boolean =>
  Object.keys(req.query).length === 0 || ['same-origin', 'none'].includes(req.get('sec-fetch-site') ?? '')
