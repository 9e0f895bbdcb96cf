import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import type { Approval } from '../../domain/entitlement/requirement.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import { approvingGroups, mayApproveAny, targetOf, wantedNow } from '../../domain/request/approver.ts'
import { isWhole, makeMightAnswer, openRequestOf, type OpenRequest } from '../../domain/request/open-request.ts'
import { isAnsweredBy, isOwn, personIn, type RoleRequest, type Weighed } from '../../domain/request/role-request.ts'
import { samePersonFault } from '../../domain/request/same-person.ts'
import { isDenied } from '../../domain/request/worth.ts'
import { requireSessionMay, sessionFault, unfitFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Digest, GiveWay, LimitRate, Now } from '../ports.ts'
import type { AnsweredRequests, OpenRequests, Requests } from '../ports/tables.ts'
import { OPEN } from './open-requests.ts'
import { answersOwner, requestsOwner, type WeighRequest } from './requests-of.ts'

/** Of a list, what is shown of it at once: none of them is ever read whole. */
const REQUESTS_SHOWN = 50
/** So many rows are looked at before others have their turn. */
const IN_ONE_GO = 500

/** A request as somebody sees it whom it concerns. */
export type ShownRequest = Weighed & {
  readonly isOwn: boolean
  /** The role, as the file has it now; absent once it has it no more. */
  readonly target?: RoleTarget
  /** Whose word it takes, by the file as it is now. */
  readonly wanted: readonly Approval[]
  /** Why whoever looks may not answer it themselves; absent when they may. */
  readonly fault?: RolegateError
  /** Why a yes of theirs would not do now, where a no would: it only closes. */
  readonly approvingFault?: RolegateError
  /** Whether whoever approves it shows anew who they are, as for a hand-over of it (threats.md H8). */
  readonly takesStepUp: boolean
}

/** Words that what waits has to hold, and the page of what is found; and the page of what one answered. */
type RequestsAsked = { readonly question?: string; readonly page?: number; readonly answeredPage?: number }

type ListedRequests = {
  /** One's own, the newest of them, the newest first; and how many there are. */
  readonly own: readonly ShownRequest[]
  readonly ownCount: number
  /** What one answered, and might still answer: the page asked for, the newest first; and whether there are older ones. */
  readonly answered: readonly ShownRequest[]
  readonly answeredMore: boolean
  readonly answeredPage: number
  readonly answeredPageCount: number
  /** Of what others wait for and one might answer the page asked for, the oldest first. */
  readonly waiting: readonly ShownRequest[]
  /** Of those that hold the words. */
  readonly waitingCount: number
  readonly page: number
  readonly pageCount: number
}

export type SeeRequests = {
  /** Whoever asked, and whoever might answer, may see it; to all others it is `not_found`. */
  find(session: GatewaySession, id: string): Promise<ShownRequest>
  list(session: GatewaySession, asked?: RequestsAsked): Promise<ListedRequests>
}

