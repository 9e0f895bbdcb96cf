import { createHash, timingSafeEqual, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { canonicalOf, type Placed } from './canonical.ts'
import { attributeOf, childrenNamed, DSIG, everyElement, EXCLUSIVE_C14N, isNamed } from './names.ts'
import { require } from './refusal.ts'
import { readStrictXml, type XmlElement } from './strict-xml.ts'

/** security.md S-14: what a signature and a digest may be made with. SHA-1 only where the operator allows it. */
const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'sha512'],
])
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
])
const RSA_SHA1 = `${DSIG}rsa-sha1`
const SHA1 = `${DSIG}sha1`
/** Each of them is looked up at each element. */
const MOST_PREFIXES = 20
const ENVELOPED = `${DSIG}enveloped-signature`

export type Trust = {
  /** The IdP's keys, from its metadata and nowhere else (security.md S-15). */
  readonly keys: readonly KeyObject[]
  readonly allowSha1: boolean
}

const verifyAsync = promisify(verify)

/**
 * Checks the enveloped signature of an element and answers the bytes it covered, as text: whatever is believed is read from
 * those (security.md S-17). Nothing of KeyInfo is looked at. Refuses with `sign_in_rejected`.
 */
export async function signedTextOf({ text, element }: Placed, signature: XmlElement, trust: Trust): Promise<string> {
  const [signedInfo, value, keyInfo, ...others] = signature.children
  const wellMade =
    isNamed(signedInfo, DSIG, 'SignedInfo') &&
    isNamed(value, DSIG, 'SignatureValue') &&
    (keyInfo === undefined || isNamed(keyInfo, DSIG, 'KeyInfo')) &&
    others.length === 0
  require(wellMade, 'signature_form')

  // Looked over before it is canonicalised, so that a stranger cannot make it long work; then read again from the bytes that
  // were signed (CVE-2025-29774, CVE-2025-29775).
  const { ownPrefixes } = readSignedInfo(signedInfo, trust)
  const statement = canonicalOf({ text, element: signedInfo }, { inclusivePrefixes: ownPrefixes })
  const claim = readSignedInfo(readStrictXml(statement), trust)
  require(claim.uri === `#${attributeOf(element, 'ID') ?? ''}` && claim.uri.length > 1, 'reference')

  await requireSigned(statement, claim.hash, decodeStrictBase64(value.text), trust)

  const covered = canonicalOf({ text, element }, { without: signature, inclusivePrefixes: claim.prefixes })
  const digest = createHash(claim.digestHash).update(covered).digest()
  require(digest.length === claim.digest.length && timingSafeEqual(digest, claim.digest), 'digest')
  return covered
}

/** As many as a SignedInfo of our form can have. */
const MOST_IN_SIGNED_INFO = 14

/** security.md S-12, S-13: one reference, to the parent, enveloped-signature and then exclusive C14N. */
function readSignedInfo(signedInfo: XmlElement, { allowSha1 }: Trust) {
  require(signedInfo.children.length === 3, 'signed_info')
  // Nothing hides in a leaf: whoever sends it decides how long canonicalising it takes.
  require(everyElement(signedInfo).length <= MOST_IN_SIGNED_INFO, 'signed_info')
  const method = only(signedInfo, 'CanonicalizationMethod')
  require(attributeOf(method, 'Algorithm') === EXCLUSIVE_C14N, 'canonicalization')
  const signatureMethod = attributeOf(leaf(signedInfo, 'SignatureMethod'), 'Algorithm') ?? ''
  const hash = SIGNATURES.get(signatureMethod) ?? (allowSha1 && signatureMethod === RSA_SHA1 ? 'sha1' : undefined)
  require(hash !== undefined, 'signature_algorithm')

  const reference = only(signedInfo, 'Reference')
  require(reference.children.length === 3, 'reference')
  const [enveloped, exclusive, ...others] = only(reference, 'Transforms').children
  const asAsked =
    isNamed(enveloped, DSIG, 'Transform') &&
    attributeOf(enveloped, 'Algorithm') === ENVELOPED &&
    // Some write the other transform's prefixes here as well, where they say nothing.
    enveloped.children.every(({ name, children }) => name === 'InclusiveNamespaces' && children.length === 0) &&
    isNamed(exclusive, DSIG, 'Transform') &&
    attributeOf(exclusive, 'Algorithm') === EXCLUSIVE_C14N &&
    others.length === 0
  require(asAsked, 'transforms')
  const digestMethod = attributeOf(leaf(reference, 'DigestMethod'), 'Algorithm') ?? ''
  const digestHash = DIGESTS.get(digestMethod) ?? (allowSha1 && digestMethod === SHA1 ? 'sha1' : undefined)
  require(digestHash !== undefined, 'digest_algorithm')
  return {
    hash,
    ownPrefixes: prefixesOf(method),
    uri: attributeOf(reference, 'URI') ?? '',
    prefixes: prefixesOf(exclusive),
    digestHash,
    digest: decodeStrictBase64(leaf(reference, 'DigestValue').text),
  }
}

/** Exclusive XML Canonicalization 1.0 §2: the prefixes that count as used; `#default` is the default namespace. */
function prefixesOf(method: XmlElement): readonly string[] {
  const [inclusive, ...others] = method.children
  if (inclusive === undefined) return []
  const isList = isNamed(inclusive, EXCLUSIVE_C14N, 'InclusiveNamespaces') && inclusive.children.length === 0
  require(isList && others.length === 0, 'transforms')
  const prefixes = (attributeOf(inclusive, 'PrefixList') ?? '').split(' ').filter((prefix) => prefix !== '')
  require(prefixes.length <= MOST_PREFIXES, 'transforms')
  return prefixes
}

/** Any of the IdP's keys will do: two are in use while one follows the other (security.md S-16). */
async function requireSigned(statement: string, hash: string, value: Buffer, { keys }: Trust): Promise<void> {
  const data = Buffer.from(statement)
  for (const key of keys) if (await verifyAsync(hash, data, key, value)) return
  require(false, 'signature')
}

function only(parent: XmlElement, name: string): XmlElement {
  const [first, ...others] = childrenNamed(parent, DSIG, name)
  require(first !== undefined && others.length === 0, 'signature_form')
  return first
}

function leaf(parent: XmlElement, name: string): XmlElement {
  const found = only(parent, name)
  require(found.children.length === 0, 'signed_info')
  return found
}

/** RFC 4648 §4 with the white space that XML Schema's base64Binary allows, or a refusal (security.md S-3). */
export function decodeStrictBase64(text: string): Buffer {
  const bare = text.replace(/[ \t\n\r]+/g, '')
  require(bare.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(bare), 'base64')
  return Buffer.from(bare, 'base64')
}
