import { constants, createDecipheriv, privateDecrypt, type KeyObject } from 'node:crypto'
import { attributeOf, DSIG, everyElement, isNamed, XENC, XENC11 } from './names.ts'
import { decodeBytes } from './message.ts'
import { refused, require } from './refusal.ts'
import { decodeStrictBase64 } from './signature.ts'
import type { XmlElement } from './strict-xml.ts'

type Cipher = { readonly name: string; readonly keyBytes: number; readonly mode: 'gcm' | 'cbc' }

/** XML Encryption 1.1 §5.2. CBC has no authentication of its own: only where the operator allows it. */
const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  [`${XENC11}aes128-gcm`, { name: 'aes-128-gcm', keyBytes: 16, mode: 'gcm' }],
  [`${XENC11}aes192-gcm`, { name: 'aes-192-gcm', keyBytes: 24, mode: 'gcm' }],
  [`${XENC11}aes256-gcm`, { name: 'aes-256-gcm', keyBytes: 32, mode: 'gcm' }],
  [`${XENC}aes128-cbc`, { name: 'aes-128-cbc', keyBytes: 16, mode: 'cbc' }],
  [`${XENC}aes192-cbc`, { name: 'aes-192-cbc', keyBytes: 24, mode: 'cbc' }],
  [`${XENC}aes256-cbc`, { name: 'aes-256-cbc', keyBytes: 32, mode: 'cbc' }],
])
const HASHES: ReadonlyMap<string, string> = new Map([
  [`${DSIG}sha1`, 'sha1'],
  [`${XENC}sha256`, 'sha256'],
  [`${XENC}sha512`, 'sha512'],
])
const MASKS: ReadonlyMap<string, string> = new Map([
  [`${XENC11}mgf1sha1`, 'sha1'],
  [`${XENC11}mgf1sha256`, 'sha256'],
  [`${XENC11}mgf1sha512`, 'sha512'],
])

export type Opening = {
  /** Our decryption keys: two while one follows the other. */
  readonly decryptionKeys: readonly KeyObject[]
  readonly allowCbc: boolean
}

/**
 * The text inside an EncryptedAssertion. Whatever fails past its form, a key, a tag, a padding, is one and the same refusal
 * (security.md S-34). The text is not believed: it meets the same gate as any message (S-32).
 */
export function decrypted(encrypted: XmlElement, { decryptionKeys, allowCbc }: Opening): string {
  require(decryptionKeys.length > 0, 'decryption_not_configured')
  const { cipher, hash, wrapped, sealed } = formOf(encrypted, allowCbc)
  for (const key of decryptionKeys) {
    const opened = open(cipher, hash, wrapped, sealed, key)
    if (opened !== undefined) return opened
  }
  throw refused('decryption')
}

function open(cipher: Cipher, hash: string, wrapped: Buffer, sealed: Buffer, key: KeyObject): string | undefined {
  try {
    const contentKey = privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, wrapped)
    if (contentKey.length !== cipher.keyBytes) return undefined
    return decodeBytes(
      cipher.mode === 'gcm' ? openGcm(cipher, contentKey, sealed) : openCbc(cipher, contentKey, sealed),
    )
  } catch {
    return undefined
  }
}

/** XML Encryption 1.1 §5.2.4: 96 bits of IV, the text, 128 bits of tag. */
function openGcm({ name }: Cipher, key: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(name as 'aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}

/** XML Encryption §5.2: the IV is the first block; of the padding only the last byte says something. */
function openCbc({ name }: Cipher, key: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(name, key, sealed.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()])
  const padding = padded.at(-1) ?? 0
  if (padding < 1 || padding > 16 || padding > padded.length) throw new Error('padding')
  return padded.subarray(0, padded.length - padding)
}

/** security.md S-33: one EncryptedData, one EncryptedKey inside it or beside it, OAEP, and nothing fetched from elsewhere. */
function formOf(encrypted: XmlElement, allowCbc: boolean) {
  const all = everyElement(encrypted)
  const keys = all.filter((element) => isNamed(element, XENC, 'EncryptedKey'))
  const data = all.filter((element) => isNamed(element, XENC, 'EncryptedData'))
  const [encryptedKey] = keys
  const [encryptedData] = data
  require(encryptedKey !== undefined && keys.length === 1, 'encrypted_key')
  require(encryptedData !== undefined && data.length === 1 && encrypted.children[0] === encryptedData, 'encrypted_data')
  require(!all.some((element) => isNamed(element, XENC, 'CipherReference')), 'cipher_reference')

  const cipher = CIPHERS.get(algorithmOf(encryptedData))
  require(cipher !== undefined && (cipher.mode === 'gcm' || allowCbc), 'cipher')
  return {
    cipher,
    hash: oaepHashOf(encryptedKey),
    wrapped: cipherValueOf(encryptedKey),
    sealed: cipherValueOf(encryptedData),
  }
}

/** XML Encryption 1.1 §5.5.2. Node's OAEP uses one hash for digest and mask: the pairs it cannot do are refused. */
function oaepHashOf(encryptedKey: XmlElement): string {
  const method = onlyChild(encryptedKey, XENC, 'EncryptionMethod')
  const algorithm = attributeOf(method, 'Algorithm')
  require(algorithm === `${XENC}rsa-oaep-mgf1p` || algorithm === `${XENC11}rsa-oaep`, 'key_transport')
  const [digest] = method.children.filter((child) => isNamed(child, DSIG, 'DigestMethod'))
  const [mask] = method.children.filter((child) => isNamed(child, XENC11, 'MGF'))
  const hash = HASHES.get(digest === undefined ? `${DSIG}sha1` : (attributeOf(digest, 'Algorithm') ?? ''))
  const maskHash =
    algorithm === `${XENC}rsa-oaep-mgf1p` || mask === undefined
      ? 'sha1'
      : MASKS.get(attributeOf(mask, 'Algorithm') ?? '')
  require(hash !== undefined && hash === maskHash, 'key_transport')
  require(!method.children.some((child) => isNamed(child, XENC, 'OAEPparams')), 'key_transport')
  return hash
}

const algorithmOf = (element: XmlElement): string =>
  attributeOf(onlyChild(element, XENC, 'EncryptionMethod'), 'Algorithm') ?? ''

const cipherValueOf = (element: XmlElement): Buffer =>
  decodeStrictBase64(onlyChild(onlyChild(element, XENC, 'CipherData'), XENC, 'CipherValue').text)

function onlyChild(parent: XmlElement, namespace: string, name: string): XmlElement {
  const [first, ...others] = parent.children.filter((child) => isNamed(child, namespace, name))
  require(first !== undefined && others.length === 0, 'encryption_form')
  return first
}
