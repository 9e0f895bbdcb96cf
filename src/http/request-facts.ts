import type { Request, RequestHandler, Response } from 'express'
import type { RequestFacts } from '../domain/audit/event.ts'

export type Facts = RequestFacts & { readonly at: number }

export type NoteFacts = (req: Request) => Facts

/** Notes who asks, once: everything after reads it from here. Proxies' word counts only when they are trusted. */
export function makeNoteFacts(deps: {
  newRequestId: () => string
  now: () => Date
  trustsProxies: boolean
}): NoteFacts {
  return (req) => ({
    requestId: givenRequestId(req, deps.trustsProxies) ?? deps.newRequestId(),
    address: plainAddress(req.ip ?? ''),
    userAgent: (req.get('user-agent') ?? '').slice(0, 200),
    at: deps.now().getTime(),
  })
}

/** Keeps what is noted, and tells the caller under which id. */
export const makeKeepFacts =
  (noteFacts: NoteFacts): RequestHandler =>
  (req, res, next) => {
    const facts = noteFacts(req)
    res.locals['facts'] = facts
    res.set('x-request-id', facts.requestId)
    next()
  }

export const factsOf = (res: Response): Facts => res.locals['facts'] as Facts

/** threats.md P4: an id from outside comes from a trusted proxy and is plain, or is not taken. */
function givenRequestId(req: Request, trustsProxies: boolean): string | undefined {
  const given = req.get('x-request-id')
  const peerTrusted = trustsProxies && req.ip !== req.socket.remoteAddress
  return peerTrusted && given !== undefined && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : undefined
}

/** threats.md R12: an IPv4 address in IPv6 clothes is that IPv4 address. */
const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '')
