import type { RequestFacts } from '../../domain/audit/facts.ts'
import { asRolegateError } from '../../domain/errors.ts'
import type { Audit, LimitRate } from '../ports.ts'
import { limitRefusals } from '../sign-in/limit-refusals.ts'

export type RefuseWorkload = (request: RequestFacts) => (thrown: unknown) => Promise<never>

/**
 * Puts a refused token on record and throws its refusal again. Anybody can send one: past so many a minute they get a 429 and
 * no record (threats.md A4, D7).
 */
export function makeRefuseWorkload(deps: { audit: Audit; limitRate: LimitRate }): RefuseWorkload {
  return (request) => async (thrown) => {
    const { code, reason, values } = asRolegateError(thrown)
    await limitRefusals(deps.limitRate, 'workload', request)
    await deps.audit({
      event: 'workload_refused',
      request,
      code,
      ...(typeof values['idp'] === 'string' && { idp: values['idp'] }),
      ...(reason !== undefined && { reason }),
    })
    throw thrown
  }
}
