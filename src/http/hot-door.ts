import type { Express, Request, RequestHandler } from 'express'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { RolegateError } from '../domain/errors.ts'
import type { AuthenticateBearer } from '../usecases/device/authenticate-bearer.ts'
import { bearerIn, type AnswerCredentials } from './credentials.ts'
import type { Facts, NoteFacts } from './request-facts.ts'
import { PROGRAM_HEADERS } from './security-headers.ts'
import type { LogAnswer } from './witness.ts'

const ROUTE = '/v1/credentials'
/** As Express's own reader is told in routes/v1.ts. */
const MOST_BYTES = 16 * 1024
const JSON_TYPE = /^application\/json(; ?charset=utf-8)?$/i

/** What was begun at the hot door and failed there, on its way through Express. */
const failures = new WeakMap<IncomingMessage, { readonly facts: Facts; readonly thrown: unknown }>()

export const factsAtHotDoor = (req: IncomingMessage): Facts | undefined => failures.get(req)?.facts

/** First at the route the hot door stands before: a failure there is told here, as one of Express's own. */
export const failAsAtHotDoor: RequestHandler = (req, _res, next) => {
  const failure = failures.get(req)
  if (failure !== undefined) throw failure.thrown
  next()
}

/**
 * What terminals ask all day, answered on node:http: Express costs a quarter of a hand-over (DECISIONS.md 21). Only the
 * plainest request is taken and only success is answered here. Whatever is unusual goes to Express unread, and a failure
 * goes there with what was thrown, so that there is one place for refusals.
 */
export function makeHotDoor(deps: {
  express: Express
  publicHost: string
  isWelcome: (req: Request) => boolean
  noteFacts: NoteFacts
  logAnswer: LogAnswer
  authenticateBearer: AuthenticateBearer
  answerCredentials: AnswerCredentials
}): RequestListener {
  const { express } = deps

  /** Express's getters over a request that Express has not touched: addresses are read as everywhere else. */
  const asExpressSees = ({ headers, socket }: IncomingMessage): Request =>
    Object.create(express.request, { headers: { value: headers }, socket: { value: socket } }) as Request

  async function serve(req: IncomingMessage, res: ServerResponse, seen: Request): Promise<void> {
    const facts = deps.noteFacts(seen)
    try {
      const body = parseJson(await textOf(req))
      const session = await deps.authenticateBearer(bearerIn(req.headers.authorization ?? ''))
      const answer = JSON.stringify(await deps.answerCredentials(session, body, facts))
      deps.logAnswer(res, facts, 'POST', () => ROUTE)
      send(res, facts, answer)
    } catch (thrown) {
      failures.set(req, { facts, thrown })
      express(req, res)
    }
  }

  return (req, res) => {
    if (!isPlain(req) || req.headers.host !== deps.publicHost) return void express(req, res)
    const seen = asExpressSees(req)
    if (deps.isWelcome(seen)) void serve(req, res, seen)
    else express(req, res)
  }
}

/** A bearer token, no cookie (threats.md H7), and a short JSON body that comes as it is. */
function isPlain({ method, url, headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'])
  return (
    method === 'POST' &&
    url === ROUTE &&
    headers.authorization !== undefined &&
    headers.cookie === undefined &&
    JSON_TYPE.test(headers['content-type'] ?? '') &&
    length > 0 &&
    length <= MOST_BYTES &&
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

/** An object or a list, as Express's reader takes it. */
function parseJson(text: string): unknown {
  try {
    if (/^[\t\n\r ]*[{[]/.test(text)) return JSON.parse(text)
  } catch (cause) {
    throw new RolegateError('invalid_request', {}, { cause })
  }
  throw new RolegateError('invalid_request')
}

function send(res: ServerResponse, { requestId }: Facts, answer: string): void {
  res.writeHead(200, {
    'x-request-id': requestId,
    ...PROGRAM_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(answer),
  })
  res.end(answer)
}
