import { TextDecoder } from 'node:util'
import type { Placed } from './canonical.ts'
import { DSIG, everyElement, SAML, SAMLP, XENC } from './names.ts'
import { refused, require } from './refusal.ts'
import { NotStrictXml, readStrictXml, type XmlElement } from './strict-xml.ts'

/** contract.md, ACS limits. */
export const MOST_XML_BYTES = 256 * 1024
const MOST_FIELD_CHARACTERS = Math.ceil((MOST_XML_BYTES * 4) / 3) + 16_384

/** The XML of a form field, or a refusal: bounded before it is decoded (security.md S-2, S-3). */
export function decodeField(field: string): string {
  require(field.length <= MOST_FIELD_CHARACTERS, 'too_large')
  const bare = bareField(field)
  require(bare.length > 0 && bare.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(bare), 'base64')
  return decodeBytes(Buffer.from(bare, 'base64'))
}

/** A field's base64 on one line: some IdPs break it. */
export const bareField = (field: string): string => field.replace(/[\r\n]+/g, '')

/** UTF-8 and nothing else; a byte order mark is text before the root, and refused there. */
export function decodeBytes(bytes: Uint8Array): string {
  require(bytes.length <= MOST_XML_BYTES, 'too_large')
  try {
    // XML 1.0 §2.11: every reader makes line feeds of line ends.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r\n?/g, '\n')
  } catch (cause) {
    throw refused('encoding', cause)
  }
}

/**
 * A document read strictly, and the structural rules that hold for every message we take (security.md S-6 to S-12).
 * `around` is the message it was encrypted in: its ids count too.
 */
export function readMessage(text: string, around?: Placed): Placed {
  const element = readOrRefuse(text)
  const all = everyElement(element)
  requireSoundIds(around === undefined ? all : [...everyElement(around.element), ...all])
  requireSignaturesInPlace(element, all)
  return { text, element }
}

function readOrRefuse(text: string): XmlElement {
  try {
    return readStrictXml(text)
  } catch (cause) {
    if (cause instanceof NotStrictXml) throw refused('xml', cause)
    throw cause
  }
}

/** security.md S-10: every id once, spelled as its schema does, and never with a prefix (xml:id, wsu:Id). */
function requireSoundIds(all: readonly XmlElement[]): void {
  const ids = new Set<string>()
  for (const { namespace, attributes } of all) {
    const spelled = namespace === DSIG || namespace === XENC ? 'Id' : 'ID'
    for (const attribute of attributes) {
      if (attribute.name.toLowerCase() !== 'id') continue
      require(attribute.namespace === '' && attribute.name === spelled, 'id_spelling')
      require(!ids.has(attribute.value) && attribute.value !== '', 'id_twice')
      ids.add(attribute.value)
    }
  }
}

/**
 * security.md S-11: a signature is the second child, after Issuer, of a message or of its assertion, and stands nowhere else;
 * in metadata it is the first child of the root.
 */
function requireSignaturesInPlace(root: XmlElement, all: readonly XmlElement[]): void {
  let found = 0
  for (const { namespace, name } of all) if (namespace === DSIG && name === 'Signature') found++
  const inPlace = [root, ...root.children.filter(isAssertion)].filter(
    (parent) => signatureOf(parent) !== undefined,
  ).length
  require(found === inPlace, 'signature_place')
}

export const isAssertion = ({ namespace, name }: XmlElement): boolean => namespace === SAML && name === 'Assertion'

/** The signature of a message or an assertion, if it has one where one may be. */
export function signatureOf({ namespace, children }: XmlElement): XmlElement | undefined {
  const place = children[namespace === SAMLP || namespace === SAML ? 1 : 0]
  return place?.namespace === DSIG && place.name === 'Signature' ? place : undefined
}

/**
 * The whole text of a leaf: an element in it would make two readers read two things (security.md S-19). White space stays
 * as it was signed.
 */
export function textOf(leaf: XmlElement): string {
  require(leaf.children.length === 0, 'text_with_elements')
  return leaf.text
}
