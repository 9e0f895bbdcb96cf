import { verify, X509Certificate } from 'node:crypto'
import type { ContentCipher } from './behaviour.ts'
import { SamlRefusal } from './refusal.ts'
import { loadSamlify } from './samlify.ts'
import { bodyOf, type SigningKey } from './signing-key.ts'

/** The Redirect binding's: over the query as it was sent. */
export type DetachedSignature = { readonly octets: string; readonly algorithm: string; readonly value: Buffer }

export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const HASHES = new Map([
  [RSA_SHA256, 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'sha512'],
])
const CIPHERS: Readonly<Record<ContentCipher, string>> = {
  'aes128-gcm': 'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  'aes256-gcm': 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  'aes128-cbc': 'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
}

/**
 * The document with its root signed: RSA-SHA256, exclusive C14N, the signature after the root's Issuer. By samlify,
 * since the gateway verifies with other code: a test proves nothing if writer and reader share their mistakes.
 */
export async function signed(xml: string, { privateKeyPem, certificatePem }: SigningKey): Promise<string> {
  const { SamlLib } = await loadSamlify()
  return SamlLib.constructSAMLSignature({
    rawSamlMessage: xml,
    referenceTagXPath: '/*',
    privateKey: privateKeyPem,
    signingCert: bodyOf(certificatePem),
    signatureAlgorithm: RSA_SHA256,
    signatureConfig: { prefix: 'ds', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } },
    isBase64Output: false,
  })
}

/** The response with its one assertion encrypted to a certificate: a new content key each time, sent by RSA-OAEP. */
export async function encrypted(response: string, certificatePem: string, cipher: ContentCipher): Promise<string> {
  const { SamlLib } = await loadSamlify()
  const source = {
    entitySetting: {
      isAssertionEncrypted: true,
      dataEncryptionAlgorithm: CIPHERS[cipher],
      keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
      tagPrefix: { encryptedAssertion: 'saml' },
    },
  }
  const target = { entityMeta: { getX509Certificate: () => bodyOf(certificatePem) } }
  type Entity = Parameters<typeof SamlLib.encryptAssertion>[0]
  // The two fields that encryptAssertion reads of each; a whole entity would bring samlify's own metadata with it.
  const base64 = await SamlLib.encryptAssertion(source as unknown as Entity, target as unknown as Entity, response)
  return Buffer.from(base64, 'base64').toString('utf8')
}

/** Fails unless the Redirect binding's signature is this certificate's, over the query as it came. */
export function requireDetached({ octets, algorithm, value }: DetachedSignature, certificatePem: string): void {
  const hash = HASHES.get(algorithm)
  const { publicKey } = new X509Certificate(certificatePem)
  if (hash === undefined || !verify(hash, Buffer.from(octets), publicKey, value)) {
    throw new SamlRefusal('The signature of the message is not the gateway’s.')
  }
}

const SIGNATURE = /<(?:[\w.-]+:)?Signature[\s>]/g

/** True when there is a signature in the document, genuine or not. */
export const isEnveloped = (xml: string): boolean => xml.search(SIGNATURE) >= 0

/** Fails unless the root of the document, which has this id, is signed inside it with this certificate's key. */
export async function requireEnveloped(xml: string, id: string, certificatePem: string): Promise<void> {
  const { SamlLib, Extractor } = await loadSamlify()
  const metadata = { getX509Certificate: () => bodyOf(certificatePem) }
  type Options = Parameters<typeof SamlLib.verifySignature>[1]
  const signedInfo = ['~Request', 'Signature', 'SignedInfo']
  const { method, reference } = Extractor.extract(xml, [
    { key: 'method', localPath: [...signedInfo, 'SignatureMethod'], attributes: ['Algorithm'] },
    { key: 'reference', localPath: [...signedInfo, 'Reference'], attributes: ['URI'] },
  ])
  // One signature and no more: samlify would be content with any of several.
  const isOne = [...xml.matchAll(SIGNATURE)].length === 1
  const isAllowed = typeof method === 'string' && HASHES.has(method)
  const isOurs = isOne && isAllowed && reference === `#${id}` && isVerified()
  if (!isOurs) throw new SamlRefusal('The signature of the message is not the gateway’s.')

  function isVerified(): boolean {
    try {
      return SamlLib.verifySignature(xml, { metadata } as unknown as Options)[0]
    } catch {
      return false
    }
  }
}
