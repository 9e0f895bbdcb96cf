import { digest } from '../../src/adapters/store/keys.ts'
import { makeLimitRate } from '../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import { giveWay } from '../../src/compose/chance.ts'
import type { AuditEvent } from '../../src/domain/audit/event.ts'
import { closingBy } from '../../src/domain/device/closing.ts'
import { decide } from '../../src/domain/entitlement/decide.ts'
import type { RoleKind } from '../../src/domain/entitlement/rule.ts'
import type { Approval } from '../../src/domain/entitlement/requirement.ts'
import { OPEN_REQUEST_DATES, openRequestOf, type OpenRequest } from '../../src/domain/request/open-request.ts'
import { MOST_WAITING, REQUEST_DATES, type RoleRequest } from '../../src/domain/request/role-request.ts'
import type { GatewaySession } from '../../src/domain/sign-in/session.ts'
import { STEP_UP_DATES } from '../../src/domain/sign-in/step-up.ts'
import type { Store } from '../../src/usecases/ports/store.ts'
import type { AnsweredRequests, OpenRequests, Requests, StepUps } from '../../src/usecases/ports/tables.ts'
import { makeAnswerRequest } from '../../src/usecases/request/answer-request.ts'
import { makeAskForRole } from '../../src/usecases/request/ask-for-role.ts'
import { makeConfirmStepUp } from '../../src/usecases/step-up/confirm-step-up.ts'
import { makeFinishStepUp } from '../../src/usecases/step-up/finish-step-up.ts'
import { makeSeeRequests } from '../../src/usecases/request/see-requests.ts'
import { OPEN, openRequestKey } from '../../src/usecases/request/open-requests.ts'
import { makeRequestsOf, requestsOwner } from '../../src/usecases/request/requests-of.ts'
import { anAccount, anIndex, aRoleKind, aRule, aTarget } from './a-mapping.ts'
import { aPrincipal } from './a-principal.ts'
import { aLead, aRoleRequest } from './a-role-request.ts'
import { aClock, aMoment, aRequest, aSession } from './a-session.ts'
import { anEmergency } from './an-emergency.ts'

export const BY_LEADS: Approval = { of: 'role admin', idp: 'entra', groups: ['leads'], validSeconds: 4 * 3600 }

/** Alice may be admin in production once a lead has said so. */
export const indexAsking = (
  approval: Approval = BY_LEADS,
  rules = [aRule({ roles: ['admin', 'dev'] })],
  admin: Partial<RoleKind> = {},
  personKeys: ReadonlyMap<string, string> = new Map(),
) =>
  anIndex({
    personKeys,
    roles: [
      aRoleKind(),
      aRoleKind({
        key: 'admin',
        roleName: 'rolegate/Admin',
        maxSeconds: 12 * 3600,
        requires: [{ approval }],
        ...admin,
      }),
    ],
    rules,
  })

/** Alice waits for as many roles as she may, each of another account; there is one account more. */
export function muchAsked() {
  const accounts = Array.from({ length: MOST_WAITING + 1 }, (_, at) =>
    anAccount({ alias: `team-${at}`, id: String(100_000_000_000 + at) }),
  )
  const aliases = accounts.map(({ alias }) => alias)
  const admin = aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', requires: [{ approval: BY_LEADS }] })
  const index = anIndex({ accounts, roles: [admin], rules: [aRule({ accounts: aliases, roles: ['admin'] })] })
  const requests = aliases.slice(0, MOST_WAITING).map((alias, at) => {
    const role = `${alias}/admin`
    return aRoleRequest({ id: `req-${at}`, role, roleId: aTarget(index, role).arn })
  })
  return { index, requests }
}

