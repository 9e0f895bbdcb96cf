import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { takesApproval, takesApprovals } from '../../domain/request/approver.ts'
import { isOwn, personIn, type RoleRequest, type Weighed } from '../../domain/request/role-request.ts'
import { weighed, type Scales } from '../../domain/request/worth.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { CurrentRules, Digest, Now } from '../ports.ts'
import type { Requests } from '../ports/tables.ts'
import { isTheirs, type KnownIssuer } from '../sign-in/find-session.ts'

/** What somebody has asked others for, as decisions are handed it. The store is asked only where it could matter. */
export type RequestsOf = {
  /** For one role; nothing, and no question to the store, for one that takes no approval. */
  about(principal: Principal, target: RoleTarget): Promise<readonly Weighed[]>
  /** For all of them; nothing, and no question, where no role takes an approval. */
  all(principal: Principal): Promise<readonly Weighed[]>
}

export type WeighRequest = {
  /** What it is worth now, by the rules in force and by what has become of people. */
  /** `asker`: whoever asked, where it is they who look. */
  weigh(request: RoleRequest, asker?: Principal): Weighed
  /** What it is weighed by. */
  scales(): Scales
}

const NOTHING: readonly Weighed[] = []

export function makeRequestsOf(deps: {
  rules: CurrentRules
  requests: Pick<Requests, 'listByOwner'>
  issuerOf: KnownIssuer
  emergency: Pick<StandingEmergency, 'isEnded'>
  digest: Digest
  now: Now
}): RequestsOf & WeighRequest {
  async function kept(principal: Principal): Promise<readonly Weighed[]> {
    const rows = await deps.requests.listByOwner(requestsOwner(principal, deps.digest))
    // The owner's name is a column of the store; whose a request is stands in its sealed row.
    return rows.filter((row) => isOwn(row, principal)).map((row) => weigh(row, principal))
  }

  const scales = (): Scales => ({
    index: deps.rules(),
    now: deps.now(),
    isTheirs: (person) => isTheirs(person, deps.issuerOf),
    isEnded: deps.emergency.isEnded,
  })
  const weigh = (request: RoleRequest, asker?: Principal): Weighed =>
    weighed(request, scales(), asker && personIn(asker))

  return {
    weigh,
    scales,
    about: async (principal, target) =>
      principal.workload !== true && takesApproval(deps.rules(), target) ? kept(principal) : NOTHING,
    all: async (principal) => (principal.workload !== true && takesApprovals(deps.rules()) ? kept(principal) : NOTHING),
  }
}

/** What the rows of requests that a person answered belong to. */
export const answersOwner = (principal: Pick<Principal, 'issuer' | 'subject'>, digest: Digest): string =>
  `answers:${digest(identityOf(principal))}`

/** What a person's requests belong to. */
export const requestsOwner = (principal: Pick<Principal, 'issuer' | 'subject'>, digest: Digest): string =>
  `requests:${digest(identityOf(principal))}`
