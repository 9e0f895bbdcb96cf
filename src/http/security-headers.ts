import type { RequestHandler, Response } from 'express'
import helmet from 'helmet'
import type { IncomingMessage, ServerResponse } from 'node:http'

type Settings = {
  secure: boolean
  formTargets?: readonly string[]
  /** Off where a form leads to a terminal on loopback, which speaks plain http. */
  upgrade?: boolean
}

/**
 * What every page tells the browser (security.md W-12, W-13; contract.md, CSP): nothing inline, nothing foreign, no frame.
 * Chromium holds a form to `form-action` on every hop of a redirect, so a page that opens the console names those hosts.
 */
export function securityHeaders({ secure, formTargets = [], upgrade = secure }: Settings): ReadonlyMap<string, string> {
  return headersBy(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          formAction: ["'self'", ...formTargets],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          requireTrustedTypesFor: ["'script'"],
          ...(upgrade && { upgradeInsecureRequests: [] }),
        },
      },
      // `no-referrer` would make browsers send `Origin: null` with our own forms (Fetch, "append a request Origin header").
      referrerPolicy: { policy: 'same-origin' },
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      strictTransportSecurity: secure ? { maxAge: 63_072_000, includeSubDomains: false } : false,
      xFrameOptions: { action: 'deny' },
    }),
  )
}

/** The same, set on every answer. */
export function makeSecurityHeaders(settings: Settings): RequestHandler {
  const headers = securityHeaders(settings)
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value)
    next()
  }
}

/** Worked out once: none of helmet's headers depends on the request, and its thirteen steps would slow every page. */
function headersBy(helmeted: ReturnType<typeof helmet>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  const asked = {
    setHeader: (name: string, value: string) => void headers.set(name, value),
    removeHeader: (name: string) => void headers.delete(name),
  }
  helmeted({} as IncomingMessage, asked as unknown as ServerResponse, (failure?: unknown) => {
    if (failure !== undefined) throw failure
  })
  return headers
}

/** Answers that no cache may keep, for programs: the few headers that mean something to them. */
export const PROGRAM_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

export const programHeaders: RequestHandler = (_req, res, next) => {
  res.locals['program'] = true
  res.set(PROGRAM_HEADERS)
  next()
}

/** Whether this address is for programs: they get JSON, whatever they say they accept. */
export const isForPrograms = (res: Response): boolean => res.locals['program'] === true
