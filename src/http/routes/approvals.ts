import { Router, type Request } from 'express'
import * as z from 'zod'
import { MOST_APPROVAL_SECONDS, mostSecondsOf } from '../../domain/request/role-request.ts'
import type { Now } from '../../usecases/ports.ts'
import { asRolegateError } from '../../domain/errors.ts'
import type { SignInAttempt } from '../../domain/sign-in/attempt.ts'
import { OLD_GROUPS, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { AnswerRequest } from '../../usecases/request/answer-request.ts'
import type { AskForRole } from '../../usecases/request/ask-for-role.ts'
import type { SeeRequests, ShownRequest } from '../../usecases/request/see-requests.ts'
import type { BeginStepUp } from '../../usecases/step-up/begin-step-up.ts'
import type { ConfirmStepUp } from '../../usecases/step-up/confirm-step-up.ts'
import { answerFor } from '../answers.ts'
import type { AttemptCookies } from '../attempt-cookies.ts'
import { sessionOf } from '../browser-session.ts'
import type { GroupName } from '../group-names.ts'
import type { MoveBrowser } from '../move-browser.ts'
import type { RequestCard } from '../models/cards.ts'
import { show, type Pages } from '../pages.ts'
import { answeredPageIn, pageIn, pagingOf, questionIn } from '../paging.ts'
import { parse, Reason, ReasonText } from '../parse.ts'
import { requestCard } from '../request-card.ts'
import { factsOf } from '../request-facts.ts'
import { approverNames } from '../requests.ts'
import { lengthsUpTo } from '../role-facts.ts'
import { isFromOtherSite, requireAsPage } from '../trip-start.ts'
import { voidWhy } from '../void-words.ts'

/** An approval may outlast any role session; how short it may be is the story's. */
const LengthText = z
  .string()
  .regex(/^\d{3,5}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(MOST_APPROVAL_SECONDS))
const AskForm = z.strictObject({ _csrf: z.string(), reason: Reason, seconds: LengthText.optional() })
/** The id of a fresh sign-in that was made for this: it opens nothing in anybody else's hands. */
const StepUpId = z.string().regex(/^[\w-]{22}$/)
const AnswerForm = z.strictObject({
  _csrf: z.string(),
  decision: z.enum(['approve', 'deny', 'cancel', 'end']),
  seconds: LengthText.optional(),
  note: ReasonText.optional(),
  step_up: StepUpId.optional(),
})

/** Roles that take somebody's word: where it is asked for, and where it is given. In a browser and nowhere else (threats.md I8). */
export function approvalRoutes(deps: {
  beginStepUp: BeginStepUp
  confirmStepUp: ConfirmStepUp
  askForRole: AskForRole
  answerRequest: AnswerRequest
  seeRequests: SeeRequests
  idpLabel: (idp: string) => string
  groupName: GroupName
  attempts: AttemptCookies<SignInAttempt>
  moveBrowser: MoveBrowser
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
    const question = questionIn(req.query)
    const asked = { question, page: pageIn(req.query), answeredPage: answeredPageIn(req.query) }
    const listed = await deps.seeRequests.list(sessionOf(req, deps.now), asked)
    const { answeredPage: page, answeredPageCount: pageCount } = listed
    const { pages: answeredPages } = pagingOf({ page, pageCount }, '/approvals', {}, 'answered')
    show(res, 'approvals', 'Approvals', {
      waiting: listed.waiting.map(cardOf),
      waitingCount: listed.waitingCount,
      question,
      ...pagingOf(listed, '/approvals', question === '' ? {} : { q: question }),
      answered: listed.answered.map(cardOf),
      ...(answeredPages !== undefined && { answeredPages }),
      own: listed.own.map(cardOf),
      ownMore: listed.ownCount - listed.own.length,
    })
  })

  router.get('/approvals/:id', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const shown = await deps.seeRequests.find(session, idOf(req))
    const { success, data: id } = StepUpId.safeParse(req.query['step_up'])
    const proof = success ? await proofIn({ session, id }, shown) : undefined
    const { role, person } = shown.request
    const title = shown.isOwn ? `Your request for ${role}` : `${person.username} asks for ${role}`
    show(res, 'approval', title, modelOf(shown, proof))
  })

  router.get('/approvals/:id/step-up', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const page = `/approvals/${idOf(req)}`
    requireAsPage(req)
    // security.md W-11: nobody is sent to their IdP by another site's link.
    if (isFromOtherSite(req)) return res.redirect(303, page)
    const away = await deps.beginStepUp.toApprove({ session, id: idOf(req), request: factsOf(res) })
    if (away === undefined) return res.redirect(303, page)
    deps.attempts.keep(req, res, away.attempt)
    deps.moveBrowser(res, away.move, { title: 'Signing in', to: deps.idpLabel(away.attempt.idp) })
  })

  router.post('/approvals/:id', async (req, res) => {
    const which = { session: sessionOf(req, deps.now), id: idOf(req), request: factsOf(res) }
    const { decision, seconds, note, step_up: stepUp } = parse(AnswerForm, req.body)
    const said = {
      ...(seconds !== undefined && { seconds }),
      ...(note !== undefined && { note }),
      ...(stepUp !== undefined && { stepUp }),
    }
    await settle(decision, which, said)
    res.redirect(303, `/approvals/${which.id}`)
  })

  /** The fresh sign-in, if a yes to this may use it: one that is used, or over, is started anew from the page. */
  async function proofIn(
    which: { readonly session: GatewaySession; readonly id: string },
    { request }: ShownRequest,
  ): Promise<string | undefined> {
    try {
      await deps.confirmStepUp.requireToApprove(which, request)
      return which.id
    } catch (thrown) {
      if (asRolegateError(thrown).code !== 'step_up_required') throw thrown
      return undefined
    }
  }

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

  const cardOf = (shown: ShownRequest): RequestCard => requestCard(shown, deps.idpLabel)

  function modelOf(shown: ShownRequest, proof: string | undefined): Pages['approval'] {
    const { request, standing, because, isOwn, target, wanted, fault, approvingFault, takesStepUp } = shown
    const { via, person } = request
    const isOpen = !isOwn && standing === 'asked'
    const mayAnswer = isOpen && fault === undefined
    const mayApprove = mayAnswer && approvingFault === undefined && (!takesStepUp || proof !== undefined)
    const isOld = approvingFault?.values['why'] === OLD_GROUPS
    // Old groups are read anew on the way.
    const mayStepUp = mayAnswer && takesStepUp && proof === undefined && (approvingFault === undefined || isOld)
    const isClosed = mayAnswer && approvingFault !== undefined && !mayStepUp
    const page = `/approvals/${request.id}`
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
      mayAnswer,
      ...(mayApprove && { lengths: lengthsUpTo(most) }),
      ...(mayApprove && proof !== undefined && { proof }),
      ...(mayStepUp && { stepUpHref: `${page}/step-up` }),
      ...(isOpen && fault !== undefined && { refusal: answerFor(fault).why }),
      ...(isClosed && { approvingRefusal: answerFor(approvingFault).why }),
      ...(isClosed && isOld && { signInHref: `/sign-in?returnTo=${encodeURIComponent(page)}` }),
      ...(because !== undefined && { because: voidWhy(because.values) }),
      mayCancel: isOwn && (standing === 'asked' || standing === 'moot'),
      mayEnd: (standing === 'approved' || standing === 'void') && (isOwn || fault === undefined),
    }
  }

  return router
}

const idOf = ({ params }: Request): string => String(params['id']).slice(0, 100)
