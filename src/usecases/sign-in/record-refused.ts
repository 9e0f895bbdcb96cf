import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { asRolegateError } from '../../domain/errors.ts'
import type { Audit, LimitRate } from '../ports.ts'

export type RecordRefused = (idp: string, request: RequestFacts, thrown: unknown) => Promise<void>

/**
 * Puts a sign-in that came to nothing on record. Anybody can begin one, and call a callback: past so many a minute this fails with
 * `rate_limited`, and there is no record (threats.md A4, D7).
 */
export function makeRecordRefused(deps: { audit: Audit; limitRate: LimitRate }): RecordRefused {
  return async function recordRefused(idp, request, thrown) {
    const { code, reason } = asRolegateError(thrown)
    await deps.limitRate(`sign-in-refused:${networkOf(request.address)}`, 60, 60)
    // From everywhere together, so that strangers cannot fill the disk and stop everybody (threats.md A4).
    await deps.limitRate('anonymous-refusals', 600, 60)
    await deps.audit({
      event: 'sign_in_refused',
      request,
      idp,
      code,
      ...(reason !== undefined && { reason }),
    })
  }
}
