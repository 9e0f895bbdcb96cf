import type { IDToken, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { RolegateError } from '../../domain/errors.ts'

/** An ID token issued longer ago than this is not the answer to the question we just asked. */
const OLDEST_SECONDS = 600
const SKEW_SECONDS = 60

/**
 * The checks on a verified ID token that openid-client leaves to its caller. Signature, iss, aud, azp, exp, nonce and
 * unknown `crit` are done by then.
 */
export function requireSoundIdToken(
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  { algorithms, clientId }: { algorithms: readonly string[]; clientId: string },
  now: Date,
): IDToken {
  const claims = tokens.claims()
  if (claims === undefined || tokens.id_token === undefined) throw rejected('no_id_token')
  const { alg, typ } = headerOf(tokens.id_token)
  // security.md O-2: the allow-list once more, on the very header that was verified.
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw rejected('algorithm_not_allowed')
  // security.md O-27, RFC 8725 §3.11: access and logout tokens are signed by the same key.
  if (typ !== undefined && !(typeof typ === 'string' && /^jwt$/i.test(typ))) throw rejected('not_an_id_token')
  // security.md O-9: openid-client lets an empty subject through.
  if (claims.sub.length === 0 || claims.sub.length > 255) throw rejected('subject_unusable')
  const seconds = now.getTime() / 1000
  // security.md O-7.
  if (claims.iat > seconds + SKEW_SECONDS) throw rejected('issued_in_the_future')
  if (claims.iat < seconds - OLDEST_SECONDS) throw rejected('issued_too_long_ago')
  // security.md O-6: several audiences need azp, and azp, wherever it stands, is ours.
  const needsParty = claims.azp !== undefined || (Array.isArray(claims.aud) && claims.aud.length > 1)
  if (needsParty && claims.azp !== clientId) throw rejected('authorized_party')
  return claims
}

function headerOf(token: string): { alg?: unknown; typ?: unknown } {
  const [header = ''] = token.split('.')
  return JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: unknown; typ?: unknown }
}

const rejected = (reason: string) => new RolegateError('sign_in_rejected', {}, { reason })
