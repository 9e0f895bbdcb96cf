import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Table } from '../../usecases/ports/store.ts'
import { thumbprintOf, type SigningAlgorithm, type StoredKey } from './signing-keys.ts'

/**
 * How our issuer looks from outside, where AWS reads it. `tampered`: a key there is not ours, in place of ours or
 * beside it. `incomplete`: our signing key is not there, so AWS refuses our tokens. `unseen`: it could not be read,
 * which says nothing.
 */
export type IssuerSeen =
  | { readonly state: 'ours' | 'incomplete' }
  | { readonly state: 'tampered'; readonly what: 'issuer' | 'jwks_uri' | 'key' | 'key_beside_ours' }
  | { readonly state: 'unseen'; readonly why: string }

/** More than we ever had, and few enough to look at each. */
const MOST_KEYS = 20

const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256']

/** threats.md K4: whoever controls the issuer's name is the issuer, so we look at it as AWS does, by its public address. */
export function makeLookAtIssuer(deps: {
  issuer: string
  algorithm: SigningAlgorithm
  keys: Pick<Table<StoredKey>, 'get'>
  fetch: typeof fetch
}): () => Promise<IssuerSeen> {
  const { issuer, algorithm } = deps

  /**
   * Thumbprints of every key we ever signed with, whatever its algorithm: a key of a former setting is not a
   * stranger's.
   */
  async function ownKeys(): Promise<ReadonlyMap<SigningAlgorithm, string>> {
    const own = new Map<SigningAlgorithm, string>()
    for (const one of ALGORITHMS) {
      const kept = await deps.keys.get(`aws-oidc/${one}/${issuer}`)
      if (kept !== undefined) own.set(one, thumbprintOf(kept.privateJwk))
    }
    return own
  }

  async function read(address: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await deps.fetch(address)
    if (answer.status !== 200) throw new Unseen(`answered ${answer.status}`)
    return recordIn(await answer.text())
  }

  async function look(): Promise<IssuerSeen> {
    const jwksUri = `${issuer}/.well-known/jwks.json`
    const [discovery, { keys }, own] = await Promise.all([
      read(`${issuer}/.well-known/openid-configuration`),
      read(jwksUri),
      ownKeys(),
    ])
    if (discovery['issuer'] !== issuer) return { state: 'tampered', what: 'issuer' }
    if (discovery['jwks_uri'] !== jwksUri) return { state: 'tampered', what: 'jwks_uri' }
    if (!Array.isArray(keys)) throw new Unseen('is no JWKS')
    const there = keys.slice(0, MOST_KEYS + 1).map(thumbprintIn)
    const ours = new Set(own.values())
    const isStrange = there.some((one) => one === undefined || !ours.has(one))
    const isOursThere = there.includes(own.get(algorithm))
    if (isStrange || there.length > MOST_KEYS)
      return { state: 'tampered', what: isOursThere ? 'key_beside_ours' : 'key' }
    return { state: isOursThere ? 'ours' : 'incomplete' }
  }

  return async () =>
    look().catch((cause: unknown) => ({
      state: 'unseen',
      why: cause instanceof Unseen ? cause.message : 'did not answer',
    }))
}

class Unseen extends Error {}

function recordIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new Unseen('is no JSON')
}

/** The thumbprint of the key itself, whatever its `kid`; undefined if it cannot be read, so it is not ours. */
function thumbprintIn(jwk: unknown): string | undefined {
  try {
    return thumbprintOf(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ format: 'jwk' }))
  } catch {
    return undefined
  }
}
