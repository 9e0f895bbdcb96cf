import type { Request, RequestHandler } from 'express'
import { RolegateError } from '../domain/errors.ts'

/** threats.md P5, K11: another Host is DNS rebinding or a stray route, never a person of ours. */
export function requireOurHost(hosts: readonly string[]): RequestHandler {
  return (req, res, next) => {
    if (hosts.includes(req.headers.host ?? '')) return next()
    res.status(421).type('text/plain').send('This name is not served here.\n')
  }
}

/** Express reads X-Forwarded-Proto from trusted peers only; a list of values is somebody else's header before the proxy's. */
export const cameByTls = (req: Request): boolean => req.protocol === 'https' && req.get('x-forwarded-proto') === 'https'

/** threats.md K11: a plain listener behind TLS believes a trusted proxy that says `https`, once, and nobody else. */
export const requireTlsInFront: RequestHandler = (req, res, next) => {
  if (cameByTls(req)) return next()
  res.status(421).type('text/plain').send('This listener is reached through the proxy.\n')
}

/** While the process finishes what it has, new requests on old connections are sent elsewhere (security.md V-11). */
export function makeDrain({ isDraining }: { isDraining: () => boolean }): RequestHandler {
  return (_req, res, next) => {
    if (!isDraining()) return next()
    // Before any page can be made: everybody gets the short answer.
    res.locals['program'] = true
    res.set('connection', 'close')
    throw new RolegateError('shutting_down')
  }
}
