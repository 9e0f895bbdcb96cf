import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { bitString, explicit, integer, nothing, objectId, sequence, setOf, utcTime, utf8 } from './der.ts'

/** An RSA key of the demo, with the certificate that metadata shows it in. */
export type SigningKey = { readonly privateKeyPem: string; readonly certificatePem: string }

const DAY = 24 * 60 * 60 * 1000
/** sha256WithRSAEncryption, 1.2.840.113549.1.1.11 */
const SHA256_WITH_RSA = sequence(objectId('2a864886f70d01010b'), nothing())
/** commonName, 2.5.4.3 */
const COMMON_NAME = objectId('550403')

/** A new RSA-2048 key in a self-signed certificate of ninety days: longer than any demo, and of no use after it. */
export async function makeSigningKey(
  name: string,
  { now, random }: { readonly now: () => Date; readonly random: (bytes: number) => Uint8Array },
): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const subject = sequence(setOf(sequence(COMMON_NAME, utf8(name))))
  const from = now().getTime() - DAY
  const certificate = sequence(
    explicit(0, integer(Buffer.from([2]))),
    // A first byte of 1 makes it positive and never empty (RFC 5280 §4.1.2.2).
    integer(Buffer.concat([Buffer.from([1]), random(8)])),
    SHA256_WITH_RSA,
    subject,
    sequence(utcTime(new Date(from)), utcTime(new Date(from + 91 * DAY))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = bitString(sign('sha256', certificate, privateKey))
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: pemOf(sequence(certificate, SHA256_WITH_RSA, signature)),
  }
}

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`

/** A certificate as XML carries it: base64 on one line. */
export const bodyOf = (certificatePem: string): string =>
  certificatePem.replace(/-----(BEGIN|END) CERTIFICATE-----|\s/g, '')
