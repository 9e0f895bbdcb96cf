import { endWithin, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Digest, Now, RandomText } from '../ports.ts'
import type { AccessTokens, RefreshGrants } from '../ports/tables.ts'

/** What a terminal holds: opaque, typed by prefix, kept by us as digests only (contract.md, Tokens). */
export type Tokens = {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

export type IssueAccessToken = (session: GatewaySession) => Promise<Pick<Tokens, 'accessToken' | 'expiresInSeconds'>>
export type IssueTokens = (session: GatewaySession, clientId: string) => Promise<Tokens>

/** An access token for a gateway session; it ends with the session at the latest. */
export function makeIssueAccessToken(deps: {
  accessTokens: AccessTokens
  accessSeconds: number
  randomText: RandomText
  digest: Digest
  now: Now
}): IssueAccessToken {
  return async function issueAccessToken(session) {
    const now = deps.now()
    const expiresAt = endWithin(now, deps.accessSeconds, session.endsAt)
    const accessToken = `rga_${deps.randomText(256)}`
    const keep = { expiresAt, owner: session.id }
    await deps.accessTokens.put(deps.digest(accessToken), { sessionId: session.id, expiresAt }, keep)
    return { accessToken, expiresInSeconds: Math.floor((expiresAt.getTime() - now.getTime()) / 1000) }
  }
}

/** The first pair of tokens of a lineage. */
export function makeIssueTokens(deps: {
  issueAccessToken: IssueAccessToken
  refreshGrants: RefreshGrants
  randomText: RandomText
  digest: Digest
}): IssueTokens {
  return async function issueTokens(session, clientId) {
    const refreshToken = `rgr_${deps.randomText(256)}`
    await deps.refreshGrants.put(
      deps.digest(refreshToken),
      { sessionId: session.id, clientId, successor: null, supersededAt: null, supersededFrom: null },
      { expiresAt: session.endsAt, owner: session.id },
    )
    return { ...(await deps.issueAccessToken(session)), refreshToken }
  }
}
