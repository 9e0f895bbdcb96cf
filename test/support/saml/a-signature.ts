import { ParseOption, XmlC14NMode, XmlDocument, type XmlElement } from 'libxml2-wasm'
import { createHash, sign, type KeyObject } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import { bareCertificate, idp, type Holder } from './a-saml-world.ts'
import * as names from './names.ts'

/** How an honest IdP signs. */
export type SignatureShape = {
  readonly by: Holder
  /** Whose certificate stands in KeyInfo; null leaves KeyInfo out. */
  readonly certificate: string | null
  readonly algorithm: string
  readonly digest: string
  readonly prefix: 'ds' | 'dsig' | ''
  /** InclusiveNamespaces of the reference's exclusive C14N. */
  readonly prefixList: readonly string[]
}

const HONEST: SignatureShape = {
  by: idp,
  certificate: idp.certificate,
  algorithm: names.RSA_SHA256,
  digest: names.SHA256,
  prefix: 'ds',
  prefixList: [],
}

const HASHES: Readonly<Record<string, string>> = {
  [names.SHA1]: 'sha1',
  [names.SHA256]: 'sha256',
  [names.SHA384]: 'sha384',
  [names.SHA512]: 'sha512',
  [names.RSA_SHA1]: 'sha1',
  [names.RSA_SHA256]: 'sha256',
  [names.RSA_SHA384]: 'sha384',
  [names.RSA_SHA512]: 'sha512',
}

/** The document with the element of this ID signed by xml-crypto; the rest of its text stays as it was. */
export function signed(xml: string, id: string, shape: Partial<SignatureShape> = {}): string {
  const { by, certificate, algorithm, digest, prefix, prefixList } = { ...HONEST, ...shape }
  const signer = new SignedXml({
    privateKey: by.privateKey,
    ...(certificate !== null && { publicCert: certificate }),
    signatureAlgorithm: algorithm,
    canonicalizationAlgorithm: names.EXCLUSIVE,
    getKeyInfoContent: certificate === null ? () => null : SignedXml.getKeyInfoContent,
  })
  signer.HashAlgorithms[names.SHA384] = Sha384
  signer.SignatureAlgorithms[names.RSA_SHA384] = RsaSha384
  signer.addReference({
    xpath: `//*[@ID="${id}"]`,
    transforms: [names.ENVELOPED, names.EXCLUSIVE],
    digestAlgorithm: digest,
    inclusiveNamespacesPrefixList: [...prefixList],
  })
  signer.computeSignature(xml, { prefix, location: { reference: `//*[@ID="${id}"]`, action: 'append' } })
  return withSignature(xml, id, signer.getSignatureXml())
}

/** xml-crypto has no SHA-384 of its own. */
class Sha384 {
  getHash = (xml: string): string => createHash('sha384').update(xml).digest('base64')
  getAlgorithmName = (): string => names.SHA384
}

class RsaSha384 {
  getSignature = (content: unknown, key: unknown): string =>
    sign('sha384', Buffer.from(String(content)), key as KeyObject).toString('base64')
  verifySignature = (): boolean => false
  getAlgorithmName = (): string => names.RSA_SHA384
}

/** SAML Core §5.4.1: the signature follows the Issuer, or comes first where there is none. */
export function withSignature(xml: string, id: string, signature: string): string {
  const startTag = new RegExp(`<[^<>]* ID="${id}"[^<>]*>`).exec(xml)
  if (startTag === null) throw new Error(`nothing in the document has the ID ${id}`)
  const inside = startTag.index + startTag[0].length
  const issuer = /^\s*<(?:[\w-]+:)?Issuer\b[^>]*?(?:\/>|>[^<]*<\/(?:[\w-]+:)?Issuer\s*>)/.exec(xml.slice(inside))
  const at = inside + (issuer?.[0].length ?? 0)
  return xml.slice(0, at) + signature + xml.slice(at)
}

/** Every part of a signature that can be made other than it should be. The honest part is handed in, what is sent comes out. */
export type HandSignature = {
  readonly transforms: string
  /** The bytes to digest, in place of the canonical form of the element. */
  readonly digested: (honest: string) => string
  readonly digestMethod: string
  readonly referenceUri: string | null
  readonly references: (honest: string) => string
  readonly canonicalizationMethod: string
  readonly signatureMethod: string
  readonly signatureMethodContent: string
  readonly signedInfo: (honest: string) => string
  /** Signs the canonical form of SignedInfo. */
  readonly sign: (statement: Buffer) => Uint8Array
  readonly statement: (honest: string) => string
  readonly value: (honest: string) => string
  readonly keyInfo: string
  /** The finished Signature element, after it was computed. */
  readonly signature: (honest: string) => string
  /** Where it is put. */
  readonly place: (xml: string, id: string, signature: string) => string
  readonly prefix: string
  /** What stands between the elements of the signature. */
  readonly between: string
  readonly line: number
}

