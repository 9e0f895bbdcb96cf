import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { askedForRecord } from '../../domain/entitlement/find-role.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import { asRolegateError, unmet, type RolegateError } from '../../domain/errors.ts'
import { endWithin, type GatewaySession } from '../../domain/sign-in/session.ts'
import { ELEVATED } from '../../domain/sign-in/step-up.ts'
import type { AuthenticateBearer } from '../device/authenticate-bearer.ts'
import type { LimitHandOvers } from '../hand-over/limit-hand-overs.ts'
import type { HandOverPlan, PlanHandOver } from '../hand-over/plan-hand-over.ts'
import type { Audit, Digest, LimitRate, Now, RandomText } from '../ports.ts'
import type { ContainerTokens } from '../ports/tables.ts'
import type { RecheckGroups } from '../sign-in/recheck-groups.ts'

/** threats.md D15: it lies in a file, for every process beside it to read. */
const CONTAINER_TOKEN_SECONDS = 3_600

export type IssueContainerToken = (input: {
  /** One's own. */
  readonly accessToken: string
  /** `alias/role`. */
  readonly role: string
  readonly request: RequestFacts
}) => Promise<{ readonly containerToken: string; readonly role: string; readonly expiresInSeconds: number }>

/**
 * A token for exactly one role in one account, which this session could take right now. It is worth what the session is, an
 * hour at most, and ends with it (threats.md D15, I8).
 */
export function makeIssueContainerToken(deps: {
  authenticateBearer: AuthenticateBearer
  limitHandOvers: LimitHandOvers
  recheckGroups: RecheckGroups
  planHandOver: Pick<PlanHandOver, 'plan'>
  containerTokens: Pick<ContainerTokens, 'put'>
  audit: Audit
  limitRate: LimitRate
  randomText: RandomText
  digest: Digest
  now: Now
}): IssueContainerToken {
  async function planned(session: GatewaySession, role: string, request: RequestFacts): Promise<HandOverPlan> {
    try {
      await deps.recheckGroups(session, request)
      return await deps.planHandOver.plan('credentials', { session, role, request })
    } catch (failed) {
      const thrown = forContainer(failed)
      const { code, reason } = thrown
      await deps.audit({
        event: 'refused',
        request,
        principal: session.principal,
        session,
        handOver: 'credentials',
        role: askedForRecord(role),
        code,
        ...(reason !== undefined && { reason }),
      })
      throw thrown
    }
  }

  return async function issueContainerToken({ accessToken, role, request }) {
    await deps.limitRate(`token-exchange:${networkOf(request.address)}`, 600, 60)
    const session = await deps.authenticateBearer(accessToken)
    // Given or not, it leaves a record, as any hand-over does (threats.md P7).
    await deps.limitHandOvers('credentials', { session, role, request })
    const { target } = await planned(session, role, request)
    const now = deps.now()
    const expiresAt = endWithin(now, CONTAINER_TOKEN_SECONDS, session.endsAt)
    const containerToken = `rgk_${deps.randomText(256)}`
    await deps.audit({
      event: 'container_token_issued',
      request,
      principal: session.principal,
      session,
      role: target.name,
      expiresAt,
    })
    await deps.containerTokens.put(
      deps.digest(containerToken),
      { sessionId: session.id, roleArn: roleIdOf(target), expiresAt },
      { expiresAt, owner: session.id },
    )
    return {
      containerToken,
      role: target.name,
      expiresInSeconds: Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
    }
  }
}

/** Nobody sits at a container who could show anew who they are (threats.md H8). */
function forContainer(failed: unknown): RolegateError {
  const refusal = asRolegateError(failed)
  if (refusal.code !== 'step_up_required' || refusal.reason !== ELEVATED) return refusal
  const reason = 'browser_session_for_elevated'
  return unmet(reason)
}
