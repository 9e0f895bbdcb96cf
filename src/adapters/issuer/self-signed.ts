import { createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto'
import { RolegateError } from '../../domain/errors.ts'

/** RFC 5280 §4.2.1.3, by the number of the bit. */
const KEY_USAGE = { sign: 0, decrypt: 2 } as const

export type SelfSignedRequest = {
  /** RSA, or EC P-256. */
  readonly privateKey: KeyObject
  readonly commonName: string
  readonly use: keyof typeof KEY_USAGE
  readonly now: Date
}

const DAY = 24 * 60 * 60 * 1000
const VALID_DAYS = 3652
/** RFC 5280, ub-common-name. */
const MOST_COMMON_NAME = 64

/**
 * An X.509 v3 certificate (RFC 5280) of a key by itself, in PEM, for those who take a public key in no other form. Nobody
 * derives trust from it: AWS and IdPs compare it with the one in our metadata. Valid from yesterday for ten years.
 */
export function selfSignedCertificate({ privateKey, commonName, use, now }: SelfSignedRequest): string {
  const algorithm = algorithmOf(privateKey)
  const name = sequence(set(sequence(oid('550403'), utf8(commonName.slice(0, MOST_COMMON_NAME)))))
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const from = now.getTime() - DAY
  const body = sequence(
    tagged(0, integer(Buffer.of(2))),
    integer(serialNumber()),
    algorithm,
    name,
    sequence(time(new Date(from)), time(new Date(from + VALID_DAYS * DAY))),
    name,
    spki,
    tagged(
      3,
      sequence(
        // basicConstraints: no certificate authority. Both are critical.
        extension('551d13', sequence(), true),
        extension('551d0f', bit(KEY_USAGE[use]), true),
        // RFC 7093 §2, method 4.
        extension('551d0e', octets(createHash('sha256').update(spki).digest().subarray(0, 20)), false),
      ),
    ),
  )
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, privateKey)))
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** Always with SHA-256. RFC 4055 §5 wants NULL parameters, RFC 5758 §3.2 wants none. */
function algorithmOf({ asymmetricKeyType }: KeyObject): Buffer {
  if (asymmetricKeyType === 'rsa') return sequence(oid('2a864886f70d01010b'), der(0x05))
  if (asymmetricKeyType === 'ec') return sequence(oid('2a8648ce3d040302'))
  throw new RolegateError('internal', {}, { reason: 'certificate_needs_rsa_or_ec' })
}

/** 127 random bits, positive and never short (RFC 5280 §4.1.2.2). */
function serialNumber(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

// ── DER, as far as a certificate needs it written (ITU-T X.690) ──────────────────────────────────────────────────────

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content])
}

function lengthOf({ length }: Uint8Array): Buffer {
  if (length < 0x80) return Buffer.of(length)
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff)
}

const sequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items)
const set = (...items: readonly Uint8Array[]): Buffer => der(0x31, ...items)
const tagged = (number: number, item: Uint8Array): Buffer => der(0xa0 | number, item)
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes)
const bits = (bytes: Uint8Array): Buffer => der(0x03, Buffer.of(0), bytes)
/** A bit string with this one of its first eight bits set, and nothing after it. */
const bit = (number: number): Buffer => der(0x03, Buffer.of(7 - number, 0x80 >> number))
const extension = (id: string, value: Uint8Array, critical: boolean): Buffer =>
  sequence(oid(id), ...(critical ? [der(0x01, Buffer.of(0xff))] : []), octets(value))

/** RFC 5280 §4.1.2.5: two digits of the year until 2049, four from 2050 on. */
function time(at: Date): Buffer {
  const digits = `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}
