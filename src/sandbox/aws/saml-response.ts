import { Refusal } from './refusal.ts'
import { decryptAssertion } from './saml-decryption.ts'
import { ASSERTION, ENCRYPTION, PROTOCOL, SIGNATURE } from './saml-names.ts'
import { allOf, childrenOf, parseXml, type Element } from './xml-tree.ts'

/** A response that is put together as one should be, its assertion in the clear. Nothing in it is verified yet. */
export type OpenedResponse = {
  /** As it came: signatures of the Response are over this. */
  readonly received: string
  /** As it reads after decryption: signatures of the assertion are over this. */
  readonly text: string
  readonly response: Element
  readonly assertion: Element
}

const SIGNATURE_METHODS = ['sha256', 'sha384', 'sha512'].map(
  (hash) => `http://www.w3.org/2001/04/xmldsig-more#rsa-${hash}`,
)
const DIGEST_METHODS = [`${ENCRYPTION}sha256`, 'http://www.w3.org/2001/04/xmldsig-more#sha384', `${ENCRYPTION}sha512`]
const ENVELOPED = `${SIGNATURE}enveloped-signature`
const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const ENCRYPTED = /<((?:[\w.-]+:)?)EncryptedAssertion[\s>][^]*<\/\1EncryptedAssertion\s*>/

/** From the wire. Fails with `InvalidIdentityToken` when it is odd in any way, or when none of the keys opens it. */
export async function openResponse(base64: string, privateKeys: readonly string[]): Promise<OpenedResponse> {
  const text = base64.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) throw invalid('not base64')
  return openText(utf8Of(Buffer.from(text, 'base64')), privateKeys)
}

async function openText(received: string, privateKeys: readonly string[]): Promise<OpenedResponse> {
  const before = await requireOrdinary(received)
  const [encrypted] = childrenOf(before.response, ASSERTION, 'EncryptedAssertion')
  if (encrypted === undefined) return { received, text: received, ...before }

  const clear = decryptAssertion(encrypted, privateKeys)
  if (clear === undefined) throw new Refusal('InvalidIdentityToken', 'Failed to decrypt the assertion.')
  const text = received.replace(ENCRYPTED, () => clear)
  const after = await requireOrdinary(text)
  if (after.assertion.name !== 'Assertion') throw invalid('no assertion inside the encrypted one')
  return { received, text, ...after }
}

/**
 * The assertion, read from the very bytes that one of these certificates signed. Anything around them is ignored
 * (security.md S-17).
 */
export async function requireSigned(
  opened: OpenedResponse,
  certificates: readonly string[],
  privateKeys: readonly string[],
): Promise<Element> {
  // Loaded with the first response and not at start, as libxml2 is.
  const { signedPart } = await import('./saml-signature.ts')
  const isWholeSigned = signaturesOf(opened.response) > 0
  const isCiphertextSigned = isWholeSigned && opened.text !== opened.received
  const part = signedPart(isCiphertextSigned ? opened.received : opened.text, certificates)
  if (part === undefined) throw notSigned('no signature that is right')
  const signed = isCiphertextSigned ? (await openText(part, privateKeys)).assertion : await parseXml(part)
  // Of two signatures samlify takes the one that is right. Only what the assertion's own was over comes without it.
  if (isWholeSigned && signaturesOf(signed) !== signaturesOf(opened.assertion)) throw notSigned('of two, one is wrong')
  return signed
}

const signaturesOf = (element: Element): number => childrenOf(element, SIGNATURE, 'Signature').length
const notSigned = (because: string): Refusal =>
  new Refusal('InvalidIdentityToken', 'Response signature invalid', because)

// ── What a response may look like ────────────────────────────────────────────────────────────────────────────────────

/** Checked before any signature: there must be no doubt what it covers (security.md S-4, S-8 to S-14). */
async function requireOrdinary(text: string): Promise<{ response: Element; assertion: Element }> {
  // No document type, comment, CDATA section or processing instruction.
  if (/<!|<\?/.test(text.replace(/^<\?xml [^?]*\?>/, ''))) throw invalid('markup beside elements')
  const response = await parseXml(text).catch(() => {
    throw invalid('not well-formed')
  })
  const { namespace, name, attributes } = response
  if (namespace !== PROTOCOL || name !== 'Response' || attributes.get('Version') !== '2.0') throw invalid('no Response')

  const all = allOf(response)
  const [assertion, ...others] = all.filter((element) => /^(Encrypted)?Assertion$/.test(element.name))
  const isOurs = assertion?.namespace === ASSERTION && response.children.includes(assertion)
  if (assertion === undefined || !isOurs || others.length > 0) throw invalid('not exactly one assertion')
  const ids = all.flatMap((element) => ['ID', 'Id', 'id'].flatMap((spelling) => element.attributes.get(spelling) ?? []))
  if (new Set(ids).size !== ids.length) throw invalid('one ID twice')
  requireOrdinarySignatures(all, [response, assertion])
  return { response, assertion }
}

function requireOrdinarySignatures(all: readonly Element[], parents: readonly Element[]): void {
  const expected = parents.flatMap((parent) => childrenOf(parent, SIGNATURE, 'Signature').slice(0, 1))
  if (all.filter(({ name }) => name === 'Signature').length !== expected.length) throw invalid('a stray signature')
  for (const parent of parents) {
    for (const signature of childrenOf(parent, SIGNATURE, 'Signature')) {
      if (!isOrdinary(signature, parent.attributes.get('ID') ?? '')) throw invalid('an odd signature')
    }
  }
}

/** One reference, to the element it stands in, by SAML's two transforms and algorithms one may trust. SAML 2.0 Core §5.4. */
function isOrdinary(signature: Element, id: string): boolean {
  const [info, secondInfo] = childrenOf(signature, SIGNATURE, 'SignedInfo')
  const [reference, secondReference] = childrenOf(info, SIGNATURE, 'Reference')
  const [transforms] = childrenOf(reference, SIGNATURE, 'Transforms')
  const algorithms = (parent: Element | undefined, name: string) =>
    childrenOf(parent, SIGNATURE, name).map(({ attributes }) => attributes.get('Algorithm') ?? '')
  const isOneOf = ([only, second]: readonly string[], allowed: readonly string[]) =>
    only !== undefined && second === undefined && allowed.includes(only)
  return (
    secondInfo === undefined &&
    secondReference === undefined &&
    id !== '' &&
    reference?.attributes.get('URI') === `#${id}` &&
    algorithms(transforms, 'Transform').join(' ') === `${ENVELOPED} ${EXCLUSIVE_C14N}` &&
    isOneOf(algorithms(info, 'CanonicalizationMethod'), [EXCLUSIVE_C14N]) &&
    isOneOf(algorithms(info, 'SignatureMethod'), SIGNATURE_METHODS) &&
    isOneOf(algorithms(reference, 'DigestMethod'), DIGEST_METHODS)
  )
}

function utf8Of(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw invalid('not UTF-8')
  }
}

const invalid = (because: string): Refusal =>
  new Refusal('InvalidIdentityToken', 'Your request included an invalid SAML response.', because)
