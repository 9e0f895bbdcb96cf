import type { Request, RequestHandler, Response } from 'express'
import { isIP } from 'node:net'
import type { RequestFacts } from '../domain/audit/facts.ts'
import { canonicalAddress, isLoopback, withoutPort } from '../domain/device/network.ts'

export type Facts = RequestFacts & { readonly at: number }

export type NoteFacts = (req: Request) => Facts

/** Works out once who asks; everything after reads it from here. Proxies are believed only if they are trusted. */
export function makeNoteFacts(deps: {
  newRequestId: () => string
  now: () => Date
  trustsProxies: boolean
  /**
   * TLS ends in front of us, but no proxy is trusted to name the client: an address on loopback is then somebody's
   * proxy.
   */
  proxyUnnamed: boolean
}): NoteFacts {
  function addressOf(req: Request): string {
    const peer = req.socket.remoteAddress ?? ''
    const seen = req.ip ?? ''
    if (seen !== peer) return addressSaid(req, seen)
    const isProxy = deps.trustsProxies ? trusts(req, peer) : deps.proxyUnnamed && isLoopback(canonicalAddress(peer))
    // threats.md R12: if a proxy does not name the client, the address is unknown, and never counts as the same place
    // as another (threats.md D2, D3).
    const isNamed = deps.trustsProxies && saysSomebody(req) && isOnThisMachine(req)
    return isProxy && !isNamed ? '' : canonicalAddress(peer)
  }

  return (req) => ({
    requestId: givenRequestId(req, deps.trustsProxies) ?? deps.newRequestId(),
    address: addressOf(req),
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
  if (!trustsProxies || given === undefined || !/^[A-Za-z0-9-]{8,64}$/.test(given)) return undefined
  // Last, since Express reads the whole list of proxies anew each time it is asked.
  return req.ip === req.socket.remoteAddress ? undefined : given
}

/** Whether browser, proxies and gateway are all here: then loopback is who asks. */
const isOnThisMachine = (req: Request): boolean =>
  [req.socket.remoteAddress ?? '', ...req.ips].every((address) => isLoopback(canonicalAddress(address)))

/** An empty list says nothing. */
const saysSomebody = ({ headers }: Request): boolean => /[^\s,]/.test(String(headers['x-forwarded-for'] ?? ''))

/**
 * An address from a trusted proxy's list. Some proxies append the port, which changes with each connection: kept, it
 * would put everybody in as many networks as they like (security.md V-5). Anything that is no address counts as unknown
 * (threats.md R12).
 */
function addressSaid(req: Request, said: string): string {
  const bare = withoutPort(said)
  const address = canonicalAddress(bare)
  // Nobody in the list is anybody but a proxy: one of them dropped what was said before it, which senders can bring some to
  // by `Connection: X-Forwarded-For`, and who asks is unknown. With its port, Express took one for no proxy of ours.
  const isProxy = trusts(req, bare) && !(bare === said && isOnThisMachine(req))
  return isProxy || isIP(address) === 0 ? '' : address
}

/** As Express judges the peers it was told to trust. */
const trusts = (req: Request, peer: string): boolean =>
  (req.app.get('trust proxy fn') as (address: string, hop: number) => boolean)(peer, 0)
