import type { RequestFacts } from '../../domain/audit/facts.ts'
import { decide, requireEntitlement, type Entitlement } from '../../domain/entitlement/decide.ts'
import { LEAST_SECONDS, secondsLeft } from '../../domain/entitlement/duration.ts'
import type { Approval } from '../../domain/entitlement/requirement.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import { requireVisibleRole } from '../../domain/entitlement/visible-role.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import { askingFault } from '../../domain/request/asking.ts'
import { openRequestOf } from '../../domain/request/open-request.ts'
import { askedForRecord } from '../../domain/request/on-record.ts'
import {
  grantableSeconds,
  isOwn,
  isUnrecorded,
  keptUntil,
  MOST_WAITING,
  mostSecondsOf,
  personIn,
  type Person,
  REQUEST_SECONDS,
  type RoleRequest,
} from '../../domain/request/role-request.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import { circumstancesOf } from '../entitlement/circumstances.ts'
import type { Audit, CurrentRules, Digest, LimitRate, Now, RandomText } from '../ports.ts'
import type { OpenRequests, Requests } from '../ports/tables.ts'
import { moveRequest } from './move-request.ts'
import { closeOpenRequest, OPEN, openRequestKey } from './open-requests.ts'
import { requestsOwner, type RequestsOf, type WeighRequest } from './requests-of.ts'

export type AskForRole = (input: {
  readonly session: GatewaySession
  /** `alias/role`, `123456789012/role` or a role ARN. */
  readonly role: string
  readonly reason: string
  /** For how long; absent, or longer than the role gives: as long as it gives. */
  readonly seconds?: number
  readonly request: RequestFacts
}) => Promise<Asked>

/** `waited`: where it is an older one, which somebody may still answer. */
type Asked = RoleRequest & { readonly waited?: true }

type Asking = { readonly wanted: readonly Approval[]; readonly person: Person }
/** The request that stands in the place of a new one, where there still is one; and the same again where it waits for an answer. */
type Before = { readonly id: string; readonly request?: RoleRequest; readonly waits?: RoleRequest }

/**
 * Asks for a role that takes somebody's approval. Who waits for an answer already is given that request again, as it was asked.
 * Fails as a hand-over of a role that is not theirs does, with `condition_unmet` where nothing has to be approved, and with
 * `rate_limited`.
 */
