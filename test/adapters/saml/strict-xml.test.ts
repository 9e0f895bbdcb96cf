import fc from 'fast-check'
import * as libxml2 from 'libxml2-wasm'
import { describe, expect, it } from 'vitest'
import { NotStrictXml, readStrictXml, type XmlElement } from '../../../src/adapters/saml/strict-xml.ts'
import { aResponse } from '../../support/saml/a-response.ts'
import { anyDocument } from './a-document.ts'

const LONG = 120_000

/** What a document says, whoever read it. Attributes in the order of their names. */
type Said = {
  readonly name: string
  readonly attributes: readonly string[]
  readonly text: string
  readonly children: readonly Said[]
}

const named = (namespace: string, name: string): string => `{${namespace}}${name}`

const saidByUs = ({ namespace, name, attributes, text, children }: XmlElement): Said => ({
  name: named(namespace, name),
  attributes: attributes.map((each) => `${named(each.namespace, each.name)}=${each.value}`).toSorted(),
  text,
  children: children.map(saidByUs),
})

function saidByLibxml2(xml: string): Said {
  const document = libxml2.XmlDocument.fromString(xml, { option: libxml2.ParseOption.XML_PARSE_NONET })
  try {
    return saidBy(document.root)
  } finally {
    document.dispose()
  }
}

function saidBy(element: libxml2.XmlElement): Said {
  let text = ''
  const children: Said[] = []
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (node instanceof libxml2.XmlElement) children.push(saidBy(node))
    else if (node instanceof libxml2.XmlText) text += node.content
    else throw new Error('a node that the strict reader has no word for')
  }
  const attributes = element.attrs.map((each) => `${named(each.namespaceUri, each.name)}=${each.value}`)
  return { name: named(element.namespaceUri, element.name), attributes: attributes.toSorted(), text, children }
}

/** A namespace that is no absolute URI is refused by libxml2, and so, when it is verified, by us. */
function orUndefinedForUri(read: () => Said): Said | undefined {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof Error && /is not (?:a valid URI|absolute)/.test(thrown.message)) return undefined
    throw thrown
  }
}

function readOrRefuse(text: string): XmlElement | undefined {
  try {
    return readStrictXml(text)
  } catch (thrown) {
    if (thrown instanceof NotStrictXml) return undefined
    throw thrown
  }
}

const CHARACTERS = Array.from('<>&"\'/=:;#?!-[] \t\nxé\u0001\ufffe😀\ud800')
const MARKUP = ['<!--', '-->', '<![CDATA[', ']]>', '<?x?>', '<!DOCTYPE x>', '<x/>', '<x>', '</x>', 'a:']
const REFERENCES = ['&amp;', '&#0;', '&#x41;', '&#xD800;', '&#1114112;', '&lt', '&x;']
const ATTRIBUTES = [' xmlns=""', ' xmlns:a="urn:v"', ' xmlns:a=""', ' ID="e0"', ' a:x="1"', ' xml:lang="de"']
const DECLARATIONS = ['<?xml version="1.0"?>', "<?xml version='1.1'?>"]
const PIECES = [...CHARACTERS, ...MARKUP, ...REFERENCES, ...ATTRIBUTES, ...DECLARATIONS]
const anyPiece = fc.constantFrom(...PIECES)

/** A document with one thing put in, taken out or put in place of another. */
const anyDamage = fc.record({ at: fc.nat(), length: fc.nat(8), piece: anyPiece })
const damaged = (text: string, { at, length, piece }: { at: number; length: number; piece: string }): string => {
  const place = at % (text.length + 1)
  return text.slice(0, place) + piece + text.slice(place + length)
}

