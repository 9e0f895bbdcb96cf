import type { HandOverFacts } from '../../domain/audit/event.ts'
import { askedForRecord } from '../../domain/entitlement/find-role.ts'
import { asRolegateError } from '../../domain/errors.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import type { Audit, LimitRate } from '../ports.ts'
import type { HandOverRequest } from './plan-hand-over.ts'

/** Most hand-overs a minute of one person, whatever their sessions, and of one identity of jobs or containers. */
export type HandOverLimits = { readonly person: number; readonly workload: number }

/** Counts one more; fails with `rate_limited`. */
export type LimitHandOvers = (handOver: HandOverFacts['handOver'], ask: HandOverRequest) => Promise<void>

const WINDOW_SECONDS = 60

/**
 * One token that leaked must not fetch every role there is, nor use up an account's share of STS (threats.md P7). What is asked for
 * counts, given or not: each leaves a record. Of what is refused here the first of a minute is on record, or the loop would fill the disk.
 */
export const makeLimitHandOvers =
  (deps: {
    limits: HandOverLimits
    limitShared: LimitRate
    onLimited: (of: keyof HandOverLimits) => void
    audit: Audit
  }): LimitHandOvers =>
  async (handOver, { session, role, request }) => {
    const { principal } = session
    const kind = principal.workload === true ? 'workload' : 'person'
    const whose = identityOf(principal)
    await deps.limitShared(`hand-overs:${whose}`, deps.limits[kind], WINDOW_SECONDS).catch(async (thrown: unknown) => {
      const { code } = asRolegateError(thrown)
      if (code !== 'rate_limited') throw thrown
      deps.onLimited(kind)
      await deps.limitShared(`hand-overs-limited:${whose}`, 1, WINDOW_SECONDS)
      const reason = 'too_many_hand_overs'
      await deps.audit({
        event: 'refused',
        request,
        principal,
        session,
        handOver,
        role: askedForRecord(role),
        code,
        reason,
      })
      throw thrown
    })
  }
