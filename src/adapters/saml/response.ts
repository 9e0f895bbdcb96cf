import { RolegateError } from '../../domain/errors.ts'
import type { Placed } from './canonical.ts'
import { decrypted, type Opening } from './decrypt.ts'
import { decodeField, isAssertion, readMessage, signatureOf } from './message.ts'
import { attributeOf, childrenNamed, everyElement, isNamed, SAML, SAMLP } from './names.ts'
import { require } from './refusal.ts'
import { signedTextOf, type Trust } from './signature.ts'
import { readStrictXml, type XmlElement } from './strict-xml.ts'

/** A Response whose assertion is covered by a valid signature. Both were read from signed bytes wherever there are any. */
export type SignedResponse = {
  readonly response: XmlElement
  readonly responseIsSigned: boolean
  readonly assertion: XmlElement
}

/**
 * Opens the form field SAMLResponse: bounds, strict reading, structure, signatures, decryption. What it answers is signed by
 * the IdP; whether it is for us, now, and about this browser is profile.ts's question. Refuses with `sign_in_rejected`.
 */
export async function openResponse(field: string, trust: Trust & Opening): Promise<SignedResponse> {
  const received = readMessage(decodeField(field))
  requireResponseForm(received.element)
  const { placed: response, isSigned } = await believed(received, trust)
  const assertion = await assertionIn(response, isSigned, trust)
  return { response: response.element, responseIsSigned: isSigned, assertion }
}

/** security.md S-8, S-9, S-30: a Response of version 2.0 with known children, and one assertion in the whole document. */
function requireResponseForm(root: XmlElement): void {
  require(isNamed(root, SAMLP, 'Response'), 'not_a_response')
  require(attributeOf(root, 'Version') === '2.0', 'version')
  require(attributeOf(root, 'ID') !== undefined, 'response_form')
  const kept = root.children.filter((child) => child !== signatureOf(root))
  const [issuer, status, assertion, ...others] = kept
  // saml-core-2.0 §3.2.2.2: one of SAML's own words, which the page explains.
  const code = isNamed(status, SAMLP, 'Status') ? attributeOf(status.children[0] ?? status, 'Value') : undefined
  require(isNamed(issuer, SAML, 'Issuer') && code !== undefined, 'response_form')
  if (code !== `${STATUS}Success`) {
    const word = statusWord(status)
    throw new RolegateError('sign_in_rejected', { idpSaid: word }, { reason: `saml_status:${word}` })
  }
  require(assertion !== undefined && others.length === 0, 'response_form')
  const assertions = everyElement(root).filter(
    (element) => isAssertion(element) || isNamed(element, SAML, 'EncryptedAssertion'),
  )
  require(assertions.length === 1 && assertions[0] === assertion, 'assertion_count')
}

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:'

/** The innermost of SAML's own status words, such as AuthnFailed. */
function statusWord(status: XmlElement | undefined): string {
  const values = status === undefined ? [] : everyElement(status).map((each) => attributeOf(each, 'Value') ?? '')
  const word = values.findLast((value) => value.startsWith(STATUS))?.slice(STATUS.length) ?? ''
  return /^[A-Za-z]{1,40}$/.test(word) ? word : 'unknown'
}

/** The message as it was signed, or as it came when it carries no signature. */
async function believed(placed: Placed, trust: Trust): Promise<{ placed: Placed; isSigned: boolean }> {
  const signature = signatureOf(placed.element)
  if (signature === undefined) return { placed, isSigned: false }
  const text = await signedTextOf(placed, signature, trust)
  return { placed: { text, element: readStrictXml(text) }, isSigned: true }
}

async function assertionIn(response: Placed, responseIsSigned: boolean, trust: Trust & Opening): Promise<XmlElement> {
  const last = response.element.children.at(-1)
  require(last !== undefined, 'response_form')
  // security.md S-32: what was encrypted meets the same gate as what was not.
  const placed = isAssertion(last) ? { ...response, element: last } : readMessage(decrypted(last, trust), response)
  require(isAssertion(placed.element), 'not_an_assertion')
  const inner = everyElement(placed.element).filter(
    (element) => isAssertion(element) || isNamed(element, SAML, 'EncryptedAssertion'),
  )
  require(inner.length === 1, 'assertion_count')
  const { placed: assertion, isSigned } = await believed(placed, trust)
  require(isSigned || responseIsSigned, 'unsigned')
  return assertion.element
}

export const issuerOf = (element: XmlElement): XmlElement | undefined => childrenNamed(element, SAML, 'Issuer')[0]
