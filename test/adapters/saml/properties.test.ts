import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instantOf } from '../../../src/adapters/saml/instant.ts'
import { everyElement } from '../../../src/adapters/saml/names.ts'
import { readStrictXml, type XmlElement } from '../../../src/adapters/saml/strict-xml.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { VerifiedClaims } from '../../../src/domain/sign-in/claims.ts'
import { aResponse, type ResponseShape } from '../../support/saml/a-response.ts'
import { base64, once } from '../../support/saml/markup.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aSamlProvider } from './a-provider.ts'

const { complete } = aSamlProvider({ allow: { cbc: true } })
const LONG = 180_000

/** What the provider says to a field; undefined when it refuses in its own way. */
async function saidTo(document: string | Uint8Array): Promise<VerifiedClaims | undefined> {
  try {
    return await complete(base64(document))
  } catch (thrown) {
    if (thrown instanceof RolegateError && thrown.code === 'sign_in_rejected') return undefined
    throw thrown
  }
}

const SHAPES: readonly [string, Partial<ResponseShape>][] = [
  ['whose assertion is signed', {}],
  ['that is signed as a whole', { sign: 'response' }],
  ['signed twice', { sign: 'both', style: 'saml2', pretty: true }],
  ['that is encrypted', { sign: 'assertion', encryption: {} }],
  ['that is encrypted with CBC', { sign: 'assertion', encryption: { cipher: 'aes128-cbc' } }],
]

describe.each(SHAPES)('a response %s', (_, shape) => {
  const xml = once(() => aResponse(shape).xml)
  const honest = once(() => complete(base64(xml())))

  it(
    'with one byte changed is refused, or says what it said',
    async () => {
      const anyChange = fc.record({
        at: fc.nat(),
        byte: fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 255 })),
        way: fc.constantFrom('replace', 'delete', 'insert'),
      })
      const bytes = Buffer.from(xml())
      await fc.assert(
        fc.asyncProperty(anyChange, async ({ at, byte, way }) => {
          const place = at % (bytes.length + 1)
          const rest = way === 'insert' ? place : place + 1
          const inserted = way === 'delete' ? [] : [byte]
          const said = await saidTo(
            Buffer.concat([bytes.subarray(0, place), Buffer.from(inserted), bytes.subarray(rest)]),
          )
          if (said !== undefined) expect(said).toEqual(await honest())
        }),
        { numRuns: 2_000 },
      )
    },
    LONG,
  )

  it(
    'with one node changed is refused, or says what it said',
    async () => {
      const anyChange = fc.record({
        at: fc.nat(),
        way: fc.constantFrom(...Object.keys(CHANGES)),
        which: fc.nat(),
        word: fc.constantFrom('x', 'ID', 'admin', '', ' ', 'http://www.w3.org/2000/09/xmldsig#', '&#32;'),
      })
      const text = xml()
      const root = readStrictXml(text)
      const elements = [...everyElement(root)]
      await fc.assert(
        fc.asyncProperty(anyChange, async ({ at, way, which, word }) => {
          const element = elements[at % elements.length]
          const change = CHANGES[way]
          if (element === undefined || change === undefined) return
          const said = await saidTo(change(text, element, { which, word, root }))
          if (said !== undefined) expect(said).toEqual(await honest())
        }),
        { numRuns: 2_000 },
      )
    },
    LONG,
  )
})

type Change = (
  text: string,
  element: XmlElement,
  how: { readonly which: number; readonly word: string; readonly root: XmlElement },
) => string

const spliced = (text: string, from: number, to: number, put: string): string =>
  text.slice(0, from) + put + text.slice(to)

const piece = (text: string, { start, end }: XmlElement): string => text.slice(start, end)

/** After the name in its start tag. */
const nameEnd = ({ start, prefix, name }: XmlElement): number =>
  start + 1 + (prefix === '' ? 0 : prefix.length + 1) + name.length