export const HONEST_TRANSFORMS =
  `<ds:Transforms><ds:Transform Algorithm="${names.ENVELOPED}"/>` +
  `<ds:Transform Algorithm="${names.EXCLUSIVE}"/></ds:Transforms>`

const same = (honest: string): string => honest

/**
 * The document with the element of this ID signed by hand: SignedInfo is written here, canonicalised by libxml2 where it stands
 * and signed by node:crypto, so that a signature with a fault in one place is sound in every other.
 */
export function handSigned(xml: string, id: string, bend: Partial<HandSignature> = {}): string {
  const { transforms = HONEST_TRANSFORMS, digested = same, digestMethod = names.SHA256 } = bend
  const { referenceUri = `#${id}`, references = same, signedInfo = same, statement = same, value = same } = bend
  const { canonicalizationMethod = names.EXCLUSIVE, signatureMethod = names.RSA_SHA256 } = bend
  const { signature = same, place = withSignature, signatureMethodContent = '', keyInfo = '' } = bend
  const { sign: signBytes = (bytes) => sign(HASHES[signatureMethod] ?? 'sha256', bytes, idp.privateKey) } = bend

  const digest = createHash(HASHES[digestMethod] ?? 'sha256')
    .update(digested(canonicalForm(xml, `//*[@ID="${id}"]`)))
    .digest('base64')
  const reference =
    `<ds:Reference${referenceUri === null ? '' : ` URI="${referenceUri}"`}>${transforms}` +
    `<ds:DigestMethod Algorithm="${digestMethod}"/><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`
  const info = signedInfo(
    `<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${canonicalizationMethod}"/>` +
      `<ds:SignatureMethod Algorithm="${signatureMethod}">${signatureMethodContent}</ds:SignatureMethod>` +
      `${references(reference)}</ds:SignedInfo>`,
  )
  const around = (text: string) => layOut(`<ds:Signature xmlns:ds="${names.DSIG}">${info}${text}</ds:Signature>`, bend)
  const empty = place(xml, id, around('<ds:SignatureValue/>'))
  const mode = canonicalizationMethod === names.INCLUSIVE ? 'inclusive' : 'exclusive'
  const canonical = statement(canonicalForm(empty, UNFINISHED_INFO, mode))
  const signatureValue = Buffer.from(signBytes(Buffer.from(canonical))).toString('base64')
  const made = around(`<ds:SignatureValue>${value(signatureValue)}</ds:SignatureValue>${keyInfo}`)
  return place(xml, id, signature(made))
}

/** The SignedInfo, of possibly several signatures, that still waits for its value. */
const UNFINISHED_INFO = '//*[local-name()="SignedInfo"][../*[local-name()="SignatureValue" and not(node())]]'

/** Another prefix, line breaks between the elements and inside long values, as xmlsec and its users write. */
function layOut(signature: string, { prefix = 'ds', between = '', line = 0 }: Partial<HandSignature>): string {
  const broken = line === 0 ? signature : signature.replace(/[\w+/=]{65,}(?=<)/g, (text) => brokenAt(text, line))
  const spaced = between === '' ? broken : broken.replaceAll('><', `>${between}<`)
  if (prefix === 'ds') return spaced
  const renamed =
    prefix === '' ? spaced.replaceAll(/(<\/?)ds:/g, '$1') : spaced.replaceAll(/(<\/?)ds:/g, `$1${prefix}:`)
  return renamed.replace('xmlns:ds=', prefix === '' ? 'xmlns=' : `xmlns:${prefix}=`)
}

const brokenAt = (text: string, width: number): string => `\n${text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n')}\n`

export const keyInfoOf = (certificate: string): string =>
  `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bareCertificate(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`

/** The canonical form, by libxml2, of the one element that an XPath finds, where it stands. */
export function canonicalForm(
  xml: string,
  xpath: string,
  mode: 'exclusive' | 'inclusive' = 'exclusive',
  withComments = false,
): string {
  const document = XmlDocument.fromString(xml, { option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_HUGE })
  try {
    const found = document.get(xpath) as XmlElement | null
    if (found === null) throw new Error(`nothing at ${xpath}`)
    return found.canonicalizeToString({
      mode: mode === 'exclusive' ? XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 : XmlC14NMode.XML_C14N_1_0,
      withComments,
    })
  } finally {
    document.dispose()
  }
}
