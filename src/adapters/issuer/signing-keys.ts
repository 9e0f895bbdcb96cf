import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { RolegateError } from '../../domain/errors.ts'
import type { Store, Table } from '../../usecases/ports/store.ts'

export type SigningAlgorithm = 'ES256' | 'RS256'

/** What the store keeps of a key; sealed with everything else (threats.md K1). */
export type StoredKey = {
  readonly purpose: 'aws-oidc'
  readonly algorithm: SigningAlgorithm
  readonly privateJwk: JsonWebKey
}

export type SigningKey = {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
  /** Public members only, ready for the JWKS (security.md T-16). */
  readonly publicJwk: Readonly<Record<string, unknown>>
}

/**
 * The key that signs toward AWS: made on first start by exactly one of those who start at once (threats.md K3). Keys that
 * are there but do not open mean a wrong master key, never a reason for new ones: `config_invalid` (threats.md K2).
 */
export async function loadSigningKey(deps: {
  keys: Pick<Table<StoredKey>, 'get' | 'createIfAbsent'>
  issuer: string
  algorithm: SigningAlgorithm
}): Promise<SigningKey> {
  // One key for each issuer and algorithm: a changed setting makes a new key and keeps the old one.
  const name = `aws-oidc/${deps.algorithm}/${deps.issuer}`
  const known = await deps.keys.get(name)
  if (known !== undefined) return signingKeyOf(known)
  await deps.keys.createIfAbsent(name, generate(deps.algorithm))
  const made = await deps.keys.get(name)
  if (made === undefined) throw new RolegateError('config_invalid', {}, { reason: 'sealing_key_mismatch' })
  return signingKeyOf(made)
}

function generate(algorithm: SigningAlgorithm): StoredKey {
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { purpose: 'aws-oidc', algorithm, privateJwk: privateKey.export({ format: 'jwk' }) }
}

function signingKeyOf({ purpose, algorithm, privateJwk }: StoredKey): SigningKey {
  // threats.md K7: a key used outside its purpose throws.
  if (purpose !== 'aws-oidc') throw new RolegateError('config_invalid', {}, { reason: 'key_of_another_purpose' })
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const kid = thumbprintOf(jwk)
  return { kid, algorithm, privateKey, publicJwk: { ...jwk, kid, use: 'sig', alg: algorithm } }
}

/** RFC 7638: the kid is the key's own thumbprint (security.md K-8). */
export function thumbprintOf(jwk: JsonWebKey): string {
  const members =
    jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

/**
 * The issuer never changes: AWS accounts trust it by name (threats.md K6). Another issuer than at the first start fails
 * with `config_invalid`, unless the operator has accepted it. With `onlyLooks` nothing is recorded, and an installation
 * without a record passes.
 */
export async function requireSameIssuer(deps: {
  store: Store
  issuer: string
  acceptNew: boolean
  onlyLooks?: boolean
  /** Before another issuer is recorded: a start that ends in between is one of the former issuer's. */
  beforeAccepting?: (former: string) => Promise<void>
}): Promise<void> {
  const { store, issuer, onlyLooks = false } = deps
  const value = Buffer.from(issuer)
  if (!onlyLooks && (await store.createIfAbsent('installation', 'issuer', value))) return
  const recorded = await store.get('installation', 'issuer')
  const former = recorded && Buffer.from(recorded.value).toString()
  if (former === issuer || (onlyLooks && former === undefined)) return
  if (former !== undefined && (onlyLooks || !deps.acceptNew)) {
    throw new RolegateError('config_invalid', { former, issuer }, { reason: 'issuer_changed' })
  }
  if (former === undefined) throw new RolegateError('config_invalid', {}, { reason: 'sealing_key_mismatch' })
  await deps.beforeAccepting?.(former)
  await store.put('installation', 'issuer', value)
}
