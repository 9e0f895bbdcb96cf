import type { Request, RequestHandler } from 'express'
import type { IncomingMessage } from 'node:http'
import { RolegateError } from '../domain/errors.ts'

/** threats.md P5, K11: another Host is DNS rebinding or a stray route, never a person of ours. */
export function requireOurHost(hosts: readonly string[]): RequestHandler {
  return (req, res, next) => {
    if (isFor(req, hosts)) return next()
    res.status(421).type('text/plain').send('This name is not served here.\n')
  }
}

/**
 * Whether whatever names a host in it names one of these: there is one Host (RFC 9112 §3.2), since of two a proxy may have gone by the
 * one that Node leaves out, and a whole URL in place of the path names none but them (§3.2.2).
 */
export function isFor({ headers, rawHeaders, url = '' }: IncomingMessage, hosts: readonly string[]): boolean {
  if (!hosts.includes(headers.host ?? '')) return false
  const lines = rawHeaders.filter((name, at) => at % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host')
  const [, target] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? []
  return lines.length === 1 && (target === undefined || hosts.includes(target))
}

/**
 * Express reads X-Forwarded-Proto from trusted peers only. With several values, the first is somebody else's header in
 * front of the proxy's.
 */
export const cameByTls = (req: Request): boolean => req.protocol === 'https' && req.get('x-forwarded-proto') === 'https'

/**
 * threats.md K11: a plain listener behind TLS accepts only requests for which a trusted proxy says `https`, exactly
 * once.
 */
export const requireTlsInFront: RequestHandler = (req, res, next) => {
  if (cameByTls(req)) return next()
  res.status(421).type('text/plain').send('This listener is reached through the proxy.\n')
}

/**
 * While the process finishes what it has begun, new requests on kept connections are sent elsewhere (security.md V-11).
 */
export function makeDrain({ isDraining }: { isDraining: () => boolean }): RequestHandler {
  return (_req, res, next) => {
    if (!isDraining()) return next()
    // Before any page can be made: everybody gets the short answer.
    res.locals['program'] = true
    res.set('connection', 'close')
    throw new RolegateError('shutting_down')
  }
}
