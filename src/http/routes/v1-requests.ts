import { Router, type RequestHandler } from 'express'
import * as z from 'zod'
import { MOST_APPROVAL_SECONDS } from '../../domain/request/role-request.ts'
import type { AnswerRequest } from '../../usecases/request/answer-request.ts'
import type { AskForRole } from '../../usecases/request/ask-for-role.ts'
import type { SeeRequests } from '../../usecases/request/see-requests.ts'
import { signedIn } from '../authenticate.ts'
import type { GroupName } from '../group-names.ts'
import { jsonBody } from '../json-body.ts'
import { answeredPageIn, pageIn, questionIn } from '../paging.ts'
import { parse, Reason } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import { requestRow } from '../requests.ts'

const AskBody = z.strictObject({
  role: z.string().min(3).max(2048),
  reason: Reason,
  seconds: z.int().min(1).max(MOST_APPROVAL_SECONDS).optional(),
})

/**
 * Requests for roles that take an approval, for programs: to ask, to look, to think better of it. An answer is given in a browser and
 * nowhere else (threats.md I8).
 */
export function v1RequestRoutes(deps: {
  authenticate: RequestHandler
  askForRole: AskForRole
  answerRequest: AnswerRequest
  seeRequests: SeeRequests
  publicUrl: string
  groupName: GroupName
}): Router {
  const router = Router({ caseSensitive: true })
  const { authenticate } = deps
  const body = jsonBody()
  const rowOf = (shown: Parameters<typeof requestRow>[0]) => requestRow(shown, deps)

  router.post('/v1/requests', ...body, authenticate, async (req, res) => {
    const { role, reason, seconds } = parse(AskBody, req.body)
    const session = signedIn(res)
    const asked = { session, role, reason, ...(seconds !== undefined && { seconds }), request: factsOf(res) }
    const { id, waited = false } = await deps.askForRole(asked)
    res.status(waited ? 200 : 201).json(rowOf(await deps.seeRequests.find(session, id)))
  })

  router.get('/v1/requests', authenticate, async (req, res) => {
    const asked = { question: questionIn(req.query), page: pageIn(req.query), answeredPage: answeredPageIn(req.query) }
    const { own, waiting, answered, ...counts } = await deps.seeRequests.list(signedIn(res), asked)
    res.json({ own: own.map(rowOf), waiting: waiting.map(rowOf), answered: answered.map(rowOf), ...counts })
  })

  router.get('/v1/requests/:id', authenticate, async (req, res) => {
    res.json(rowOf(await deps.seeRequests.find(signedIn(res), String(req.params['id']))))
  })

  router.post('/v1/requests/:id/cancel', ...body, authenticate, async (req, res) => {
    parse(z.strictObject({}), req.body)
    await deps.answerRequest.cancel({ session: signedIn(res), id: String(req.params['id']), request: factsOf(res) })
    res.status(204).end()
  })

  return router
}
