import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import { shortened, type GatewaySession, type SessionLimits } from '../../domain/sign-in/session.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { Digest } from '../ports.ts'
import type { Sessions } from '../ports/tables.ts'

/** The issuer and subject claim of a configured IdP or `workloads` entry; undefined for one we do not know. */
export type KnownIssuer = (
  idp: string,
) => { readonly issuer: string; readonly subjectClaim: string; readonly workload?: true } | undefined

export type FindSession = (id: string) => Promise<GatewaySession | undefined>

/**
 * The live session with this id; every door and every grant finds sessions here (security.md D-2, threats.md D17).
 * Undefined if its IdP is gone or now has another issuer or subject claim: the same label must not carry strangers over
 * (threats.md I2, security.md K-7). Also if it was ended from the host, or if its groups are not known in full and a
 * deny now goes by groups (threats.md R8, I4). It ends no later than one that begins now would (threats.md I7).
 */
export function makeFindSession(deps: {
  sessions: Pick<Sessions, 'get'>
  emergency: Pick<StandingEmergency, 'refresh' | 'isEnded'>
  rules: () => Pick<RuleIndex, 'denyReadsGroups'>
  issuerOf: KnownIssuer
  limits: SessionLimits
}): FindSession {
  return async function findSession(id) {
    const [session] = await Promise.all([deps.sessions.get(id), deps.emergency.refresh()])
    if (session === undefined || !isTheirs(session.principal, deps.issuerOf)) return undefined
    if (deps.emergency.isEnded(session)) return undefined
    const hides = hidesGroups(session.principal) && deps.rules().denyReadsGroups(session.principal.idp)
    return hides ? undefined : shortened(session, deps.limits)
  }
}

/**
 * Whether the IdP or workload entry the principal names is still configured with the issuer that vouched for them
 * (threats.md I2).
 */
export function isTheirs(
  { idp, issuer, subjectClaim, workload }: Pick<Principal, 'idp' | 'issuer' | 'subjectClaim' | 'workload'>,
  issuerOf: KnownIssuer,
): boolean {
  const known = issuerOf(idp)
  return known?.issuer === issuer && known.subjectClaim === subjectClaim && known.workload === workload
}

/** A job states claims, and no groups. */
const hidesGroups = ({ groups, workload }: Principal): boolean => workload !== true && groups.state !== 'stated'

/** What a person's terminals belong to, so that a sign-out anywhere ends them all (threats.md D10). */
export const terminalsOf = (principal: Parameters<typeof identityOf>[0], digest: Digest): string =>
  `terminals:${digest(identityOf(principal))}`
