import { RolegateError } from '../../domain/errors.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Digest, Now } from '../ports.ts'
import type { AccessTokens } from '../ports/tables.ts'
import type { FindSession } from '../sign-in/find-session.ts'

export type AuthenticateBearer = (token: string) => Promise<GatewaySession>

/** Whose access token this is. Any other kind of token, and any that has ended, is `sign_in_required` (threats.md F4). */
export function makeAuthenticateBearer(deps: {
  accessTokens: Pick<AccessTokens, 'get'>
  findSession: FindSession
  digest: Digest
  now: Now
}): AuthenticateBearer {
  return async function authenticateBearer(token) {
    const known = /^rga_[\w-]{43}$/.test(token) ? await deps.accessTokens.get(deps.digest(token)) : undefined
    const now = deps.now()
    const session = known && now < known.expiresAt ? await deps.findSession(known.sessionId) : undefined
    // Who shows nothing has tried nothing.
    if (token === '') throw new RolegateError('sign_in_required')
    if (session === undefined)
      throw new RolegateError('sign_in_required', {}, { reason: known === undefined ? 'unknown_token' : 'ended_token' })
    requireSessionMay(session, { kind: 'look' }, now)
    return session
  }
}
