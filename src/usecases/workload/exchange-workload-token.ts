import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { IssueAccessToken, Tokens } from '../device/issue-tokens.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { Audit, Digest, LimitRate, Now, RandomText } from '../ports.ts'
import type { Sessions, UsedAttempts } from '../ports/tables.ts'
import type { VerifiedWorkload, VerifyWorkloadToken } from '../ports/workload.ts'
import { terminalsOf } from '../sign-in/find-session.ts'
import type { RefuseWorkload } from './refuse-workload.ts'
import { workloadSession } from './workload-session.ts'

export type ExchangeWorkloadToken = (input: {
  readonly token: string
  readonly request: RequestFacts
}) => Promise<Pick<Tokens, 'accessToken' | 'expiresInSeconds'>>

/**
 * A CI job's own token for an access token of ours (RFC 8693). It counts once; what it yields is never renewed. Fails with
 * `sign_in_rejected` and a reason for log and audit alone, or `idp_unavailable`.
 */
export function makeExchangeWorkloadToken(deps: {
  verifyWorkloadToken: VerifyWorkloadToken
  refuseWorkload: RefuseWorkload
  emergency: Pick<StandingEmergency, 'requireWelcome'>
  usedAttempts: UsedAttempts
  sessions: Pick<Sessions, 'put'>
  issueAccessToken: IssueAccessToken
  audit: Audit
  limitRate: LimitRate
  randomText: RandomText
  digest: Digest
  now: Now
}): ExchangeWorkloadToken {
  /** Only valid tokens are remembered as used, so that nobody can use up another's by guessing its id. */
  async function verifyOnce(token: string): Promise<VerifiedWorkload> {
    const verified = await deps.verifyWorkloadToken(token, 'exchange')
    const key = `workload ${JSON.stringify([verified.principal.issuer, verified.tokenId])}`
    const first = await deps.usedAttempts.createIfAbsent(key, { at: deps.now() }, { expiresAt: verified.countsUntil })
    if (first) {
      await deps.emergency.requireWelcome(verified.principal)
      return verified
    }
    const { idp } = verified.principal
    throw new RolegateError('sign_in_rejected', { idp }, { reason: 'token_used_before' })
  }

  return async function exchangeWorkloadToken({ token, request }) {
    // Before anything is verified or fetched: a fleet of runners may share an address, a flood is more (threats.md D7).
    await deps.limitRate(`token-exchange:${networkOf(request.address)}`, 600, 60)
    const verified = await verifyOnce(token).catch(deps.refuseWorkload(request))
    const session = workloadSession(verified, {
      id: deps.randomText(128),
      address: request.address,
      now: deps.now(),
    })
    const { principal } = session
    await deps.audit({ event: 'workload_signed_in', request, principal, session })
    await deps.sessions.put(session.id, session, {
      expiresAt: session.endsAt,
      owner: terminalsOf(principal, deps.digest),
    })
    return deps.issueAccessToken(session)
  }
}
