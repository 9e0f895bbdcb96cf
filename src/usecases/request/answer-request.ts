import type { RequestFacts } from '../../domain/audit/facts.ts'
import { asRolegateError, unmet, type RolegateError } from '../../domain/errors.ts'
import { approvingGroups } from '../../domain/request/approver.ts'
import { answerForRecord, askedForRecord } from '../../domain/request/on-record.ts'
import {
  answerKeptUntil,
  grantableSeconds,
  isOpen,
  mostSecondsOf,
  personIn,
  SHOWN_SECONDS,
  type Answer,
  type RoleRequest,
  type Step,
} from '../../domain/request/role-request.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import { OLD_GROUPS, type GatewaySession } from '../../domain/sign-in/session.ts'
import { ELEVATED, stepUpRequired } from '../../domain/sign-in/step-up.ts'
import type { Audit, Digest, LimitRate, Now } from '../ports.ts'
import type { AnsweredRequests, OpenRequests, Requests } from '../ports/tables.ts'
import type { RecheckGroups } from '../sign-in/recheck-groups.ts'
import type { ConfirmStepUp } from '../step-up/confirm-step-up.ts'
import { moveRequest } from './move-request.ts'
import { closeOpenRequest, openRequestKey } from './open-requests.ts'
import { answersOwner } from './requests-of.ts'
import type { SeeRequests, ShownRequest } from './see-requests.ts'

type Which = { readonly session: GatewaySession; readonly id: string; readonly request: RequestFacts }

export type AnswerRequest = {
  /** Fails as `approve` would, but for what a fresh sign-in mends. */
  requireApprovable(session: GatewaySession, id: string): Promise<ShownRequest>
  /** For as long as it was asked for, or shorter. Of an elevated role it uses up a fresh sign-in that was made for it. */
  approve(
    which: Which,
    word: { readonly seconds?: number; readonly note?: string; readonly stepUp?: string },
  ): Promise<void>
  deny(which: Which, word: { readonly note?: string }): Promise<void>
  /** By whoever asked, before anybody has answered. */
  cancel(which: Which): Promise<void>
  /** Of what was approved: given back by whoever asked, or taken back by somebody who might approve it. */
  end(which: Which): Promise<void>
}