/** What people have asked for, for those whom it concerns. Fails with `not_found`, or as every look does. */
export function makeSeeRequests(deps: {
  rules: CurrentRules
  requests: Pick<Requests, 'get' | 'listByOwner'>
  openRequests: Pick<OpenRequests, 'listByOwner'>
  answeredRequests: Pick<AnsweredRequests, 'listByOwner'>
  requestsOf: WeighRequest
  closing: DeviceClosing
  limitRate: LimitRate
  digest: Digest
  giveWay: GiveWay
  now: Now
}): SeeRequests {
  function look(session: GatewaySession, request: RoleRequest, index: RuleIndex): ShownRequest {
    const target = targetOf(request, index)
    const wanted = (target && wantedNow(index, target, request)) ?? []
    const fault = target === undefined ? unmet('request_moot') : faultOf(session, request, { index, target, wanted })
    const approvingFault = target === undefined || fault !== undefined ? undefined : approvingFaultOf(session, target)
    const mine = isOwn(request, session.principal)
    return {
      ...deps.requestsOf.weigh(request, mine ? session.principal : undefined),
      isOwn: mine,
      ...(target !== undefined && { target }),
      wanted,
      ...(fault !== undefined && { fault }),
      ...(approvingFault !== undefined && { approvingFault }),
      takesStepUp: target?.kind.elevated === true,
    }
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
    const sameFault = samePersonFault(request.person, personIn(principal), index.mapping)
    if (sameFault !== undefined) return sameFault
    // threats.md R5: who knows which group of theirs is missing.
    if (principal.groups.state !== 'stated') return new RolegateError('groups_truncated')
    if (isDenied(index, principal, target, deps.now())) return unmet('approver_denied')
    return sessionFault(session, { kind: 'approve-role' }, deps.now())
  }

  /** A yes counts at every gateway, for as long as this one's clock and by what its rules say (threats.md F10, R9), and opens a role by groups (I7). */
  function approvingFaultOf(session: GatewaySession, target: RoleTarget): RolegateError | undefined {
    const { stopped, oldestGroupsSeconds } = deps.closing.takeRole(target, 'credentials')
    return unfitFault(stopped) ?? sessionFault(session, { kind: 'approve-role', oldestGroupsSeconds }, deps.now())
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

  async function openRows(): Promise<readonly OpenRequest[]> {
    const rows = await deps.openRequests.listByOwner(OPEN)
    const older = rows.filter((row) => !isWhole(row))
    if (older.length === 0) return rows
    const whole = rows.filter(isWhole)
    await inPieces(older, async (piece) => {
      const requests = await Promise.all(piece.map(({ id }) => deps.requests.get(id)))
      whole.push(...requests.flatMap((request) => (request ? openRequestOf(request) : [])))
    })
    return whole
  }

  /** A long list holds nobody up. */
  async function inPieces<Row>(rows: readonly Row[], take: (piece: readonly Row[]) => unknown): Promise<void> {
    for (let at = 0; at < rows.length; at += IN_ONE_GO) {
      if (at > 0) await deps.giveWay()
      await take(rows.slice(at, at + IN_ONE_GO))
    }
  }

  /** Everybody's are read for those alone who may answer one: a small row each, and of the page's the requests themselves. */
  async function waitingFor(
    session: GatewaySession,
    index: RuleIndex,
    { question = '', page: asked = 1 }: RequestsAsked,
  ) {
    const { principal } = session
    const open = mayApproveAny(index, principal) ? await openRows() : []
    const mightAnswer = makeMightAnswer({ ...deps.requestsOf.scales(), index }, principal, question)
    const found: OpenRequest[] = []
    await inPieces(open, (piece) => found.push(...piece.filter(mightAnswer)))
    found.sort((a, b) => a.askedAt.getTime() - b.askedAt.getTime())
    const { onPage, page, pageCount } = pageOf(found, asked)
    const requests = await Promise.all(onPage.map(({ id }) => deps.requests.get(id)))
    const waiting = requests
      .flatMap((request) => (request === undefined ? [] : look(session, request, index)))
      .filter((shown) => !shown.isOwn && shown.standing === 'asked' && concerns(session, shown))
    return { waiting, waitingCount: found.length, page, pageCount }
  }

  /** Their own words alone, and none on what is not theirs to see any more: its approvers and its rules are others' affair by now. */
  async function answeredBy(session: GatewaySession, index: RuleIndex, asked = 1) {
    const { principal } = session
    const rows = await deps.answeredRequests.listByOwner(answersOwner(principal, deps.digest))
    const { onPage, page, pageCount } = pageOf(
      rows.toSorted((a, b) => b.answeredAt.getTime() - a.answeredAt.getTime()),
      asked,
    )
    const requests = await Promise.all(onPage.map(({ id }) => deps.requests.get(id)))
    const answered = requests
      .flatMap((request) => (request && isAnsweredBy(request, principal) ? look(session, request, index) : []))
      .filter((shown) => concerns(session, shown))
    return { answered, answeredMore: page < pageCount, answeredPage: page, answeredPageCount: pageCount }
  }

  return {
    find,

    async list(session, asked = {}) {
      await requireMayLook(session)
      const index = deps.rules()
      const rows = await deps.requests.listByOwner(requestsOwner(session.principal, deps.digest))
      const own = rows
        .filter((request) => isOwn(request, session.principal))
        .toSorted((a, b) => b.askedAt.getTime() - a.askedAt.getTime())
      return {
        own: own.slice(0, REQUESTS_SHOWN).map((request) => look(session, request, index)),
        ownCount: own.length,
        ...(await answeredBy(session, index, asked.answeredPage)),
        ...(await waitingFor(session, index, asked)),
      }
    },
  }
}

function pageOf<Row>(rows: readonly Row[], asked: number) {
  const pageCount = Math.max(1, Math.ceil(rows.length / REQUESTS_SHOWN))
  const page = Math.min(Math.max(1, asked), pageCount)
  return { onPage: rows.slice((page - 1) * REQUESTS_SHOWN, page * REQUESTS_SHOWN), page, pageCount }
}

/**
 * Whoever asked, and whoever the file as it is now names to answer. What it wants no word for any more, since somebody has edited it,
 * concerns nobody else: there is no telling who might have answered.
 */
const concerns = ({ principal }: GatewaySession, { isOwn: mine, wanted, request }: ShownRequest): boolean =>
  mine || (request.status !== 'asking' && wanted.length > 0 && approvingGroups(principal, wanted) !== undefined)

const notFound = () => new RolegateError('not_found', { what: 'request' })