/** Requests over a real store; `world` is what a test turns. Replicas share a store and a clock. */
export function aRequestWorld(clock = aClock(), store: Store = makeMemoryStore({ now: clock.now })) {
  const { now } = clock
  const recorded: AuditEvent[] = []
  const emergency = anEmergency()
  const world = {
    index: indexAsking(),
    /** What `idps` says of each. */
    issuer: 'https://idp.example.com/tenant',
    subjectClaim: 'sub',
    /** What the directory of those who ask is called; `okta` is there as well. */
    label: 'entra',
    closing: closingBy({ console: true, except: new Set() }),
    onAudit: async (_event: AuditEvent): Promise<void> => undefined,
    /** What their directory says by now. */
    recheck: async (_session: GatewaySession): Promise<void> => undefined,
    /** Before a request stops waiting. */
    onClose: async (): Promise<void> => undefined,
    reads: 0,
    /** How many requests were read one by one. */
    gets: 0,
    /** How often others had their turn while something long went on. */
    turns: 0,
    /** How often everybody's requests were looked for. */
    looks: 0,
  }
  const requests = makeTable<RoleRequest>(store, 'requests', REQUEST_DATES) as Requests
  const openRequests = makeTable<OpenRequest>(store, 'open-requests', OPEN_REQUEST_DATES) as OpenRequests
  const answeredRequests: AnsweredRequests = makeTable(store, 'answered-requests', ['answeredAt'])
  const counted: Requests = {
    ...requests,
    get: async (id) => ((world.gets += 1), requests.get(id)),
    listByOwner: async (owner) => ((world.reads += 1), requests.listByOwner(owner)),
  }
  const countedOpen: OpenRequests = {
    ...openRequests,
    update: async (key, change) => {
      await world.onClose()
      return openRequests.update(key, change)
    },
    listByOwner: async (owner) => ((world.looks += 1), openRequests.listByOwner(owner)),
  }
  let ids = 0
  const rules = () => emergency.over(world.index)
  const shared = { rules, requests: counted, openRequests: countedOpen, answeredRequests, digest, now }
  const requestsOf = makeRequestsOf({
    ...shared,
    emergency,
    issuerOf: (idp) =>
      [world.label, 'okta'].includes(idp) ? { issuer: world.issuer, subjectClaim: world.subjectClaim } : undefined,
  })
  const deps = {
    ...shared,
    configHash: 'c0ffee',
    requestsOf,
    closing: {
      ...world.closing,
      takeRole: (...asked: Parameters<typeof world.closing.takeRole>) => world.closing.takeRole(...asked),
    },
    async audit(event: AuditEvent) {
      await world.onAudit(event)
      recorded.push(event)
    },
    limitRate: makeLimitRate({ store, now }),
    randomText: () => `id-${(ids += 1)}-${Math.random().toString(36).slice(2)}`,
  }
  const stepUps = makeTable(store, 'step-ups', STEP_UP_DATES) as StepUps
  const confirmStepUp = makeConfirmStepUp({
    ...deps,
    stepUps,
    planHandOver: { plan: () => Promise.reject(new Error('nobody takes a role here')) },
    nameNetwork: () => undefined,
    crossNetwork: 'downgrade',
  })
  const { grant } = makeFinishStepUp({ ...deps, stepUps, findSession: async () => undefined })
  const seeRequests = makeSeeRequests({ ...deps, giveWay: async () => ((world.turns += 1), giveWay()) })
  const askForRole = makeAskForRole(deps)
  const alice = aSession()
  const lead = aSession({ id: 'session-2', principal: aLead() })
  const ask = (changes: Partial<Parameters<typeof askForRole>[0]> = {}) =>
    askForRole({ session: alice, role: 'payments-prod/admin', reason: 'INC-1', request: aRequest(), ...changes })
  const by = (session: GatewaySession, id: string) => ({ session, id, request: aRequest() })

  return {
    clock,
    world,
    emergency,
    recorded,
    requests,
    openRequests,
    stepUps,
    requestsOf,
    alice,
    lead,
    ask,
    by,
    confirmStepUp,
    answers: {
      ...makeAnswerRequest({
        ...deps,
        confirmStepUp,
        seeRequests,
        recheckGroups: async (session) => world.recheck(session),
      }),
      ...seeRequests,
    },
    /** This person is back from their IdP, where they showed anew who they are, to approve this. */
    async prove(session: GatewaySession, { id: approval, role, roleId }: RoleRequest, stepUp = 'T'.repeat(22)) {
      const purpose = { role, roleArn: roleId, approval }
      const trip = { id: stepUp, purpose, sessionId: session.id, startedAt: now(), gives: 'approval' } as const
      const { principal } = session
      const authentication = { authenticatedAt: now() }
      await grant({ trip, principal, authentication, needsMfa: false, request: aRequest() }, session)
      return stepUp
    },
    /** As if it had been asked for at some time. */
    async keep(request: RoleRequest) {
      const { expiresAt } = request
      await requests.put(request.id, request, { expiresAt, owner: requestsOwner(request.person, digest) })
      await openRequests.put(openRequestKey(request), openRequestOf(request), { expiresAt, owner: OPEN })
    },
    /** Whether Alice may take it now. */
    async isOpen(principal = aPrincipal()) {
      const target = aTarget(rules(), 'payments-prod/admin')
      const found = await requestsOf.about(principal, target)
      return decide(rules(), principal, target, aMoment({ now: now(), requests: found })).allowed
    },
  }
}
