import type { RequestFacts } from '../../domain/audit/facts.ts'
import { asRolegateError } from '../../domain/errors.ts'
import type { Audit, LimitRate } from '../ports.ts'
import { limitRefusals } from './limit-refusals.ts'

export type RecordRefused = (
  idp: string,
  request: RequestFacts,
  thrown: unknown,
  /** Of the hand-over it was for, where an assertion for AWS was to come back. */
  jti?: string,
) => Promise<void>

/** Puts a sign-in that came to nothing on record, as far as `limitRefusals` allows: anybody can begin one. */
export function makeRecordRefused(deps: { audit: Audit; limitRate: LimitRate }): RecordRefused {
  return async function recordRefused(idp, request, thrown, jti) {
    const { code, reason } = asRolegateError(thrown)
    await limitRefusals(deps.limitRate, 'sign-in', request)
    await deps.audit({
      event: 'sign_in_refused',
      request,
      idp,
      code,
      ...(reason !== undefined && { reason }),
      ...(jti !== undefined && { jti }),
    })
  }
}
