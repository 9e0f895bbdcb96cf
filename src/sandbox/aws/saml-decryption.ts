import { constants, createDecipheriv, privateDecrypt } from 'node:crypto'
import { ENCRYPTION, ENCRYPTION_11, SIGNATURE } from './saml-names.ts'
import { childrenOf, type Element } from './xml-tree.ts'

/** Authenticated encryption only: CBC would make the demo a padding oracle (security.md S-33, S-34). */
const CIPHERS: ReadonlyMap<string, 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'> = new Map([
  [`${ENCRYPTION_11}aes128-gcm`, 'aes-128-gcm'],
  [`${ENCRYPTION_11}aes192-gcm`, 'aes-192-gcm'],
  [`${ENCRYPTION_11}aes256-gcm`, 'aes-256-gcm'],
])
const HASHES: ReadonlyMap<string, string> = new Map([
  [`${SIGNATURE}sha1`, 'sha1'],
  [`${ENCRYPTION}sha256`, 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  [`${ENCRYPTION}sha512`, 'sha512'],
  [`${ENCRYPTION_11}mgf1sha1`, 'sha1'],
  [`${ENCRYPTION_11}mgf1sha256`, 'sha256'],
  [`${ENCRYPTION_11}mgf1sha384`, 'sha384'],
  [`${ENCRYPTION_11}mgf1sha512`, 'sha512'],
])
const VECTOR_BYTES = 12
const TAG_BYTES = 16

/**
 * The assertion inside an EncryptedAssertion, by the first of these keys that opens it, or undefined: which step failed
 * is not told apart (security.md S-34). Source: XML Encryption 1.1 §5.2.4 and §5.5.2.
 */
export function decryptAssertion(encrypted: Element, privateKeys: readonly string[]): string | undefined {
  for (const privateKey of privateKeys) {
    try {
      return openWith(encrypted, privateKey)
    } catch {
      // Not this one.
    }
  }
  return undefined
}

function openWith(encrypted: Element, privateKey: string): string {
  const data = requireOne(childrenOf(encrypted, ENCRYPTION, 'EncryptedData'))
  const encryptedKey = requireOne([
    ...childrenOf(encrypted, ENCRYPTION, 'EncryptedKey'),
    ...childrenOf(data, SIGNATURE, 'KeyInfo').flatMap((info) => childrenOf(info, ENCRYPTION, 'EncryptedKey')),
  ])
  const cipher = CIPHERS.get(algorithmOf(methodOf(data)) ?? '')
  if (cipher === undefined) throw new Error('another cipher')
  const oaepHash = oaepHashOf(methodOf(encryptedKey))
  const key = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
    cipherBytesOf(encryptedKey),
  )
  const bytes = cipherBytesOf(data)
  const decipher = createDecipheriv(cipher, key, bytes.subarray(0, VECTOR_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const clear = Buffer.concat([decipher.update(bytes.subarray(VECTOR_BYTES, -TAG_BYTES)), decipher.final()])
  return new TextDecoder('utf-8', { fatal: true }).decode(clear)
}

/** The one hash of an RSA-OAEP key transport: node:crypto has one for the digest and the mask alike. */
function oaepHashOf(method: Element): string {
  const hashNamed = (namespace: string, name: string): string | undefined => {
    const [named] = childrenOf(method, namespace, name)
    return HASHES.get(algorithmOf(named) ?? `${SIGNATURE}sha1`)
  }
  const digest = hashNamed(SIGNATURE, 'DigestMethod')
  // `rsa-oaep-mgf1p` has its mask fixed: MGF1 with SHA-1.
  const mask = algorithmOf(method) === `${ENCRYPTION}rsa-oaep-mgf1p` ? 'sha1' : hashNamed(ENCRYPTION_11, 'MGF')
  const isOaep = [`${ENCRYPTION}rsa-oaep-mgf1p`, `${ENCRYPTION_11}rsa-oaep`].includes(algorithmOf(method) ?? '')
  if (!isOaep || digest === undefined || digest !== mask) throw new Error('another key transport')
  return digest
}

const methodOf = (element: Element): Element => requireOne(childrenOf(element, ENCRYPTION, 'EncryptionMethod'))
const algorithmOf = (element: Element | undefined): string | undefined => element?.attributes.get('Algorithm')

const cipherBytesOf = (element: Element): Buffer => {
  const data = requireOne(childrenOf(element, ENCRYPTION, 'CipherData'))
  return Buffer.from(requireOne(childrenOf(data, ENCRYPTION, 'CipherValue')).text, 'base64')
}

function requireOne(elements: readonly Element[]): Element {
  const [only, second] = elements
  if (only === undefined || second !== undefined) throw new Error('not exactly one')
  return only
}
