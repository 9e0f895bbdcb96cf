import fc from 'fast-check'
import * as libxml2 from 'libxml2-wasm'
import { SignedXml } from 'xml-crypto'
import { describe, expect, it } from 'vitest'
import { canonicalOf } from '../../../src/adapters/saml/canonical.ts'
import { attributeOf, everyElement } from '../../../src/adapters/saml/names.ts'
import { NotStrictXml, readStrictXml, type XmlElement } from '../../../src/adapters/saml/strict-xml.ts'
import { EXCLUSIVE } from '../../support/saml/names.ts'
import { anyDocument } from './a-document.ts'

const RUNS = 2_000
const LONG = 180_000

const idOf = (element: XmlElement): string => attributeOf(element, 'ID') ?? ''

function elementOf(text: string, id: string): XmlElement {
  const found = [...everyElement(readStrictXml(text))].find((element) => idOf(element) === id)
  if (found === undefined) throw new Error(`nothing has the ID ${id}`)
  return found
}

const ours = (text: string, id: string, options: Parameters<typeof canonicalOf>[1] = {}): string =>
  canonicalOf({ text, element: elementOf(text, id) }, options)

/** libxml2's, of the element where it stands. */
function inPlace(text: string, id: string, prefixes: readonly string[] = []): string {
  const document = libxml2.XmlDocument.fromString(text, { option: libxml2.ParseOption.XML_PARSE_NONET })
  try {
    const element = document.get(`//*[@ID="${id}"]`)
    if (element === null) throw new Error(`nothing has the ID ${id}`)
    return element.canonicalizeToString({
      mode: libxml2.XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
      ...(prefixes.length > 0 && { inclusiveNamespacePrefixes: [...prefixes] }),
    })
  } finally {
    document.dispose()
  }
}

/** xml-crypto's: what it would have digested of this element of this document. */
function byXmlCrypto(text: string, id: string): string {
  let digested: string | undefined
  const signer = new SignedXml({
    privateKey: 'none',
    signatureAlgorithm: 'urn:none',
    canonicalizationAlgorithm: EXCLUSIVE,
  })
  signer.HashAlgorithms['urn:seen'] = class {
    getAlgorithmName = () => 'urn:seen'
    getHash = (canonical: string): string => {
      digested = canonical
      return ''
    }
  }
  signer.SignatureAlgorithms['urn:none'] = class {
    getAlgorithmName = () => 'urn:none'
    getSignature = () => ''
    verifySignature = () => false
  }
  signer.addReference({ xpath: `//*[@ID="${id}"]`, transforms: [EXCLUSIVE], digestAlgorithm: 'urn:seen' })
  signer.computeSignature(text)
  return digested ?? ''
}

/** One of the document's elements. */
const anyPlace = (options: Parameters<typeof anyDocument>[0] = {}) =>
  fc.tuple(anyDocument(options), fc.nat()).map(([{ text, ids }, at]) => ({ text, id: ids[at % ids.length] ?? '' }))

describe('the canonical form of an element that was cut out of its document', () => {
  it(
    'is what libxml2 makes of it where it stands',
    () => {
      fc.assert(
        fc.property(anyPlace(), ({ text, id }) => {
          expect(ours(text, id)).toBe(inPlace(text, id))
        }),
        { numRuns: RUNS },
      )
    },
    LONG,
  )

  it(
    'is that too where prefixes count as used (InclusiveNamespaces)',
    () => {
      const anyPrefixes = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'p1', '#default', 'nobody'), { maxLength: 4 })
      fc.assert(
        fc.property(anyPlace(), anyPrefixes, ({ text, id }, inclusivePrefixes) => {
          expect(ours(text, id, { inclusivePrefixes })).toBe(inPlace(text, id, inclusivePrefixes))
        }),
        { numRuns: RUNS },
      )
    },
    LONG,
  )

  it(
    'is what xml-crypto makes of it',
    () => {
      fc.assert(
        // Its parser loses its way at a blank in an end tag.
        fc.property(anyPlace({ endBlanks: [''] }), ({ text, id }) => {
          expect(ours(text, id)).toBe(byXmlCrypto(text, id))
        }),
        { numRuns: RUNS },
      )
    },
    LONG,
  )

  it(
    'less one of its children is that of the document less this child',
    () => {
      fc.assert(
        fc.property(anyPlace(), fc.nat(), ({ text, id }, at) => {
          const element = elementOf(text, id)
          const without = element.children[at % Math.max(element.children.length, 1)]
          if (without === undefined) return
          const less = text.slice(0, without.start) + text.slice(without.end)
          expect(canonicalOf({ text, element }, { without })).toBe(inPlace(less, id))
        }),
        { numRuns: RUNS },
      )
    },
    LONG,
  )

  it(
    'says what the document says, to the strict reader',
    () => {
      const said = ({ namespace, name, text, attributes, children }: XmlElement): unknown => [
        namespace,
        name,
        text,
        attributes.map((each) => `{${each.namespace}}${each.name}=${each.value}`).toSorted(),
        children.map(said),
      ]
      fc.assert(
        fc.property(anyPlace(), ({ text, id }) => {
          expect(said(readStrictXml(ours(text, id)))).toEqual(said(elementOf(text, id)))
        }),
        { numRuns: RUNS },
      )
    },
    LONG,
  )

  // One canonicaliser escapes such a name, and another (libxml2) writes it as it is.
  it('is not made of a namespace whose name would be read as another', () => {
    const text = '<x ID="e0" xmlns="urn:a&amp;lt;b"/>'
    const canonical = canonicalOrRefused(text)
    if (canonical !== undefined) expect(readStrictXml(canonical).namespace).toBe('urn:a&lt;b')
  })

  it.each<[string, string]>([
    ['a namespace that is relative', '<x ID="e0" xmlns="a"/>'],
    ['a namespace that is no URI', '<x ID="e0" xmlns="urn:&lt;"/>'],
  ])('is not made of %s (security.md S-18)', (_, text) => {
    expect(canonicalOrRefused(text)).toBeUndefined()
  })
})

function canonicalOrRefused(text: string): string | undefined {
  try {
    return ours(text, 'e0')
  } catch (thrown) {
    if (thrown instanceof NotStrictXml) return undefined
    throw thrown
  }
}
