import {
  constants,
  createCipheriv,
  createHash,
  publicEncrypt,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import {
  DSIG_NAMESPACE,
  SAML_NAMESPACE,
  samlResponseParts,
  signatureFor,
  signedInfoFor,
  type SamlAssertionRequest,
} from '../../domain/aws/saml-assertion.ts'
import type { Sha256 } from '../../domain/aws/session-name.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import { requirePurpose, type SamlKey } from './saml-keys.ts'

/** AWS STS API, AssumeRoleWithSAML, SAMLAssertion. */
const MOST_CHARACTERS = 100_000

/** The SAML response for AWS, in base64. It opens a role: handed to STS, never logged. */
export type MintSamlResponse = (request: SamlAssertionRequest) => Promise<string>

const signInPool = promisify(sign)
const sha256: Sha256 = (text) => createHash('sha256').update(text).digest()

/**
 * Signs our SAML assertion toward AWS (XML Signature 1.1, enveloped). `encryptTo`, a certificate in PEM, hides the signed
 * assertion from everybody but the owner of its key. More than AWS takes fails with `condition_unmet`.
 */
export function makeSamlMint(deps: { key: SamlKey; encryptTo?: string }): MintSamlResponse {
  const { privateKey, certificate } = requirePurpose(deps.key, 'aws-saml')
  const seal = deps.encryptTo === undefined ? undefined : makeEncryption(deps.encryptTo)

  return async function mint(request) {
    const parts = samlResponseParts(request, sha256)
    const [issuer, rest] = parts.assertion
    const digest = createHash('sha256').update(issuer).update(rest).digest('base64')
    const signedInfo = signedInfoFor(parts.assertionId, digest)
    // An RSA signature would hold the event loop for half a millisecond.
    const signature = await signInPool('sha256', Buffer.from(signedInfo), privateKey)
    const signed = issuer + signatureFor(signedInfo, signature.toString('base64'), certificate) + rest
    return requireSize(Buffer.from(parts.response.join(seal?.(signed) ?? signed)).toString('base64'))
  }
}

function requireSize(response: string): string {
  if (response.length <= MOST_CHARACTERS) return response
  throw unmet('assertion_size')
}

const XENC = 'http://www.w3.org/2001/04/xmlenc#'
const NONCE = 12

/** XML Encryption 1.1: AES-256-GCM under a key of its own, and that under RSA-OAEP. Signed first, then encrypted. */
function makeEncryption(certificatePem: string): (assertion: string) => string {
  const publicKey = rsaKeyOf(certificatePem)
  return (assertion) => {
    const [key, nonce] = [randomBytes(32), randomBytes(NONCE)]
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const sealed = Buffer.concat([nonce, cipher.update(assertion, 'utf8'), cipher.final(), cipher.getAuthTag()])
    // rsa-oaep-mgf1p is defined with SHA-1, whose weakness is no matter here: OAEP needs no collision resistance.
    const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
    return encryptedAssertion(publicEncrypt(oaep, key).toString('base64'), sealed.toString('base64'))
  }
}

function rsaKeyOf(certificatePem: string): KeyObject {
  const { publicKey } = new X509Certificate(certificatePem)
  if (publicKey.asymmetricKeyType === 'rsa') return publicKey
  throw new RolegateError('config_invalid', {}, { reason: 'encryption_needs_rsa' })
}

const encryptedAssertion = (key: string, sealed: string): string =>
  `<saml:EncryptedAssertion ${SAML_NAMESPACE}><xenc:EncryptedData xmlns:xenc="${XENC}" Type="${XENC}Element">` +
  `<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"></xenc:EncryptionMethod>` +
  `<ds:KeyInfo ${DSIG_NAMESPACE}><xenc:EncryptedKey>` +
  `<xenc:EncryptionMethod Algorithm="${XENC}rsa-oaep-mgf1p">` +
  `<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></ds:DigestMethod></xenc:EncryptionMethod>` +
  `<xenc:CipherData><xenc:CipherValue>${key}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>` +
  `<xenc:CipherData><xenc:CipherValue>${sealed}</xenc:CipherValue></xenc:CipherData>` +
  `</xenc:EncryptedData></saml:EncryptedAssertion>`