describe('the strict reader', () => {
  it(
    'reads what libxml2 reads out of a document',
    () => {
      fc.assert(
        fc.property(anyDocument(), ({ text }) => {
          expect(saidByUs(readStrictXml(text))).toEqual(saidByLibxml2(text))
        }),
        { numRuns: 2_000 },
      )
    },
    LONG,
  )

  it(
    'takes no document that libxml2 does not take, or reads otherwise (security.md S-5)',
    () => {
      let taken = 0
      fc.assert(
        fc.property(anyDocument(), fc.array(anyDamage, { minLength: 1, maxLength: 3 }), ({ text }, damages) => {
          const broken = damages.reduce(damaged, text)
          const ours = readOrRefuse(broken)
          if (ours === undefined) return
          const theirs = orUndefinedForUri(() => saidByLibxml2(broken))
          if (theirs === undefined) return
          taken++
          expect(saidByUs(ours)).toEqual(theirs)
        }),
        { numRuns: 10_000 },
      )
      // Otherwise nothing was compared.
      expect(taken).toBeGreaterThan(100)
    },
    LONG,
  )

  it('fails with NotStrictXml and with nothing else, whatever the text', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(anyPiece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(anyText, (text) => void readOrRefuse(text)),
      { numRuns: 20_000 },
    )
  })

  it('says nothing of the document when it fails', () => {
    fc.assert(
      fc.property(fc.nat(), (at) => {
        const { xml } = aResponse({ sign: 'neither' })
        try {
          readStrictXml(damaged(xml, { at, length: 1, piece: '<' }))
        } catch (thrown) {
          expect((thrown as Error).message).toMatch(/^[a-zA-Z ,-]{1,60}$/)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('knows where each element stands: a piece cut out is the element it was', () => {
    fc.assert(
      fc.property(anyDocument(), ({ text }) => {
        const check = (element: XmlElement): void => {
          const piece = text.slice(element.start, element.end)
          expect(piece.startsWith('<') && piece.endsWith('>')).toBe(true)
          expect(text.slice(element.start, element.contentStart)).toMatch(
            new RegExp(`^<(?:\\w+:)?${element.name}[^\\w]`),
          )
          element.children.forEach(check)
        }
        check(readStrictXml(text))
      }),
    )
  })
})

const depth = (levels: number) => '<x>'.repeat(levels) + '</x>'.repeat(levels)
const numbered = (count: number) => Array.from({ length: count }, (_, index) => ` a${index}=""`).join('')

describe('what is refused (security.md S-4 to S-6)', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['text alone', 'x'],
    ['a byte order mark', '\ufeff<x/>'],
    ['a second root', '<x/><y/>'],
    ['text after the root', '<x/>x'],
    ['text before the root', 'x<x/>'],
    ['a blank before the declaration', ' <?xml version="1.0"?><x/>'],
    ['version 1.1', '<?xml version="1.1"?><x/>'],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><x/>'],
    ['a DOCTYPE', '<!DOCTYPE x><x/>'],
    ['a comment', '<x><!-- --></x>'],
    ['a comment before the root', '<!-- --><x/>'],
    ['CDATA', '<x><![CDATA[y]]></x>'],
    ['a processing instruction', '<x><?y?></x>'],
    ['an entity of nobody', '<x>&y;</x>'],
    ['a bare ampersand', '<x>a & b</x>'],
    ['a reference to NUL', '<x>&#0;</x>'],
    ['a reference to half a surrogate pair', '<x>&#xD800;</x>'],
    ['a reference past Unicode', '<x>&#x110000;</x>'],
    ['half a surrogate pair', '<x>\ud800</x>'],
    ['a control character', '<x>\u0001</x>'],
    ['a carriage return', '<x>\r</x>'],
    [']]> in text', '<x>]]></x>'],
    ['text between elements', '<x>y<z/></x>'],
    ['an end tag of another', '<x></y>'],
    ['an end tag of another prefix', '<a:x xmlns:a="urn:u" xmlns:b="urn:u"></b:x>'],
    ['an end tag too many', '<x/></x>'],
    ['an end tag too few', '<x>'],
    ['an attribute twice', '<x a="1" a="2"/>'],
    ['an attribute twice by its namespace', '<x xmlns:a="urn:u" xmlns:b="urn:u" a:y="1" b:y="2"/>'],
    ['attributes that touch', '<x a="1"b="2"/>'],
    ['an attribute without quotes', '<x a=1/>'],
    ['an attribute without a value', '<x a/>'],
    ['< in a value', '<x a="<"/>'],
    ['a prefix of nobody', '<a:x/>'],
    ['a prefix of nobody at an attribute', '<x a:y="1"/>'],
    ['a prefix taken back', '<x xmlns:a="urn:u"><y xmlns:a=""/></x>'],
    ['a prefix of a neighbour', '<x><y xmlns:a="urn:u"/><a:z/></x>'],
    ['the prefix xml for something else', '<x xmlns:xml="urn:u"/>'],
    ['another prefix for xml', '<x xmlns:a="http://www.w3.org/XML/1998/namespace"/>'],
    ['a declaration of xmlns', '<x xmlns:xmlns="urn:u"/>'],
    ['an element of the prefix xmlns', '<xmlns:x/>'],
    ['two colons', '<a:b:x xmlns:a="urn:u"/>'],
    ['41 elements deep', depth(41)],
    ['12,001 elements', `<x>${'<y/>'.repeat(12_000)}</x>`],
    ['101 attributes', `<x${numbered(101)}/>`],
  ])('%s', (_, text) => {
    expect(() => readStrictXml(text)).toThrow(NotStrictXml)
  })

  it.each<[string, string]>([
    ['40 elements deep', depth(40)],
    ['12,000 elements', `<x>${'<y/>'.repeat(11_999)}</x>`],
    ['100 attributes', `<x${numbered(100)}/>`],
    ['a declaration', '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<x/>\n'],
    ['the default namespace taken back', '<x xmlns="urn:u"><y xmlns=""/></x>'],
    ['xml:lang', '<x xml:lang="de"/>'],
  ])('but not %s', (_, text) => {
    expect(readStrictXml(text).name).toBe('x')
  })
})
