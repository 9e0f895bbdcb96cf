import fc from 'fast-check'

/** An element of a generated document: its prefixes are numbers until the scope it stands in is known. */
type Shape = {
  readonly prefix: number
  readonly name: string
  readonly declares: readonly (readonly [prefix: string, uri: string])[]
  readonly attributes: readonly (readonly [prefix: number, name: string, value: string])[]
  readonly content: readonly Shape[] | string
  readonly writing: {
    readonly quote: '"' | "'"
    readonly blank: string
    readonly endBlank: string
    readonly closesItself: boolean
  }
}

const PREFIXES = ['', 'a', 'b', 'c', 'p1']
const URIS = ['urn:u', 'urn:v', 'https://w.example/?a=1', '']
const anyName = fc.constantFrom('x', 'y', 'Z', 'long-name_1', 'n.m')
/** Text with everything that a canonical form writes in its own way. */
const anyText = fc
  .array(fc.constantFrom('t', ' ', '\n', '\t', '\r', '&', '<', '>', '"', "'", 'é', '語', '😀', '\u00a0'), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))

const makeShapes = (anyUri: fc.Arbitrary<string>, endBlanks: readonly string[]) =>
  fc.letrec<{ element: Shape }>((tie) => ({
    element: fc.record({
      prefix: fc.nat(9),
      name: anyName,
      declares: fc.uniqueArray(fc.tuple(fc.constantFrom(...PREFIXES), anyUri), {
        maxLength: 3,
        selector: ([prefix]) => prefix,
      }),
      attributes: fc.array(fc.tuple(fc.nat(9), anyName, anyText), { maxLength: 3 }),
      content: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        anyText,
        fc.array(tie('element'), { maxLength: 3 }),
      ),
      writing: fc.record({
        quote: fc.constantFrom('"' as const, "'" as const),
        blank: fc.constantFrom('', ' ', '\n', '\t '),
        endBlank: fc.constantFrom(...endBlanks),
        closesItself: fc.boolean(),
      }),
    }),
  })).element

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&#60;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '\r': '&#xD;',
  '\n': '&#10;',
  '\t': '&#x9;',
}
/** A blank in an attribute's value is a blank only when it is written as a reference (XML 1.0 §3.3.3). */
const written = (text: string, always: RegExp): string =>
  text.replace(always, (character) => REFERENCES[character] ?? character)

type Scope = ReadonlyMap<string, string>

/** The elements' ids are `e0`, `e1`, … in the order of their start tags. */
function print(shape: Shape, outer: Scope, count: { elements: number }, between: string): string {
  const { name, declares, content, writing } = shape
  const { quote, blank, closesItself } = writing
  // A prefix cannot be undeclared, only the default namespace (Namespaces in XML 1.0 §5).
  const own = declares.map(([prefix, uri]) => [prefix, prefix !== '' && uri === '' ? 'urn:u' : uri] as const)
  const scope = new Map([...outer, ...own])
  const prefixes = [...scope.keys()]
  const pick = (index: number) => prefixes[index % prefixes.length] ?? ''
  const qualified = (prefix: string, local: string) => (prefix === '' ? local : `${prefix}:${local}`)
  const tag = qualified(pick(shape.prefix), name)
  const seen = new Set<string>()
  const attributes = shape.attributes.flatMap(([index, local, value]) => {
    const prefix = pick(index)
    const expanded = `${prefix === '' ? '' : scope.get(prefix)} ${local}`
    if (seen.has(expanded)) return []
    seen.add(expanded)
    return [[qualified(prefix, local), value] as const]
  })
  const declarations = own.map(([prefix, uri]) => [prefix === '' ? 'xmlns' : `xmlns:${prefix}`, uri] as const)
  const all = [['ID', `e${count.elements++}`] as const, ...attributes, ...declarations].map(
    ([key, value]) => ` ${key}${blank}=${blank}${quote}${written(value, /[&<"'\r\n\t]/g)}${quote}`,
  )
  const inside =
    typeof content === 'string'
      ? written(content, /[&<>\r]/g)
      : content.map((child) => between + print(child, scope, count, between)).join('')
  return inside === '' && closesItself
    ? `<${tag}${all.join('')}${blank}/>`
    : `<${tag}${all.join('')}${blank}>${inside}</${tag}${writing.endBlank}>`
}

/**
 * Documents of the part of XML that SAML needs: elements, attributes, namespaces declared, hidden and taken back, text,
 * references. Each element has an ID.
 */
export const anyDocument = ({ endBlanks = ['', ' ', '\n'] }: { endBlanks?: readonly string[] } = {}) =>
  fc.tuple(makeShapes(fc.constantFrom(...URIS), endBlanks), fc.constantFrom('', '\n  ')).map(([shape, between]) => {
    const count = { elements: 0 }
    const text = print(shape, new Map([['', '']]), count, between)
    return { text, ids: Array.from({ length: count.elements }, (_, index) => `e${index}`) }
  })
