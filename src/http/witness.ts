import type { Request, RequestHandler } from 'express'
import type { RolegateError } from '../domain/errors.ts'
import { factsOf } from './request-facts.ts'

type Facts = Readonly<Record<string, string | number | undefined>>

/** Where the doors write what they did: log and metrics, in as many words as they need. */
export type Witness = {
  readonly log: {
    info(message: string, facts: Facts): void
    error(message: string, facts: Facts, cause: unknown): void
  }
  readonly metrics: {
    request(method: string, route: string, code: number, seconds: number): void
    refusal(code: string): void
  }
}

export type LogRefusal = (error: RolegateError, req: Request, status: number) => void

/** A refusal, by code; only what we could not help is an error with its causes. */
export function makeLogRefusal({ log, metrics }: Witness): LogRefusal {
  return (error, req, status) => {
    metrics.refusal(error.code)
    const requestId = req.res === undefined ? undefined : factsOf(req.res).requestId
    const facts = { request_id: requestId, code: error.code, status, reason: error.reason }
    if (status >= 500) log.error('a request failed', facts, error)
    else log.info('a request was refused', facts)
  }
}

/** One line a request, by route template: never a query, a header or a body (threats.md P4). */
export function makeAccessLog({ witness, now }: { witness: Witness; now: () => Date }): RequestHandler {
  return (req, res, next) => {
    res.once('finish', () => {
      const { requestId, at } = factsOf(res)
      const route: unknown = req.route?.path
      const line = {
        request_id: requestId,
        method: req.method,
        route: typeof route === 'string' ? route : 'none',
        status: res.statusCode,
        milliseconds: now().getTime() - at,
      }
      witness.metrics.request(line.method, line.route, line.status, line.milliseconds / 1000)
      witness.log.info('request', line)
    })
    next()
  }
}
