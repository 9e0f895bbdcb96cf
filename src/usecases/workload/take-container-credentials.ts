import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { askedForRecord, requireRole } from '../../domain/entitlement/find-role.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import { RolegateError } from '../../domain/errors.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { HandOverRequest } from '../hand-over/plan-hand-over.ts'
import type { IssueCredentials } from '../hand-over/issue-credentials.ts'
import type { Taken } from '../hand-over/take-role.ts'
import type { Audit, CurrentRules, Digest, LimitRate, Now } from '../ports.ts'
import type { ContainerTokens } from '../ports/tables.ts'
import type { VerifyWorkloadToken } from '../ports/workload.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { RefuseWorkload } from './refuse-workload.ts'
import { workloadSession } from './workload-session.ts'

export type TakeContainerCredentials = (input: {
  /** What the container holds: a container token of ours, or the token its platform put into a file for us. */
  readonly proof: string
  /** `alias/role`, `123456789012/role`. */
  readonly role: string
  readonly request: RequestFacts
}) => Promise<Taken>

type Holder = Pick<HandOverRequest, 'session' | 'lookAgain'>

/**
 * Credentials for an SDK in a container, which asks all day. Each time the proof is read and the role decided anew;
 * nothing AWS lent is kept (threats.md H6). A proof for another role fails with `sign_in_required`, as if it never
 * existed.
 */
export function makeTakeContainerCredentials(deps: {
  containerTokens: Pick<ContainerTokens, 'get'>
  findSession: FindSession
  verifyWorkloadToken: VerifyWorkloadToken
  refuseWorkload: RefuseWorkload
  issueCredentials: IssueCredentials
  rules: CurrentRules
  audit: Audit
  limitRate: LimitRate
  digest: Digest
  now: Now
}): TakeContainerCredentials {
  type Input = Parameters<TakeContainerCredentials>[0]

  /** The session and the role a container token of ours stands for, while it and the session last. */
  async function held(proof: string): Promise<{ session: GatewaySession; roleArn: string } | undefined> {
    const known = await deps.containerTokens.get(deps.digest(proof))
    const now = deps.now()
    const session = known && now < known.expiresAt ? await deps.findSession(known.sessionId) : undefined
    if (known === undefined || session === undefined || now >= session.endsAt) return undefined
    return { session, roleArn: known.roleArn }
  }

  async function byContainerToken({ proof, role, request }: Input): Promise<Holder> {
    const found = await held(proof)
    if (found === undefined) {
      await deps.limitRate(`container-refused:${networkOf(request.address)}`, 120, 60)
      throw new RolegateError('sign_in_required', {}, { reason: 'unknown_token' })
    }
    const { session, roleArn } = found
    requireSessionMay(session, { kind: 'look' }, deps.now())
    if (idOf(role) !== roleArn) {
      // threats.md D15: whoever tries a token at another role has most likely not been given it; a loop of that is one record a second.
      await deps.limitRate(`container-other-role:${session.id}`, 60, 60)
      const code = 'sign_in_required'
      const reason = 'container_token_for_another_role'
      const subject = { request, principal: session.principal, session }
      await deps.audit({
        ...subject,
        event: 'refused',
        handOver: 'credentials',
        role: askedForRecord(role),
        code,
        reason,
      })
      throw new RolegateError(code, {}, { reason })
    }
    // threats.md H5: the token may be revoked while AWS is asked.
    return { session, lookAgain: async () => (await held(proof))?.session }
  }

  function idOf(role: string): string | undefined {
    try {
      return roleIdOf(requireRole(deps.rules(), role))
    } catch {
      return undefined
    }
  }

  /**
   * Exchanged on the spot, without storing a session: the token is the session. Only here may a token be shown again
   * while it is valid (DECISIONS.md 60). The session's id is derived from the token, so that its records can be joined.
   */
  async function byWorkloadToken({ proof, request }: Input): Promise<Holder> {
    async function session(): Promise<GatewaySession> {
      const verified = await deps.verifyWorkloadToken(proof, 'container')
      const id = `container-${deps.digest(JSON.stringify([verified.principal.issuer, verified.tokenId])).slice(0, 22)}`
      return workloadSession(verified, { id, address: request.address, now: deps.now() })
    }
    return { session: await session().catch(deps.refuseWorkload(request)), lookAgain: session }
  }

  return async function takeContainerCredentials(input) {
    const { proof, role, request } = input
    // Before anything is looked up or verified: a whole cluster may share an address, a flood is more (threats.md D7).
    await deps.limitRate(`container:${networkOf(request.address)}`, 6_000, 60)
    const holder = /^rgk_[\w-]{43}$/.test(proof) ? await byContainerToken(input) : await byWorkloadToken(input)
    return deps.issueCredentials({ ...holder, role, request, isHurried: true })
  }
}
