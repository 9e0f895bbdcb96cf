import { Router, type Request } from 'express'
import { z } from 'zod'
import { LEAST_SECONDS, printDuration } from '../../domain/entitlement/duration.ts'
import { mostSecondsOf } from '../../domain/request/role-request.ts'
import type { Now } from '../../usecases/ports.ts'
import type { AnswerRequest, ShownRequest } from '../../usecases/request/answer-request.ts'
import type { AskForRole } from '../../usecases/request/ask-for-role.ts'
import { answerFor } from '../answers.ts'
import { sessionOf } from '../browser-session.ts'
import { accountCard } from '../cards.ts'
import type { GroupName } from '../group-names.ts'
import { show, type Pages, type RequestCard } from '../pages.ts'
import { parse, Reason, ReasonText } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import { approverNames } from '../requests.ts'
import { lengthsUpTo } from '../role-facts.ts'

/** An approval may outlast any role session. */
const LengthText = z
  .string()
  .regex(/^\d{3,5}$/)
  .transform(Number)
  .pipe(z.int().min(LEAST_SECONDS).max(86_400))
const AskForm = z.strictObject({ _csrf: z.string(), reason: Reason, seconds: LengthText.optional() })
const AnswerForm = z.strictObject({
  _csrf: z.string(),
  decision: z.enum(['approve', 'deny', 'cancel', 'end']),
  seconds: LengthText.optional(),
  note: ReasonText.optional(),
})

/** Roles that take somebody's word: where it is asked for, and where it is given. In a browser and nowhere else (threats.md I8). */
export function approvalRoutes(deps: {
  askForRole: AskForRole
  answerRequest: AnswerRequest
  idpLabel: (idp: string) => string
  groupName: GroupName
  now: Now
}): Router {
  const router = Router({ caseSensitive: true })

  router.post('/roles/:account/:role/request', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const { reason, seconds } = parse(AskForm, req.body)
    const role = `${req.params.account}/${req.params.role}`
    const asked = { session, role, reason, ...(seconds !== undefined && { seconds }), request: factsOf(res) }
    const { id } = await deps.askForRole(asked)
    res.redirect(303, `/approvals/${id}`)
  })

  router.get('/approvals', async (req, res) => {
    const { own, waiting } = await deps.answerRequest.list(sessionOf(req, deps.now))
    show(res, 'approvals', 'Approvals', { waiting: waiting.map(cardOf), own: own.map(cardOf) })
  })

  router.get('/approvals/:id', async (req, res) => {
    const shown = await deps.answerRequest.find(sessionOf(req, deps.now), idOf(req))
    show(res, 'approval', shown.request.role, modelOf(shown))
  })

  router.post('/approvals/:id', async (req, res) => {
    const which = { session: sessionOf(req, deps.now), id: idOf(req), request: factsOf(res) }
    const { decision, seconds, note } = parse(AnswerForm, req.body)
    const said = { ...(seconds !== undefined && { seconds }), ...(note !== undefined && { note }) }
    await settle(decision, which, said)
    res.redirect(303, `/approvals/${which.id}`)
  })

  function settle(
    decision: z.output<typeof AnswerForm>['decision'],
    which: Parameters<AnswerRequest['approve']>[0],
    said: Parameters<AnswerRequest['approve']>[1],
  ): Promise<void> {
    switch (decision) {
      case 'approve':
        return deps.answerRequest.approve(which, said)
      case 'deny':
        return deps.answerRequest.deny(which, said)
      case 'cancel':
        return deps.answerRequest.cancel(which)
      case 'end':
        return deps.answerRequest.end(which)
    }
  }

  function cardOf({ request, standing, until, target }: ShownRequest): RequestCard {
    const { id, role, person, reason, seconds, askedAt, expiresAt } = request
    const email = person.email === person.username ? undefined : person.email
    return {
      href: `/approvals/${id}`,
      role,
      ...(target !== undefined && { account: accountCard(target.account), elevated: target.kind.elevated }),
      requester: {
        username: person.username,
        idpLabel: deps.idpLabel(person.idp),
        ...(email !== undefined && { email }),
      },
      reason,
      length: printDuration(seconds),
      askedAt,
      expiresAt,
      standing,
      ...answerIn(request),
      ...(until !== undefined && { until }),
    }
  }

  function modelOf(shown: ShownRequest): Pages['approval'] {
    const { request, standing, voidBecause, isOwn, target, wanted, fault } = shown
    const { via, person } = request
    const mayAnswer = !isOwn && standing === 'asked' && fault === undefined
    const most = Math.min(request.seconds, mostSecondsOf(wanted))
    return {
      ...cardOf(shown),
      ...(target !== undefined && { arn: target.arn, summary: target.kind.summary, roleHref: `/roles/${target.name}` }),
      via: {
        rule: via.rule,
        group: via.group === null ? null : (deps.groupName(person.idp, via.group) ?? via.group),
      },
      // threats.md P3
      approvers: !isOwn || target?.kind.discoverable === true ? approverNames(wanted, deps.groupName) : [],
      isOwn,
      ...(mayAnswer && { lengths: lengthsUpTo(most) }),
      ...(!isOwn && standing === 'asked' && fault !== undefined && { refusal: answerFor(fault).why }),
      ...(voidBecause !== undefined && { voidBecause: answerFor(voidBecause).why }),
      mayCancel: isOwn && standing === 'asked',
      mayEnd: (standing === 'approved' || standing === 'void') && (isOwn || fault === undefined),
    }
  }

  return router
}

function answerIn(request: ShownRequest['request']): Pick<RequestCard, 'answer'> {
  if (!('answeredBy' in request) || request.status === 'approving') return {}
  const { answeredBy, answeredAt, note } = request
  return {
    answer: { by: answeredBy.username, at: answeredAt, ...(note !== undefined && { note }) },
  }
}

const idOf = ({ params }: Request): string => String(params['id']).slice(0, 100)
