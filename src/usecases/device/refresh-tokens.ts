import type { RequestFacts } from '../../domain/audit/facts.ts'
import { isSameNetwork, type NameNetwork } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import { requireSessionMay } from '../../domain/sign-in/session.ts'
import type { Audit, Digest, LimitRate, Now, RandomText, SealUnder } from '../ports.ts'
import type { RefreshGrant, RefreshGrants, Sessions } from '../ports/tables.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { LoginWays } from './login-ways.ts'
import type { IssueAccessToken, Tokens } from './issue-tokens.ts'

/** How long a superseded token still gets its successor: two processes of one person may refresh at once (threats.md D9). */
const REUSE_SECONDS = 30

export type RefreshTokensOf = (input: {
  readonly refreshToken: string
  readonly clientId: string
  readonly request: RequestFacts
}) => Promise<Tokens>

/**
 * Renews a terminal's tokens. A refresh token has one successor for ever: presented again within thirty seconds it
 * yields the same one; later, by another client, or from another network, it was stolen, and the whole lineage ends
 * (RFC 9700 §4.14, threats.md D9).
 * Fails with `invalid_grant`, and with `rate_limited`.
 */
export function makeRefreshTokens(deps: {
  refreshGrants: RefreshGrants
  sessions: Pick<Sessions, 'delete'>
  findSession: FindSession
  audit: Audit
  issueAccessToken: IssueAccessToken
  sealUnder: SealUnder
  limitRate: LimitRate
  nameNetwork: NameNetwork
  loginWays: LoginWays
  randomText: RandomText
  digest: Digest
  now: Now
}): RefreshTokensOf {
  type Turn = { readonly sessionId: string; readonly refreshToken: string | null }

  /** The grant after this use, and the token that follows; null where the use is a theft. */
  function turn(
    presented: string,
    clientId: string,
    address: string,
    grant: RefreshGrant,
  ): { next: RefreshGrant; answer: Turn } {
    const { sessionId } = grant
    const now = deps.now()
    if (grant.clientId !== clientId) return { next: grant, answer: { sessionId, refreshToken: null } }
    if (grant.successor === null) {
      const refreshToken = `rgr_${deps.randomText(256)}`
      const successor = deps.sealUnder.seal(presented, refreshToken)
      const next = { ...grant, successor, supersededAt: now, supersededFrom: address }
      return { next, answer: { sessionId, refreshToken } }
    }
    const late = grant.supersededAt === null || now.getTime() - grant.supersededAt.getTime() > REUSE_SECONDS * 1000
    const elsewhere = !isSameNetwork(grant.supersededFrom ?? '', address, deps.nameNetwork)
    const successor = late || elsewhere ? undefined : deps.sealUnder.open(presented, grant.successor)
    return { next: grant, answer: { sessionId, refreshToken: successor ?? null } }
  }

  return async function refreshTokens({ refreshToken: presented, clientId, request }) {
    const found = presented.startsWith('rgr_') ? await deps.refreshGrants.get(deps.digest(presented)) : undefined
    const session = found && (await deps.findSession(found.sessionId))
    if (session === undefined)
      throw new RolegateError('invalid_grant', {}, { reason: found === undefined ? 'unknown_token' : 'ended_token' })
    requireSessionMay(session, { kind: 'look' }, deps.now())
    // Each leaves a token behind that lives on: whoever asks in a loop must not fill the store (security.md V-5).
    await deps.limitRate(`refresh:${session.id}`, 60, 60)
    // security.md D-1: a way that has been switched off since carries nobody on.
    const way = session.via === 'device' || session.via === 'pkce' ? session.via : undefined
    if (way !== undefined && deps.loginWays.get(session.principal.idp)?.has(way) !== true)
      throw new RolegateError('invalid_grant', {}, { reason: `no_${way}_login` })

    const keep = { expiresAt: session.endsAt, owner: session.id }
    const turned = await deps.refreshGrants.update(deps.digest(presented), (grant) => ({
      ...turn(presented, clientId, request.address, grant),
      keep,
    }))
    if (turned?.refreshToken == null) {
      const reason = 'refresh_token_reused'
      await deps.sessions.delete(session.id)
      await deps.audit({ event: 'session_ended', request, principal: session.principal, session, reason })
      throw new RolegateError('invalid_grant', {}, { reason })
    }
    const fresh = { sessionId: session.id, clientId, successor: null, supersededAt: null, supersededFrom: null }
    await deps.refreshGrants.createIfAbsent(deps.digest(turned.refreshToken), fresh, keep)
    return { ...(await deps.issueAccessToken(session)), refreshToken: turned.refreshToken }
  }
}