/** Everything that becomes of a request once it is asked. Fails with `not_found`, or `condition_unmet` and what is in the way. */
export function makeAnswerRequest(deps: {
  seeRequests: Pick<SeeRequests, 'find'>
  requests: Requests
  openRequests: OpenRequests
  answeredRequests: Pick<AnsweredRequests, 'put'>
  confirmStepUp: Pick<ConfirmStepUp, 'useToApprove'>
  recheckGroups: RecheckGroups
  audit: Audit
  /** Names the rules in force, for the record. */
  configHash: string
  limitRate: LimitRate
  digest: Digest
  now: Now
}): AnswerRequest {
  const about = (request: RoleRequest) => ({ ...askedForRecord(request), configHash: deps.configHash })

  /** Whether this is the first: who tries over and over writes one record. */
  async function isFirst(what: string, seconds: number): Promise<boolean> {
    return deps.limitRate(what, 1, seconds).then(
      () => true,
      (thrown: unknown) => {
        if (asRolegateError(thrown).code === 'rate_limited') return false
        throw thrown
      },
    )
  }

  async function refuse({ session, request: from }: Which, asked: RoleRequest, fault: RolegateError): Promise<never> {
    const { principal } = session
    const { code, reason = code } = fault
    if (await isFirst(`refused-answers:${session.id}`, 60))
      await deps.audit({ event: 'request_refused', request: from, principal, session, ...about(asked), reason })
    throw fault
  }

  /** What this session may answer, by every rule there is for it. */
  async function answerable(which: Which): Promise<ShownRequest> {
    const { session, id, request: from } = which
    await deps.limitRate(`answer-request:${session.id}`, 60, 60)
    const shown = await deps.seeRequests.find(session, id)
    if (shown.fault !== undefined) return refuse(which, shown.request, shown.fault)
    if (shown.standing === 'expired') {
      const { principal } = session
      if (await isFirst(`expired-request:${id}`, SHOWN_SECONDS))
        await deps.audit({ event: 'request_expired', request: from, principal, session, ...about(shown.request) })
    }
    requireAsked(shown)
    return shown
  }

  /** The fresh sign-in that this yes uses up (threats.md H8): of whoever says it, and made for it. */
  async function useStepUp(which: Which, { request }: ShownRequest, stepUp: string | undefined): Promise<void> {
    const needed = stepUpRequired({ approval: request.id }, ELEVATED)
    if (stepUp === undefined) return refuse(which, request, needed)
    await deps.confirmStepUp.useToApprove({ session: which.session, id: stepUp }, request).catch((thrown: unknown) => {
      const { code, values } = asRolegateError(thrown)
      if (code !== 'step_up_required') throw thrown
      return refuse(which, request, stepUpRequired({ ...values, approval: request.id }, 'step_up_gone'))
    })
  }

  const answerOf = ({ session }: Which, { wanted }: ShownRequest, note: string | undefined): Answer => ({
    answeredBy: personIn(session.principal),
    groups: approvingGroups(session.principal, wanted) ?? [],
    answeredAt: deps.now(),
    ...(note !== undefined && { note }),
  })

  /** Before the word itself: a crash leaves a row that names what somebody else may answer, and no word that its list lacks. */
  async function noteAnswer({ session: { principal } }: Which, request: RoleRequest, seconds = 0): Promise<void> {
    const keep = { expiresAt: answerKeptUntil(request, seconds), owner: answersOwner(principal, deps.digest) }
    const row = { id: request.id, answeredAt: deps.now() }
    await deps.answeredRequests.put(`${deps.digest(identityOf(principal))} ${request.id}`, row, keep)
  }

  async function take(id: string, step: Step): Promise<RoleRequest> {
    const next = await moveRequest(deps, id, step)
    if (next === undefined) throw unmet('request_over')
    return next
  }

  const close = (request: RoleRequest) => closeOpenRequest(deps, openRequestKey(request), request.id)

  async function record(
    event: 'request_approved' | 'request_denied' | 'request_cancelled' | 'approval_ended',
    { session, request: from }: Which,
    request: RoleRequest,
    used: { readonly stepUp?: string } = {},
  ): Promise<void> {
    const { principal } = session
    const facts = { ...about(request), ...answerForRecord(request), ...used }
    await deps.audit({ event, request: from, principal, session, ...facts })
  }

  return {
    async requireApprovable(session, id) {
      const shown = await deps.seeRequests.find(session, id)
      const { fault, approvingFault } = shown
      if (fault !== undefined) throw fault
      requireAsked(shown)
      // The trip is a sign-in, which reads the groups anew.
      if (approvingFault !== undefined && approvingFault.values['why'] !== OLD_GROUPS) throw approvingFault
      return shown
    },

    async approve(which, { seconds: chosen, note, stepUp }) {
      const shown = await answerable(which)
      if (shown.approvingFault !== undefined) return refuse(which, shown.request, shown.approvingFault)
      const most = Math.min(shown.request.seconds, mostSecondsOf(shown.wanted))
      const seconds = grantableSeconds(chosen, most)
      // Too late: the trip to their IdP must not be for that.
      if (!isOpen(shown.request, deps.now())) throw unmet('request_over')
      // Their word opens a role by their groups, as a hand-over does.
      await deps
        .recheckGroups(which.session, which.request)
        .catch((thrown: unknown) => refuse(which, shown.request, asRolegateError(thrown)))
      await noteAnswer(which, shown.request, seconds)
      if (shown.takesStepUp) await useStepUp(which, shown, stepUp)
      const answer = answerOf(which, shown, note)
      const used = shown.takesStepUp && stepUp !== undefined ? { stepUp } : {}
      const taken = await take(which.id, {
        kind: 'approve',
        answer,
        allGroups: which.session.principal.groups.names,
        seconds,
        ...used,
      })
      // On record, and durably so, before it opens anything.
      await record('request_approved', which, taken, used).catch(async (thrown: unknown) => {
        await take(which.id, { kind: 'unrecorded', word: answer }).catch(() => undefined)
        throw thrown
      })
      await take(which.id, { kind: 'recorded', word: answer })
      await close(taken)
    },

    async deny(which, { note }) {
      const shown = await answerable(which)
      await noteAnswer(which, shown.request)
      const denied = await take(which.id, { kind: 'deny', answer: answerOf(which, shown, note) })
      await close(denied)
      await record('request_denied', which, denied)
    },

    async cancel(which) {
      const { isOwn: mine } = await deps.seeRequests.find(which.session, which.id)
      if (!mine) throw unmet('not_own_request')
      const cancelled = await take(which.id, { kind: 'cancel' })
      await close(cancelled)
      await record('request_cancelled', which, cancelled)
    },

    async end(which) {
      const { isOwn: mine, fault, request } = await deps.seeRequests.find(which.session, which.id)
      if (!mine && fault !== undefined) return refuse(which, request, fault)
      const ended = await take(which.id, { kind: 'end', by: personIn(which.session.principal) })
      await record('approval_ended', which, ended)
    },
  }
}

/** Fails unless it waits for an answer, and for one that somebody can give. */
function requireAsked({ standing, because }: ShownRequest): void {
  if (standing === 'asked') return
  if (standing === 'moot' && because !== undefined) throw because
  throw unmet(standing === 'expired' ? 'request_expired' : 'request_over')
}
