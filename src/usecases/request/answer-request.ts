import type { RequestFacts } from '../../domain/audit/event.ts'
import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import type { Approval } from '../../domain/entitlement/requirement.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import { approvingGroups, goodUntil, mayApproveAny, targetOf, wantedNow } from '../../domain/request/approver.ts'
import { answerForRecord, askedForRecord } from '../../domain/request/on-record.ts'
import {
  afterStep,
  grantableSeconds,
  isApproved,
  isOwn,
  keptUntil,
  mostSecondsOf,
  personIn,
  SHOWN_SECONDS,
  standingOf,
  type Answer,
  type RoleRequest,
  type RequestStanding,
  type Step,
} from '../../domain/request/role-request.ts'
import { mayBeSamePerson } from '../../domain/request/same-person.ts'
import { OLD_GROUPS, requireSessionMay, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import { ELEVATED, stepUpRequired } from '../../domain/sign-in/step-up.ts'
import type { Audit, CurrentRules, Digest, LimitRate, Now, OpenRequests, Requests } from '../ports.ts'
import type { ConfirmStepUp } from '../step-up/confirm-step-up.ts'
import { closeOpenRequest, OPEN, openRequestKey } from './open-requests.ts'
import { isDenied, requestsOwner, type Forfeits } from './requests-of.ts'

/** A request as somebody sees it whom it concerns. */
export type ShownRequest = {
  readonly request: RoleRequest
  /** By the rules in force: `void` is what was approved and counts no more, though its time is not over. */
  readonly standing: RequestStanding | 'void'
  /** Until when what was approved counts, by the same. */
  readonly until?: Date
  /** Why it is void. */
  readonly voidBecause?: RolegateError
  readonly isOwn: boolean
  /** The role, as the file has it now; absent once it has it no more. */
  readonly target?: RoleTarget
  /** Whose word it takes, by the file as it is now. */
  readonly wanted: readonly Approval[]
  /** Why whoever looks may not answer it themselves; absent when they may. */
  readonly fault?: RolegateError
  /** Whether whoever approves it shows anew who they are, as for a hand-over of it (threats.md H8). */
  readonly takesStepUp: boolean
}

type Which = { readonly session: GatewaySession; readonly id: string; readonly request: RequestFacts }

export type AnswerRequest = {
  /** Whoever asked, and whoever might answer, may see it; to all others it is `not_found`. */
  find(session: GatewaySession, id: string): Promise<ShownRequest>
  /** One's own, the newest first; and what others wait for, of those one might answer, the oldest first. */
  list(
    session: GatewaySession,
  ): Promise<{ readonly own: readonly ShownRequest[]; readonly waiting: readonly ShownRequest[] }>
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
  rules: CurrentRules
  requests: Requests
  openRequests: OpenRequests
  requestsOf: Forfeits
  confirmStepUp: Pick<ConfirmStepUp, 'useToApprove'>
  closing: DeviceClosing
  audit: Audit
  /** Names the rules in force, for the record. */
  configHash: string
  limitRate: LimitRate
  digest: Digest
  now: Now
}): AnswerRequest {
  function look(session: GatewaySession, request: RoleRequest, index: RuleIndex): ShownRequest {
    const target = targetOf(request, index)
    const wanted = (target && wantedNow(index, target, request)) ?? []
    const fault = target === undefined ? unmet('request_moot') : faultOf(session, request, { index, target, wanted })
    return {
      request,
      ...standingNow(request, target, wanted),
      isOwn: isOwn(request, session.principal),
      ...(target !== undefined && { target }),
      wanted,
      ...(fault !== undefined && { fault }),
      takesStepUp: target?.kind.elevated === true,
    }
  }

  /** What a hand-over would say of it: a request must not look open that opens nothing. */
  function standingNow(
    request: RoleRequest,
    target: RoleTarget | undefined,
    wanted: readonly Approval[],
  ): Pick<ShownRequest, 'standing' | 'until' | 'voidBecause'> {
    const now = deps.now()
    if (!isApproved(request, now)) return { standing: standingOf(request, now) }
    if (target === undefined || wanted.length === 0) return { standing: 'void', voidBecause: unmet('request_moot') }
    const until = goodUntil(request, wanted)
    if (until === undefined || deps.requestsOf.isForfeit(request))
      return { standing: 'void', voidBecause: unmet('approver_no_more') }
    return now < until ? { standing: 'approved', until } : { standing: 'ended' }
  }

  /** Why this session may not answer what concerns it. */
  function faultOf(
    session: GatewaySession,
    request: RoleRequest,
    about: { readonly index: RuleIndex; readonly target: RoleTarget; readonly wanted: readonly Approval[] },
  ): RolegateError | undefined {
    const { index, target, wanted } = about
    const { principal } = session
    if (wanted.length === 0) return unmet('request_moot')
    if (isOwn(request, principal)) return unmet('own_request')
    if (mayBeSamePerson(request.person, personIn(principal))) return unmet('own_request')
    // threats.md R5: who knows which group of theirs is missing.
    if (principal.groups.state !== 'stated') return new RolegateError('groups_truncated')
    if (isDenied(index, principal, target, deps.now())) return unmet('approver_denied')
    const { oldestGroupsSeconds } = deps.closing.takeRole(target, 'credentials')
    return sessionFault(session, { kind: 'approve-role', oldestGroupsSeconds }, deps.now())
  }

  /** People alone look at requests: a job asks for nothing, and answers nothing (threats.md R3). */
  async function requireMayLook(session: GatewaySession): Promise<void> {
    requireSessionMay(session, { kind: 'look' }, deps.now())
    if (session.principal.workload === true) throw unmet('requests_for_people')
    await deps.limitRate(`look-at-requests:${session.id}`, 120, 60)
  }

  async function find(session: GatewaySession, id: string): Promise<ShownRequest> {
    await requireMayLook(session)
    const request = await deps.requests.get(id)
    const shown = request && look(session, request, deps.rules())
    if (shown === undefined || !concerns(session, shown)) throw notFound()
    return shown
  }

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
    const shown = await find(session, id)
    if (shown.fault !== undefined) return refuse(which, shown.request, shown.fault)
    if (shown.standing === 'expired') {
      const { principal } = session
      if (await isFirst(`expired-request:${id}`, SHOWN_SECONDS))
        await deps.audit({ event: 'request_expired', request: from, principal, session, ...about(shown.request) })
      throw unmet('request_expired')
    }
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

  /** Exactly one of those who race moves it on. */
  async function take(id: string, step: Step): Promise<RoleRequest> {
    const next = await deps.requests.update(id, (kept) => {
      const moved = afterStep(kept, step, deps.now())
      const row = moved ?? kept
      return {
        next: row,
        answer: moved,
        keep: { expiresAt: keptUntil(row), owner: requestsOwner(row.person, deps.digest) },
      }
    })
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
    find,

    async list(session) {
      await requireMayLook(session)
      const index = deps.rules()
      const own = await deps.requests.listByOwner(requestsOwner(session.principal, deps.digest))
      // Everybody's are read for those alone who may answer one.
      const open = mayApproveAny(index, session.principal) ? await deps.openRequests.listByOwner(OPEN) : []
      const others = await Promise.all(open.map(({ id }) => deps.requests.get(id)))
      const waiting = others
        .flatMap((request) => (request === undefined ? [] : look(session, request, index)))
        .filter((shown) => !shown.isOwn && shown.standing === 'asked' && concerns(session, shown))
      return {
        own: own
          .filter((request) => isOwn(request, session.principal))
          .map((request) => look(session, request, index))
          .toSorted((a, b) => b.request.askedAt.getTime() - a.request.askedAt.getTime()),
        waiting: waiting.toSorted((a, b) => a.request.askedAt.getTime() - b.request.askedAt.getTime()),
      }
    },

    async requireApprovable(session, id) {
      const shown = await find(session, id)
      // The trip is a sign-in, which reads the groups anew.
      if (shown.fault !== undefined && shown.fault.values['why'] !== OLD_GROUPS) throw shown.fault
      if (shown.standing !== 'asked') throw unmet(shown.standing === 'expired' ? 'request_expired' : 'request_over')
      return shown
    },

    async approve(which, { seconds: chosen, note, stepUp }) {
      const shown = await answerable(which)
      const most = Math.min(shown.request.seconds, mostSecondsOf(shown.wanted))
      const seconds = grantableSeconds(chosen, most)
      if (seconds === undefined) throw new RolegateError('invalid_request', { field: 'seconds' })
      if (shown.takesStepUp) await useStepUp(which, shown, stepUp)
      const answer = answerOf(which, shown, note)
      const by = answer.answeredBy
      const taken = await take(which.id, {
        kind: 'approve',
        answer,
        allGroups: which.session.principal.groups.names,
        seconds,
      })
      // On record, and durably so, before it opens anything.
      const used = shown.takesStepUp && stepUp !== undefined ? { stepUp } : {}
      await record('request_approved', which, taken, used).catch(async (thrown: unknown) => {
        await take(which.id, { kind: 'unrecorded', by }).catch(() => undefined)
        throw thrown
      })
      await take(which.id, { kind: 'recorded', by })
      await close(taken)
    },

    async deny(which, { note }) {
      const shown = await answerable(which)
      const denied = await take(which.id, { kind: 'deny', answer: answerOf(which, shown, note) })
      await close(denied)
      await record('request_denied', which, denied)
    },

    async cancel(which) {
      const { isOwn: mine } = await find(which.session, which.id)
      if (!mine) throw unmet('not_own_request')
      const cancelled = await take(which.id, { kind: 'cancel' })
      await close(cancelled)
      await record('request_cancelled', which, cancelled)
    },

    async end(which) {
      const { isOwn: mine, fault, request } = await find(which.session, which.id)
      if (!mine && fault !== undefined) return refuse(which, request, fault)
      const ended = await take(which.id, { kind: 'end', by: personIn(which.session.principal) })
      await record('approval_ended', which, ended)
    },
  }
}

/**
 * Whoever asked, and whoever the file as it is now names to answer. What it wants no word for any more, since somebody has edited it,
 * concerns nobody else: there is no telling who might have answered.
 */
const concerns = ({ principal }: GatewaySession, { isOwn: mine, wanted, request }: ShownRequest): boolean =>
  mine || (request.status !== 'asking' && wanted.length > 0 && approvingGroups(principal, wanted) !== undefined)

const unmet = (condition: string) => new RolegateError('condition_unmet', { condition }, { reason: condition })
const notFound = () => new RolegateError('not_found', { what: 'request' })
