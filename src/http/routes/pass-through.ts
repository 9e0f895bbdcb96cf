import { Router, type Request, type RequestHandler, type Response } from 'express'
import { attemptIdIn, type PassThroughAttempt } from '../../domain/sign-in/attempt.ts'
import type { CompletePassThrough } from '../../usecases/hand-over/complete-pass-through.ts'
import type { AttemptCookies } from '../attempt-cookies.ts'
import { singleFields, singleParameters } from '../callback-answer.ts'
import { sendToConsole, showCredentials } from '../hand-out.ts'
import { factsOf } from '../request-facts.ts'
import { onlyAsPage } from '../trip-start.ts'

type Deps = {
  completePassThrough: CompletePassThrough
  awsAttempts: AttemptCookies<PassThroughAttempt>
  samlForm: RequestHandler
}
type ToIdp = Request<{ idp: string }>

/**
 * Where an IdP's own assertions for AWS arrive (threats.md F7). Bound to the browser by the attempt's cookie, not by a
 * session. Nobody is signed in here: the assertion goes on to AWS, and the person gets what they asked for before they
 * left.
 */
export function passThroughRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  /** `carried` is the field that came along from our question: it names the attempt. */
  async function arrive(
    req: ToIdp,
    res: Response,
    parameters: ReadonlyMap<string, string> | undefined,
    carried: string,
  ) {
    const attemptId = attemptIdIn(parameters?.get(carried))
    const attempt = attemptId === undefined ? undefined : deps.awsAttempts.take(req, res, attemptId)
    const { session, taken, url } = await deps.completePassThrough({
      idp: req.params.idp,
      // security.md O-15, S-38: a doubled name is an answer to no question of ours.
      attempt: parameters === undefined ? undefined : attempt,
      answer: { parameters: parameters ?? new Map() },
      request: factsOf(res),
    })
    if (url !== undefined) return sendToConsole(res, url)
    res.locals['session'] = session
    showCredentials(res, taken)
  }

  router.post<{ idp: string }>('/saml/:idp/aws', deps.samlForm, (req, res) =>
    arrive(req, res, singleFields(req.body), 'RelayState'),
  )
  router.get<{ idp: string }>('/oidc/:idp/aws', onlyAsPage, (req, res) =>
    arrive(req, res, singleParameters(req.originalUrl), 'state'),
  )
  return router
}
