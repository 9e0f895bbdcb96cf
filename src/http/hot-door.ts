import type { Express, Request, RequestHandler } from 'express'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { RolegateError } from '../domain/errors.ts'
import { cameFromPage } from './csrf.ts'
import type { Facts, NoteFacts } from './request-facts.ts'
import { PROGRAM_HEADERS } from './security-headers.ts'
import { isFor } from './welcome.ts'
import type { LogAnswer } from './witness.ts'

/** A route as the hot door serves it. */
export type HotRoute = {
  readonly path: string
  /** As Express's own reader is told at this route. */
  readonly mostBytes: number
  /** Content types it takes. */
  readonly takes: RegExp
  /** Whether it is asked with a bearer token, or with none. */
  readonly bearer: boolean
  read(text: string): unknown
  /** Whether Express shall have it after all, as it was read. */
  passes?(body: unknown): boolean
  answer(asked: { readonly authorization: string; readonly body: unknown; readonly facts: Facts }): Promise<object>
  /** A refusal that is so frequent that it is answered here: its status and body; it has been recorded. */
  refuse?(thrown: unknown, facts: Facts): { readonly status: number; readonly body: object } | undefined
}

/** A browser's visit that ends in its being sent on. */
export type HotVisit = {
  /** As the log names it. */
  readonly route: string
  /** Where to. Cookies set on the way go out with the redirect, or with the refusal. */
  answer(res: ServerResponse, facts: Facts): Promise<string>
}

/** What was begun at the hot door and failed there, on its way through Express. */
const failures = new WeakMap<IncomingMessage, { readonly facts: Facts; readonly thrown: unknown }>()

export const factsAtHotDoor = (req: IncomingMessage): Facts | undefined => failures.get(req)?.facts

/**
 * Goes first on routes that the hot door stands in front of: rethrows a failure from there, so that Express reports it
 * as its own.
 */
export const failAsAtHotDoor: RequestHandler = (req, _res, next) => {
  const failure = failures.get(req)
  if (failure !== undefined) throw failure.thrown
  next()
}

/**
 * Answers on plain node:http what terminals ask all day, and what browsers ask all at once on Monday morning: Express
 * costs a quarter of a hand-over (DECISIONS.md 21). It takes only the plainest requests. Anything unusual goes to
 * Express unread. A failure goes there too, so that refusals are written in one place, except those that terminals get
 * all the time.
 */
export function makeHotDoor(deps: {
  express: Express
  routes: readonly HotRoute[]
  visit: (req: IncomingMessage) => HotVisit | undefined
  /** What every page tells the browser. */
  visitHeaders: Readonly<Record<string, string>>
  publicHost: string
  isWelcome: (req: Request) => boolean
  noteFacts: NoteFacts
  logAnswer: LogAnswer
}): RequestListener {
  const { express } = deps
  const hosts = [deps.publicHost]
  const routes = new Map(deps.routes.map((route) => [route.path, route]))

  /** Express's getters over a request that Express has not touched: addresses are read as everywhere else. */
  const asExpressSees = ({ headers, socket }: IncomingMessage): Request =>
    Object.create(express.request, { headers: { value: headers }, socket: { value: socket } }) as Request

  async function serve(route: HotRoute, req: IncomingMessage, res: ServerResponse, seen: Request): Promise<void> {
    const facts = deps.noteFacts(seen)
    const tell = (status: number, body: object): void => {
      deps.logAnswer(res, facts, 'POST', () => route.path)
      send(res, facts, status, JSON.stringify(body))
    }
    try {
      const body = route.read(await textOf(req))
      if (route.passes?.(body) === true) {
        // Express's readers leave alone what has been read.
        Object.assign(req, { body })
        return void express(req, res)
      }
      tell(200, await route.answer({ authorization: req.headers.authorization ?? '', body, facts }))
    } catch (thrown) {
      const refusal = route.refuse?.(thrown, facts)
      if (refusal !== undefined) return tell(refusal.status, refusal.body)
      failures.set(req, { facts, thrown })
      express(req, res)
    }
  }

  async function serveVisit(visit: HotVisit, req: IncomingMessage, res: ServerResponse, facts: Facts): Promise<void> {
    try {
      const location = await visit.answer(res, facts)
      deps.logAnswer(res, facts, 'GET', () => visit.route)
      res.writeHead(303, { 'x-request-id': facts.requestId, ...deps.visitHeaders, location, 'content-length': 0 }).end()
    } catch (thrown) {
      failures.set(req, { facts, thrown })
      express(req, res)
    }
  }

  /** How it is served here; undefined: it is Express's. */
  function serverFor(req: IncomingMessage): ((res: ServerResponse, seen: Request) => Promise<void>) | undefined {
    if (!isFor(req, hosts)) return undefined
    if (req.method === 'GET') {
      const visit = deps.visit(req)
      return visit && ((res, seen) => serveVisit(visit, req, res, deps.noteFacts(seen)))
    }
    const route = req.method === 'POST' ? routes.get(req.url ?? '') : undefined
    return route !== undefined && isPlain(route, req) ? (res, seen) => serve(route, req, res, seen) : undefined
  }

  return (req, res) => {
    const serveHere = serverFor(req)
    if (serveHere === undefined) return void express(req, res)
    const seen = asExpressSees(req)
    if (deps.isWelcome(seen)) void serveHere(res, seen)
    else express(req, res)
  }
}

/** Whether the request has the one proof this route takes, no cookie (threats.md H7), and a short uncompressed body. */
function isPlain({ bearer, takes, mostBytes }: HotRoute, req: IncomingMessage): boolean {
  const { headers } = req
  const length = Number(headers['content-length'])
  return (
    (headers.authorization !== undefined) === bearer &&
    headers.cookie === undefined &&
    !cameFromPage(req) &&
    takes.test(headers['content-type'] ?? '') &&
    length > 0 &&
    length <= mostBytes &&
    headers['transfer-encoding'] === undefined &&
    headers['content-encoding'] === undefined
  )
}

function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.once('end', () => resolve(utf8.decode(Buffer.concat(chunks))))
    req.once('error', (cause) => reject(new RolegateError('invalid_request', {}, { cause })))
  })
}

const utf8 = new TextDecoder()

function send(res: ServerResponse, { requestId }: Facts, status: number, answer: string): void {
  res.writeHead(status, {
    'x-request-id': requestId,
    ...PROGRAM_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(answer),
  })
  res.end(answer)
}
