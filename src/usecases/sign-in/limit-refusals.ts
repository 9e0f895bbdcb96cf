import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import type { LimitRate } from '../ports.ts'

/**
 * Counts a refusal that anybody can cause, without being anybody here. Past so many a minute it fails with
 * `rate_limited`: then there is no record of it (threats.md A4, D7).
 */
export async function limitRefusals(
  limitRate: LimitRate,
  of: 'sign-in' | 'workload',
  { address }: RequestFacts,
): Promise<void> {
  await limitRate(`${of}-refused:${networkOf(address)}`, 60, 60)
  // From everywhere together, so that strangers cannot fill the disk and stop everybody (threats.md A4).
  await limitRate('anonymous-refusals', 600, 60)
}
