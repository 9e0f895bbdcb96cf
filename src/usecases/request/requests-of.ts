import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import { decide } from '../../domain/entitlement/decide.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { unmet, type RolegateError } from '../../domain/errors.ts'
import { takesApproval, takesApprovals, targetOf } from '../../domain/request/approver.ts'
import { isOwn, type RoleRequest } from '../../domain/request/role-request.ts'
import { samePersonFault } from '../../domain/request/same-person.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { CurrentRules, Digest, Now, Requests } from '../ports.ts'
import { isTheirs, type KnownIssuer } from '../sign-in/find-session.ts'

/** What somebody has asked others for, as decisions are handed it. The store is asked only where it could matter. */
export type RequestsOf = {
  /** For one role; nothing, and no question to the store, for one that takes no approval. */
  about(principal: Principal, target: RoleTarget): Promise<readonly RoleRequest[]>
  /** For all of them; nothing, and no question, where no role takes an approval. */
  all(principal: Principal): Promise<readonly RoleRequest[]>
}

export type Forfeits = {
  /** Why what somebody approved is worth nothing now, for what has become of them or is known of them; undefined where it counts. */
  forfeitOf(request: RoleRequest): RolegateError | undefined
}

const NOTHING: readonly RoleRequest[] = []

export function makeRequestsOf(deps: {
  rules: CurrentRules
  requests: Pick<Requests, 'listByOwner'>
  issuerOf: KnownIssuer
  emergency: Pick<StandingEmergency, 'isEnded'>
  digest: Digest
  now: Now
}): RequestsOf & Forfeits {
  async function kept(principal: Principal): Promise<readonly RoleRequest[]> {
    const rows = await deps.requests.listByOwner(requestsOwner(principal, deps.digest))
    // The owner's name is a column of the store; whose a request is stands in its sealed row.
    return rows.filter((row) => isOwn(row, principal) && forfeitOf(row, deps.rules()) === undefined)
  }

  /**
   * What somebody approved counts while they are who they were: not once their IdP's label means another issuer (threats.md I2),
   * nor once their sessions of that time are ended from the host, nor while a deny keeps them from that role themselves, by
   * whatever group of theirs (threats.md R8). And not while nobody can tell that they are somebody else than whoever asked, by
   * the file as it is now (threats.md I3).
   */
  function forfeitOf(request: RoleRequest, index: RuleIndex): RolegateError | undefined {
    if (request.status !== 'approved') return undefined
    const { answeredBy, answeredAt, allGroups } = request
    const principal: Principal = { ...answeredBy, groups: { state: 'stated', names: allGroups }, claims: {} }
    const target = targetOf(request, index)
    const isGone =
      target === undefined ||
      !isTheirs(principal, deps.issuerOf) ||
      deps.emergency.isEnded({ principal, signedInAt: answeredAt }) ||
      isDenied(index, principal, target, deps.now())
    return isGone ? unmet('approver_no_more') : samePersonFault(request.person, answeredBy, index.mapping)
  }

  return {
    forfeitOf: (request) => forfeitOf(request, deps.rules()),
    about: async (principal, target) =>
      principal.workload !== true && takesApproval(deps.rules(), target) ? kept(principal) : NOTHING,
    all: async (principal) => (principal.workload !== true && takesApprovals(deps.rules()) ? kept(principal) : NOTHING),
  }
}

/** Whether a deny, of the file or of an emergency, keeps them from this role. */
export function isDenied(index: RuleIndex, principal: Principal, target: RoleTarget, now: Date): boolean {
  const decision = decide(index, principal, target, { now, address: '' })
  return !decision.allowed && decision.code === 'denied_by_rule'
}

/** What a person's requests belong to. */
export const requestsOwner = (principal: Pick<Principal, 'issuer' | 'subject'>, digest: Digest): string =>
  `requests:${digest(identityOf(principal))}`
