import type { HandOverFacts } from '../../domain/audit/facts.ts'
import type { RoleArn } from '../../domain/aws/arn.ts'
import { askedForRecord } from '../../domain/entitlement/find-role.ts'
import { asRolegateError } from '../../domain/errors.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import type { Audit, LimitRate } from '../ports.ts'
import type { HandOverRequest } from './plan-hand-over.ts'

/** Most hand-overs a minute of one person, whatever their sessions, of one identity of jobs or containers, and of one role. */
export type HandOverLimits = {
  readonly person: number
  readonly workload: number
  /** Absent: none but theirs. */
  readonly role?: number | undefined
}

/** Counts one more that somebody asked for; fails with `rate_limited`. */
export type LimitHandOvers = (handOver: HandOverFacts['handOver'], ask: HandOverRequest) => Promise<void>

/** Counts one more of a role that they may have; fails with `rate_limited`. */
export type LimitRole = (handOver: HandOverFacts['handOver'], ask: HandOverRequest, arn: RoleArn) => Promise<void>

const WINDOW_SECONDS = 60

/**
 * A leaked token must not fetch every role there is, nor use up an account's share of STS (threats.md P7). Every
 * request counts, granted or not, since each leaves a record. A role's own limit is counted only after the decision, so
 * that nobody can use up the limit of a role they may not have. Of refusals, only the first a minute is recorded, or a
 * loop would fill the disk.
 */
export function makeLimitHandOvers(deps: {
  limits: HandOverLimits
  limitShared: LimitRate
  onLimited: (of: keyof HandOverLimits) => void
  audit: Audit
}): { readonly limitHandOvers: LimitHandOvers; readonly limitRole: LimitRole } {
  async function limit(
    of: keyof HandOverLimits,
    { key, most, reason }: { readonly key: string; readonly most: number; readonly reason: string },
    handOver: HandOverFacts['handOver'],
    { session, role, request }: HandOverRequest,
  ): Promise<void> {
    await deps.limitShared(`hand-overs:${key}`, most, WINDOW_SECONDS).catch(async (thrown: unknown) => {
      const { code } = asRolegateError(thrown)
      if (code !== 'rate_limited') throw thrown
      deps.onLimited(of)
      await deps.limitShared(`hand-overs-limited:${key}:${identityOf(session.principal)}`, 1, WINDOW_SECONDS)
      await deps.audit({
        event: 'refused',
        request,
        principal: session.principal,
        session,
        handOver,
        role: askedForRecord(role),
        code,
        reason,
      })
      throw thrown
    })
  }

  return {
    async limitHandOvers(handOver, ask) {
      const { principal } = ask.session
      const kind = principal.workload === true ? 'workload' : 'person'
      const what = { key: identityOf(principal), most: deps.limits[kind], reason: 'too_many_hand_overs' }
      await limit(kind, what, handOver, ask)
    },
    async limitRole(handOver, ask, arn) {
      const { role: most } = deps.limits
      if (most === undefined) return
      await limit('role', { key: `role:${arn}`, most, reason: 'too_many_of_role' }, handOver, ask)
    },
  }
}