export function makeAskForRole(deps: {
  rules: CurrentRules
  requests: Requests
  openRequests: OpenRequests
  requestsOf: RequestsOf & WeighRequest
  audit: Audit
  /** Names the rules in force, for the record. */
  configHash: string
  limitRate: LimitRate
  digest: Digest
  randomText: RandomText
  now: Now
}): AskForRole {
  type Input = Parameters<AskForRole>[0]

  async function held({ session, role, request }: Input): Promise<Entitlement> {
    const target = requireVisibleRole(deps.rules(), session.principal, role)
    const requests = await deps.requestsOf.about(session.principal, target)
    const circumstances = circumstancesOf(session, request, deps.now(), { requests })
    const decision = decide(deps.rules(), session.principal, target, circumstances)
    return 'entitlement' in decision
      ? decision.entitlement
      : requireEntitlement(deps.rules(), session.principal, target, circumstances)
  }

  /** What takes somebody's word, and who asks for it. */
  function requireAskable({ principal }: GatewaySession, { requires }: Entitlement): Asking {
    const wanted = requires.flatMap((requirement) => requirement.approval ?? [])
    if (wanted.length === 0) throw unmet('no_approval_needed')
    // What waits is counted once the new one is among it.
    const fault = askingFault(principal, deps.rules().mapping)
    if (fault !== undefined) throw fault
    return { wanted, person: personIn(principal) }
  }

  function wishFor(
    { reason, seconds: asked }: Input,
    entitlement: Entitlement,
    { wanted, person }: Asking,
  ): RoleRequest {
    const { target, via, approval } = entitlement
    // The last minutes of one are no reason to wait with the next.
    if (approval !== undefined && !lacksApproval(entitlement) && secondsLeft({ approval }, deps.now()) >= LEAST_SECONDS)
      throw unmet('approved_already')
    const seconds = grantableSeconds(asked, mostSecondsOf(wanted))
    const now = deps.now()
    const [used = { rule: '', group: null }] = via
    return {
      id: `req-${deps.randomText(96)}`,
      person,
      role: target.name,
      roleId: roleIdOf(target),
      wanted: wanted.map(({ of }) => of),
      via: used,
      reason,
      seconds,
      askedAt: now,
      expiresAt: new Date(now.getTime() + REQUEST_SECONDS * 1000),
      status: 'asking',
    }
  }

  /**
   * threats.md P7: nobody fills what others have to look through. Counted with the new one among them, so that a race lets none more
   * in, and without the one in whose place it comes.
   */
  async function requireFew({ principal }: GatewaySession, owner: string, replaced: string | undefined): Promise<void> {
    const own = await deps.requests.listByOwner(owner)
    const waits = own.filter(
      (row) => row.id !== replaced && isOwn(row, principal) && deps.requestsOf.weigh(row).standing === 'asked',
    )
    if (waits.length > MOST_WAITING) throw unmet('too_many_requests')
  }

  async function forget(key: string, id: string): Promise<void> {
    await closeOpenRequest(deps, key, id)
    await deps.requests.delete(id)
  }

  /** What was asked before by this person for this role, and whether somebody may still answer it. */
  async function inPlace(key: string, { personKey }: Person): Promise<Before | undefined> {
    const open = await deps.openRequests.get(key)
    if (open === undefined) return undefined
    const request = await deps.requests.get(open.id)
    if (request === undefined) return { id: open.id }
    const { person } = request
    const waits =
      deps.requestsOf.weigh(request).standing === 'asked' &&
      !isUnrecorded(request, deps.now()) &&
      // What is held against whoever answers is what their IdP says of them now (threats.md I3).
      (personKey === undefined ||
        (personKey.claim === person.personKey?.claim && personKey.value === person.personKey.value))
    return { id: open.id, request, ...(waits && { waits: request }) }
  }

  /** What a crash left behind is in nobody's way, and what nobody can answer any more comes back to life by no change of the rules. */
  async function makeWay({ session, request: from }: Input, key: string, { id, request }: Before): Promise<void> {
    if (request?.status === 'asking') await deps.requests.delete(id)
    const cancelled = await moveRequest(deps, id, { kind: 'cancel' })
    await closeOpenRequest(deps, key, id)
    if (cancelled === undefined) return
    const { principal } = session
    const about = { ...askedForRecord(cancelled), configHash: deps.configHash }
    await deps.audit({ event: 'request_cancelled', request: from, principal, session, ...about })
  }

  return async function askForRole(input) {
    const { session, request } = input
    const { principal } = session
    requireSessionMay(session, { kind: 'look' }, deps.now())
    if (principal.workload === true) throw unmet('requests_for_people')
    await deps.limitRate(`request:${deps.digest(identityOf(principal))}`, 20, 3_600)
    const entitlement = await held(input)
    const about = requireAskable(session, entitlement)
    const { person } = about
    const key = openRequestKey({ person, roleId: roleIdOf(entitlement.target) })
    const before = await inPlace(key, person)
    if (before?.waits !== undefined) return again(before.waits)
    const wish = wishFor(input, entitlement, about)
    const keep = { expiresAt: keptUntil(wish), owner: requestsOwner(principal, deps.digest) }
    await deps.requests.put(wish.id, wish, keep)
    // Who may not ask anew keeps what they have.
    const room = async () => {
      await requireFew(session, keep.owner, before?.id)
      if (before !== undefined) await makeWay(input, key, before)
    }
    await room().catch(async (thrown: unknown) => {
      await deps.requests.delete(wish.id)
      throw thrown
    })
    const isFirst = await deps.openRequests.createIfAbsent(key, openRequestOf(wish), {
      expiresAt: wish.expiresAt,
      owner: OPEN,
    })
    if (!isFirst) {
      // Of those who ask at once for the same, one is answered, and on record.
      await deps.requests.delete(wish.id)
      return again((await inPlace(key, person))?.waits ?? raced())
    }
    const { configHash } = deps
    const record = {
      event: 'role_requested',
      request,
      principal,
      session,
      ...askedForRecord(wish),
      configHash,
    } as const
    await deps.audit(record).catch(async (thrown: unknown) => {
      await forget(key, wish.id).catch(() => undefined)
      throw thrown
    })
    // On record, and durably so, before anybody else can see it.
    return (await moveRequest(deps, wish.id, { kind: 'asked' })) ?? raced()
  }
}

const again = (request: RoleRequest): Asked => ({ ...request, waited: true })

const lacksApproval = ({ unmet }: Entitlement): boolean => unmet.some(({ condition }) => condition === 'approval')

function raced(): never {
  throw new RolegateError('store_unavailable', {}, { reason: 'raced' })
}
