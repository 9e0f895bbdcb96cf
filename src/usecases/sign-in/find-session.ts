import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Digest, Sessions } from '../ports.ts'

/** How a configured IdP names people, or an entry of `workloads` jobs: issuer and subject claim; undefined for one we do not know. */
export type KnownIssuer = (
  idp: string,
) => { readonly issuer: string; readonly subjectClaim: string; readonly workload?: true } | undefined

export type FindSession = (id: string) => Promise<GatewaySession | undefined>

/**
 * The live session of this id: every door and every grant finds sessions here (security.md D-2, threats.md D17). A session
 * of an IdP that is gone, or whose issuer or subject claim is another now, is nobody's: the same label must not carry
 * strangers over (threats.md I2, security.md K-7).
 */
export function makeFindSession(deps: { sessions: Pick<Sessions, 'get'>; issuerOf: KnownIssuer }): FindSession {
  return async function findSession(id) {
    const session = await deps.sessions.get(id)
    const known = session && deps.issuerOf(session.principal.idp)
    if (session === undefined || known === undefined) return undefined
    const { issuer, subjectClaim, workload } = session.principal
    const isTheirs = known.issuer === issuer && known.subjectClaim === subjectClaim && known.workload === workload
    return isTheirs ? session : undefined
  }
}

/** What a person's terminals belong to, so that a sign-out anywhere ends them all (threats.md D10). */
export const terminalsOf = (principal: Principal, digest: Digest): string =>
  `terminals:${digest(identityOf(principal))}`
