import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { HeldResponse } from './held-response.ts'
import { lookUp, requireWithinLimits } from './look-up.ts'

/** The IdP did not answer, or not in a way we can take: the sign-in may work again in a minute. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
}

export type Bounds = {
  readonly seconds: number
  readonly bytes: number
  /** An answer of 500 or more is given like any other, for whoever says what it was. */
  readonly givesFailures?: boolean
}

/** To one host, of each bounded fetch. */
export const MOST_SOCKETS = 20

/** security.md O-22. */
export const IDP_BOUNDS: Bounds = { seconds: 10, bytes: 1024 * 1024 }

/**
 * As much of fetch as openid-client needs, over kept connections, with bounds on time and bytes, following no redirect
 * (security.md O-20). It asks for no compression, so nothing can inflate. An IdP that streams forever costs a megabyte
 * and ten seconds. It connects to no address that is off limits (threats.md P2).
 */
export function makeBoundedFetch(
  { seconds, bytes, givesFailures = false }: Bounds,
  lookup: LookupFunction = lookUp,
): typeof fetch {
  const pool = { keepAlive: true, maxSockets: MOST_SOCKETS, lookup }
  const agents = { http: new HttpAgent(pool), https: new HttpsAgent(pool) }

  return async function boundedFetch(input, init = {}) {
    const url = new URL(input instanceof Request ? input.url : input)
    try {
      requireWithinLimits(url)
    } catch (cause) {
      throw new UpstreamFailure('did not answer', { cause })
    }
    const options: RequestOptions = {
      method: init.method ?? 'GET',
      headers: {
        ...(init.body instanceof URLSearchParams && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...Object.fromEntries(new Headers(init.headers)),
        'accept-encoding': 'identity',
      },
    }
    const body = init.body == null ? undefined : textOf(init.body)
    const answer = await ask(url, options, body)
    return new HeldResponse(answer.bytes, answer)
  }

  function ask(url: URL, options: RequestOptions, body: string | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: agents.https })
          : httpRequest(url, { ...options, agent: agents.http })
      const giveUp = (why: string, cause?: unknown) => {
        isOver = true
        clearTimeout(overall)
        request.destroy()
        reject(new UpstreamFailure(why, { cause }))
      }
      let isOver = false
      const begin = () => setTimeout(() => giveUp('did not answer in time'), seconds * 1000)
      let overall = begin()
      // The timeout begins when the request gets a socket: waiting for a free connection is not the neighbour's fault.
      request.once('socket', () => {
        clearTimeout(overall)
        if (!isOver) overall = begin()
      })
      request.once('error', (cause) => giveUp('did not answer', cause))
      request.once('response', (response) => {
        const status = response.statusCode ?? 0
        if (status >= 500 && !givesFailures) return giveUp(`answered ${status}`)
        if (status >= 300 && status < 400) return giveUp(`answered ${status}, a redirect`)
        const { 'content-encoding': encoding = 'identity' } = response.headers
        if (encoding !== 'identity') return giveUp('answered in an encoding that was not asked for')
        readAtMost(bytes, response).then(
          (body) => {
            clearTimeout(overall)
            resolve({ status, headers: headersOf(response), bytes: body })
          },
          (cause: unknown) => giveUp(cause instanceof UpstreamFailure ? cause.message : 'broke off', cause),
        )
      })
      request.end(body)
    })
  }
}

type Answer = { readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array<ArrayBuffer> }

/** openid-client sends forms, and nothing else. */
const textOf = (body: NonNullable<RequestInit['body']>): string =>
  typeof body === 'string' ? body : body instanceof URLSearchParams ? body.toString() : unsendable()

const unsendable = (): never => {
  throw new TypeError('only forms are sent to an IdP')
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value)
  return headers
}

function readAtMost(most: number, response: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let total = 0
    response.on('data', (chunk: Uint8Array) => {
      total += chunk.length
      if (total > most) reject(new UpstreamFailure(`sent more than ${most} bytes`))
      else chunks.push(chunk)
    })
    response.once('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    response.once('error', reject)
  })
}
