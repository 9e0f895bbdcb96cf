import type { Request, RequestHandler } from 'express'
import type { ServerResponse } from 'node:http'
import { attackClassOf, type AttackClass } from '../domain/audit/attack-class.ts'
import { wasNotAsked } from '../domain/aws/not-asked.ts'
import type { RolegateError } from '../domain/errors.ts'
import type { NoteTurnedAway } from '../usecases/admin/note-turned-away.ts'
import { factsOf, type Facts } from './request-facts.ts'

type LogFacts = Readonly<Record<string, string | number | undefined>>

/** Where the doors write what they did: log and metrics, in as many words as they need. */
export type Witness = {
  readonly log: {
    info(message: string, facts: LogFacts): void
    error(message: string, facts: LogFacts, cause: unknown): void
  }
  readonly metrics: {
    request(method: string, route: string, code: number, seconds: number): void
    refusal(code: string): void
    /** One as an attack's would be. */
    suspect(kind: AttackClass): void
    awsNotAsked(why: string): void
  }
}

export type LogRefusal = (error: RolegateError, req: Request, status: number) => void

/** A refusal, by code; only what we could not help is an error with its causes. */
export type NoteRefusal = (error: RolegateError, requestId: string | undefined, status: number) => void

export function makeNoteRefusal({ log, metrics }: Witness): NoteRefusal {
  return (error, requestId, status) => {
    metrics.refusal(error.code)
    const kind = attackClassOf(error)
    if (kind !== undefined) metrics.suspect(kind)
    if (wasNotAsked(error)) metrics.awsNotAsked(String(error.reason))
    const facts = { request_id: requestId, code: error.code, status, reason: error.reason }
    if (status >= 500) log.error('a request failed', facts, error)
    else log.info('a request was refused', facts)
  }
}

/** The same for a request of Express's, which may be one that no story saw. */
export function makeLogRefusal(deps: { witness: Witness; noteTurnedAway: NoteTurnedAway }): LogRefusal {
  const noteRefusal = makeNoteRefusal(deps.witness)
  return (error, req, status) => {
    const facts = req.res === undefined ? undefined : factsOf(req.res)
    noteRefusal(error, facts?.requestId, status)
    if (facts !== undefined) deps.noteTurnedAway(error, facts, req.session?.signedIn)
  }
}

/** `route` is asked when the answer has gone. */
export type LogAnswer = (res: ServerResponse, facts: Facts, method: string, route: () => unknown) => void

/** One line a request, by route template: never a query, a header or a body (threats.md P4). */
export function makeLogAnswer({ witness, now }: { witness: Witness; now: () => Date }): LogAnswer {
  return (res, { requestId, at }, method, routeOf) => {
    res.once('finish', () => {
      const route = routeOf()
      const line = {
        request_id: requestId,
        method,
        route: typeof route === 'string' ? route : 'none',
        status: res.statusCode,
        milliseconds: now().getTime() - at,
      }
      witness.metrics.request(line.method, line.route, line.status, line.milliseconds / 1000)
      witness.log.info('request', line)
    })
  }
}

export const makeAccessLog =
  (logAnswer: LogAnswer): RequestHandler =>
  (req, res, next) => {
    logAnswer(res, factsOf(res), req.method, () => req.route?.path)
    next()
  }
