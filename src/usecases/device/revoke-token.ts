import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { Digest } from '../ports.ts'
import type { AccessTokens, ContainerTokens, RefreshGrants } from '../ports/tables.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { EndSession } from '../sign-in/end-session.ts'

export type RevokeToken = (token: string, request: RequestFacts) => Promise<void>

/** Ends the session a token speaks for, and with it all its tokens (RFC 7009 §2.1). Unknown tokens get the same silence. */
export function makeRevokeToken(deps: {
  accessTokens: Pick<AccessTokens, 'get'>
  refreshGrants: Pick<RefreshGrants, 'get'>
  containerTokens: Pick<ContainerTokens, 'delete'>
  findSession: FindSession
  endSession: EndSession
  digest: Digest
}): RevokeToken {
  return async function revokeToken(token, request) {
    const key = deps.digest(token)
    // Only the container token itself is revoked, not the session it came from: whoever reads the container's file must
    // not be able to end that.
    if (token.startsWith('rgk_')) return deps.containerTokens.delete(key)
    const known = token.startsWith('rga_')
      ? await deps.accessTokens.get(key)
      : token.startsWith('rgr_')
        ? await deps.refreshGrants.get(key)
        : undefined
    const session = known && (await deps.findSession(known.sessionId))
    if (session !== undefined) await deps.endSession(session, request)
  }
}
