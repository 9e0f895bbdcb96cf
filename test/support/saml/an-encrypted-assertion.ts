import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { sp, type Holder } from './a-saml-world.ts'
import { ASSERTION, DSIG, SHA1, SHA256, XENC, XENC11 } from './names.ts'

type Cipher = 'aes128-gcm' | 'aes256-gcm' | 'aes128-cbc' | 'aes256-cbc' | 'tripledes-cbc'
type KeyTransport = 'rsa-oaep-mgf1p' | 'rsa-oaep' | 'rsa-1_5'

export type EncryptionShape = {
  readonly for: Holder
  readonly cipher: Cipher
  readonly keyTransport: KeyTransport
  /** EncryptedKey inside EncryptedData's KeyInfo, or beside EncryptedData with a RetrievalMethod that points at it. */
  readonly keyPlace: 'inside' | 'beside'
  readonly prefix: string
  /** The sealed bytes, after they were made. */
  readonly bend: (sealed: Buffer) => Buffer
  readonly keyBytes: number
}

const CIPHERS = {
  'aes128-gcm': { node: 'aes-128-gcm', uri: `${XENC11}aes128-gcm`, key: 16, iv: 12 },
  'aes256-gcm': { node: 'aes-256-gcm', uri: `${XENC11}aes256-gcm`, key: 32, iv: 12 },
  'aes128-cbc': { node: 'aes-128-cbc', uri: `${XENC}aes128-cbc`, key: 16, iv: 16 },
  'aes256-cbc': { node: 'aes-256-cbc', uri: `${XENC}aes256-cbc`, key: 32, iv: 16 },
  'tripledes-cbc': { node: 'des-ede3-cbc', uri: `${XENC}tripledes-cbc`, key: 24, iv: 8 },
} as const

/** An EncryptedAssertion that opens to this text under the holder's key: AES-256-GCM and RSA-OAEP unless said otherwise. */
export function encryptedAssertion(text: string | Uint8Array, shape: Partial<EncryptionShape> = {}): string {
  const { cipher = 'aes256-gcm', keyTransport = 'rsa-oaep-mgf1p', keyPlace = 'inside', prefix = 'saml:' } = shape
  const { for: holder = sp, bend = (sealed: Buffer) => sealed } = shape
  const { uri, key: keyBytes } = CIPHERS[cipher]
  const key = randomBytes(keyBytes)
  const sealed = bend(seal(cipher, key, Buffer.from(text as string)))
  const wrapped = wrap(keyTransport, shape.keyBytes === undefined ? key : key.subarray(0, shape.keyBytes), holder)
  const encryptedKey =
    `<xenc:EncryptedKey xmlns:xenc="${XENC}" Id="_key">${METHODS[keyTransport]}` +
    `<xenc:CipherData><xenc:CipherValue>${wrapped.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
  const keyInfo = keyPlace === 'inside' ? encryptedKey : `<ds:RetrievalMethod Type="${XENC}EncryptedKey" URI="#_key"/>`
  const data =
    `<xenc:EncryptedData xmlns:xenc="${XENC}" Type="${XENC}Element"><xenc:EncryptionMethod Algorithm="${uri}"/>` +
    `<ds:KeyInfo xmlns:ds="${DSIG}">${keyInfo}</ds:KeyInfo>` +
    `<xenc:CipherData><xenc:CipherValue>${sealed.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`
  const declaration = prefix === '' ? `xmlns="${ASSERTION}"` : `xmlns:${prefix.slice(0, -1)}="${ASSERTION}"`
  return (
    `<${prefix}EncryptedAssertion ${declaration}>${data}${keyPlace === 'beside' ? encryptedKey : ''}` +
    `</${prefix}EncryptedAssertion>`
  )
}

/** XML Encryption 1.1 §5.2: the IV first, then the text, then for GCM the tag. */
function seal(name: Cipher, key: Buffer, plain: Buffer): Buffer {
  const { node, iv: ivBytes } = CIPHERS[name]
  const iv = randomBytes(ivBytes)
  if (name === 'aes128-gcm' || name === 'aes256-gcm') {
    const gcm = createCipheriv(node as 'aes-256-gcm', key, iv)
    return Buffer.concat([iv, gcm.update(plain), gcm.final(), gcm.getAuthTag()])
  }
  const cbc = createCipheriv(node, key, iv)
  return Buffer.concat([iv, cbc.update(plain), cbc.final()])
}

const METHODS: Readonly<Record<KeyTransport, string>> = {
  'rsa-oaep-mgf1p':
    `<xenc:EncryptionMethod Algorithm="${XENC}rsa-oaep-mgf1p">` +
    `<ds:DigestMethod xmlns:ds="${DSIG}" Algorithm="${SHA1}"/></xenc:EncryptionMethod>`,
  'rsa-oaep':
    `<xenc:EncryptionMethod Algorithm="${XENC11}rsa-oaep"><ds:DigestMethod xmlns:ds="${DSIG}" Algorithm="${SHA256}"/>` +
    `<xenc11:MGF xmlns:xenc11="${XENC11}" Algorithm="${XENC11}mgf1sha256"/></xenc:EncryptionMethod>`,
  'rsa-1_5': `<xenc:EncryptionMethod Algorithm="${XENC}rsa-1_5"/>`,
}

function wrap(keyTransport: KeyTransport, key: Buffer, { publicKey }: Holder): Buffer {
  switch (keyTransport) {
    case 'rsa-oaep-mgf1p':
      return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key)
    case 'rsa-oaep':
      return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key)
    case 'rsa-1_5':
      return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key)
  }
}
