import type { JSONWebKeySet } from 'jose'
import { fetchJson } from './bounded-fetch.ts'
import { Refusal } from './refusal.ts'

/**
 * The issuer's keys, asked for anew each time: discovery, then its `jwks_uri` (OpenID Connect Discovery 1.0 §4). The
 * document's issuer must be the very one that was asked (§4.3). Fails with `IDPCommunicationError` when the issuer cannot
 * be reached, and with `InvalidIdentityToken` when it can and what it says is unusable.
 */
export async function fetchVerificationKeys(issuer: string): Promise<JSONWebKeySet> {
  const discovery = await reach(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (!isObject(discovery) || discovery['issuer'] !== issuer || typeof discovery['jwks_uri'] !== 'string')
    throw noKey('discovery')

  const keys = await reach(discovery['jwks_uri'])
  if (!isObject(keys) || !Array.isArray(keys['keys']) || !keys['keys'].every(isObject)) throw noKey('jwks')
  // AWS takes at most 100 RSA and 100 EC keys (aws.md §3).
  const kinds = keys['keys'].map((key: Record<string, unknown>) => key['kty'])
  if (['RSA', 'EC'].some((kind) => kinds.filter((kty) => kty === kind).length > 100)) throw noKey('too many keys')
  return { keys: keys['keys'] }
}

/** What AWS says when there is no key to verify with. */
export const noKey = (because: string): Refusal =>
  new Refusal(
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    because,
  )

async function reach(address: string): Promise<unknown> {
  try {
    return await fetchJson(address)
  } catch (cause) {
    throw new Refusal(
      'IDPCommunicationError',
      'The identity provider that was asked to verify the incoming identity token could not be reached.',
      `${address}: ${cause instanceof Error ? cause.message : 'unreachable'}`,
    )
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
