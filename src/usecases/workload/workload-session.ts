import { endWithin, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { VerifiedWorkload } from '../ports/workload.ts'

/** A job may use what it took for a little longer than its own token lives, and no longer (threats.md D16). */
const PAST_TOKEN_SECONDS = 15 * 60

/** The session that a job's token yields: of the weakest class, an hour at most, and never renewed. */
export function workloadSession(
  { principal, maxSeconds, expiresAt }: VerifiedWorkload,
  { id, address, now }: { readonly id: string; readonly address: string; readonly now: Date },
): GatewaySession {
  return {
    id,
    via: 'token-exchange',
    principal,
    signedInAt: now,
    lastSeenAt: now,
    endsAt: endWithin(now, maxSeconds, new Date(expiresAt.getTime() + PAST_TOKEN_SECONDS * 1000)),
    terminal: { client: 'token-exchange', address },
  }
}
