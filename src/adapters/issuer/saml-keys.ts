import { createPrivateKey, generateKeyPair, X509Certificate, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { RolegateError } from '../../domain/errors.ts'
import type { Now } from '../../usecases/ports.ts'
import type { Table } from '../../usecases/ports/store.ts'
import { selfSignedCertificate } from './self-signed.ts'

/** What a SAML key is for: our assertions toward AWS, our requests toward IdPs, what IdPs encrypt to us. */
export type SamlKeyPurpose = 'aws-saml' | 'saml-sp-sign' | 'saml-sp-decrypt'

/** What the store keeps of a key; sealed with everything else (threats.md K1). */
export type StoredSamlKey = {
  readonly purpose: SamlKeyPurpose
  readonly privateJwk: JsonWebKey
  readonly certificatePem: string
}

export type SamlKey = {
  readonly purpose: SamlKeyPurpose
  readonly privateKey: KeyObject
  readonly certificatePem: string
  /** The same as base64 of DER, as XML documents carry it. */
  readonly certificate: string
}

/**
 * An RSA key with a certificate of its own: made on first start by exactly one of those who start at once (threats.md
 * K3), found by everybody else. One that is there but does not open means a wrong master key, never a reason for a new
 * one: `config_invalid` (threats.md K2). `name` is the entity id it speaks for.
 */
export async function loadSamlKey(deps: {
  keys: Pick<Table<StoredSamlKey>, 'get' | 'createIfAbsent'>
  purpose: SamlKeyPurpose
  name: string
  now: Now
}): Promise<SamlKey> {
  const row = `${deps.purpose}/${deps.name}`
  const known = await deps.keys.get(row)
  if (known !== undefined) return samlKeyOf(known, deps.purpose)
  await deps.keys.createIfAbsent(row, await generate(deps))
  const made = await deps.keys.get(row)
  if (made === undefined) throw new RolegateError('config_invalid', {}, { reason: 'sealing_key_mismatch' })
  return samlKeyOf(made, deps.purpose)
}

/** threats.md K7: a key used outside its purpose throws. */
export function requirePurpose<Key extends { readonly purpose: string }>(key: Key, purpose: SamlKeyPurpose): Key {
  if (key.purpose !== purpose) throw new RolegateError('config_invalid', {}, { reason: 'key_of_another_purpose' })
  return key
}

const generatePair = promisify(generateKeyPair)

async function generate(asked: { purpose: SamlKeyPurpose; name: string; now: Now }): Promise<StoredSamlKey> {
  const { purpose, name, now } = asked
  const { privateKey } = await generatePair('rsa', { modulusLength: 2048 })
  const commonName = URL.canParse(name) ? new URL(name).hostname : name
  const use = purpose === 'saml-sp-decrypt' ? 'decrypt' : 'sign'
  const certificatePem = selfSignedCertificate({ privateKey, commonName, use, now: now() })
  return { purpose, privateJwk: privateKey.export({ format: 'jwk' }), certificatePem }
}

function samlKeyOf(stored: StoredSamlKey, asked: SamlKeyPurpose): SamlKey {
  const { purpose, privateJwk, certificatePem } = requirePurpose(stored, asked)
  return {
    purpose,
    privateKey: createPrivateKey({ key: privateJwk, format: 'jwk' }),
    certificatePem,
    certificate: new X509Certificate(certificatePem).raw.toString('base64'),
  }
}