const startTagEnd = (text: string, element: XmlElement): number =>
  nameEnd(element) + /^(?:[^<>"']|"[^"]*"|'[^']*')*/.exec(text.slice(nameEnd(element)))![0].length

/** What can be done to one element of a document. */
const CHANGES: Readonly<Record<string, Change>> = {
  drop: (text, { start, end }) => spliced(text, start, end, ''),
  duplicate: (text, element) => spliced(text, element.end, element.end, piece(text, element)),
  /** Its tag goes, what is in it stays. */
  unwrap(text, element) {
    const whole = piece(text, element)
    const inside = whole.slice(whole.indexOf('>') + 1, Math.max(whole.lastIndexOf('</'), whole.indexOf('>') + 1))
    return spliced(text, element.start, element.end, inside)
  },
  rename(text, element) {
    const tag = text.slice(element.start + 1, nameEnd(element))
    const whole = piece(text, element)
    const renamed = `<${tag}x${whole.slice(tag.length + 1)}`.replace(new RegExp(`</${tag}(\\s*>)$`), `</${tag}x$1`)
    return spliced(text, element.start, element.end, renamed)
  },
  /** Changes places with the next of its siblings. */
  swap(text, element, { root }) {
    const siblings = [...everyElement(root)].find(({ children }) => children.includes(element))?.children ?? []
    const next = siblings[siblings.indexOf(element) + 1]
    if (next === undefined) return text
    const between = text.slice(element.end, next.start)
    return spliced(text, element.start, next.end, piece(text, next) + between + piece(text, element))
  },
  /** Comes to stand elsewhere. */
  move(text, element, { which, root }) {
    const all = [...everyElement(root)].filter(({ start, end }) => end <= element.start || start >= element.end)
    const other = all[which % Math.max(all.length, 1)]
    if (other === undefined) return text
    const moved = piece(text, element)
    return other.start >= element.end
      ? spliced(spliced(text, other.start, other.start, moved), element.start, element.end, '')
      : spliced(spliced(text, element.start, element.end, ''), other.start, other.start, moved)
  },
  'change an attribute': (text, element, { which, word }) =>
    withAttribute(text, element, which, (name) => ` ${name}="${word}"`),
  'drop an attribute': (text, element, { which }) => withAttribute(text, element, which, () => ''),
  'add an attribute': (text, element, { word }) =>
    spliced(text, nameEnd(element), nameEnd(element), ` added="${word}"`),
  'declare a namespace': (text, element, { word }) =>
    spliced(text, nameEnd(element), nameEnd(element), ` xmlns:added="urn:${word}"`),
  'change the text': (text, element, { word }) =>
    element.children.length > 0 || element.text === ''
      ? text
      : spliced(
          text,
          startTagEnd(text, element) + 1,
          element.end,
          piece(text, element).replace(/^[\s\S]*(?=<\/)/, word),
        ),
  'put a comment in': (text, element) => spliced(text, element.end, element.end, '<!-- -->'),
  'put a blank in': (text, element) => spliced(text, element.end, element.end, ' '),
}

function withAttribute(text: string, element: XmlElement, which: number, put: (name: string) => string): string {
  const end = startTagEnd(text, element)
  const tag = text.slice(nameEnd(element), end)
  const attributes = [...tag.matchAll(/ ([\w:]+)="[^"]*"/g)]
  const chosen = attributes[which % Math.max(attributes.length, 1)]
  if (chosen === undefined) return text
  const at = nameEnd(element) + chosen.index
  return spliced(text, at, at + chosen[0].length, put(chosen[1] ?? ''))
}

describe('a time (SAML Core §1.3.3)', () => {
  it('is read for what it is, whatever the decimals', () => {
    const anyTime = fc.date({ min: new Date('1970-01-01Z'), max: new Date('9999-12-31Z'), noInvalidDate: true })
    fc.assert(
      fc.property(anyTime, fc.integer({ min: 0, max: 999_999 }), (date, more) => {
        const text = date.toISOString()
        expect(instantOf(text)).toEqual(date)
        expect(instantOf(text.replace('Z', `${String(more).padStart(6, '0')}Z`))).toEqual(date)
        const whole = new Date(Math.floor(date.getTime() / 1000) * 1000)
        expect(instantOf(text.replace(/\.\d+/, ''))).toEqual(whole)
      }),
    )
  })

  it.each([
    undefined,
    '',
    '2030-01-01',
    '2030-01-01T09:00:00',
    '2030-01-01T09:00:00+00:00',
    '2030-01-01T09:00:00z',
    '2030-01-01 09:00:00Z',
    ' 2030-01-01T09:00:00Z',
    '2030-01-01T09:00:00Z ',
    '2030-01-01T09:00:00Z\n',
    '2030-01-01T09:00Z',
    '2030-01-01T24:00:00Z',
    '2030-01-01T09:60:00Z',
    '2030-01-01T09:00:60Z',
    '2030-13-01T09:00:00Z',
    '2030-00-01T09:00:00Z',
    '2030-02-29T09:00:00Z',
    '2030-04-31T09:00:00Z',
    '2030-01-32T09:00:00Z',
    '+012030-01-01T09:00:00Z',
    '-2030-01-01T09:00:00Z',
    '2030-01-01T09:00:00.Z',
    '2030-01-01T09:00:00.1234567890Z',
    '٢٠٣٠-01-01T09:00:00Z',
    '1893488400',
    'now',
  ])('is not %j', (text) => {
    expect(refusalOf(() => instantOf(text))).toMatchObject({ code: 'sign_in_rejected', reason: 'saml_time_form' })
  })

  it('is nothing else that any text could be', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(instantOf(text).toISOString().slice(0, 19)).toBe(text.slice(0, 19))
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RolegateError)
        }
      }),
    )
  })

  it('is the 29th of February in a leap year', () => {
    expect(instantOf('2028-02-29T23:59:59Z')).toEqual(new Date('2028-02-29T23:59:59Z'))
  })
})
