import { resolvedText, uriInScope, type XmlAttribute, type XmlElement } from './strict-xml.ts'

/** A document's text, and an element in it. */
export type Placed = { readonly text: string; readonly element: XmlElement }

/** Namespaces that are written out around an element: prefix → name. */
type Rendered = ReadonlyMap<string, string>

/**
 * The exclusive canonical form, without comments, of one element (Exclusive XML Canonicalization 1.0), less one of its
 * children: that is the enveloped-signature transform. A mistake in here can only refuse: what is believed is read from this
 * text, once the IdP's signature has been found to be over it (security.md S-17).
 */
export function canonicalOf(
  { text, element }: Placed,
  { without, inclusivePrefixes = [] }: { without?: XmlElement; inclusivePrefixes?: readonly string[] } = {},
): string {
  const inclusive = inclusivePrefixes.map((prefix) => (prefix === '#default' ? '' : prefix))

  function write(here: XmlElement, around: Rendered): string {
    const [declarations, rendered] = declarationsAt(here, around, inclusive)
    const name = qualified(here)
    let out = `<${name}${declarations}${here.attributes.toSorted(byNamespace).map(attributeText).join('')}>`
    let at = here.contentStart
    for (const child of here.children) {
      out += textBetween(at, child.start)
      if (child !== without) out += write(child, rendered)
      at = child.end
    }
    return `${out}${textBetween(at, here.contentEnd)}</${name}>`
  }

  const textBetween = (from: number, to: number): string =>
    from === to ? '' : resolvedText(text.slice(from, to)).replace(/[&<>\r]/g, escapeOf)

  return write(element, NOTHING)
}

const NOTHING: Rendered = new Map()

/** §3, steps 1 to 3: what the element or its attributes use, and the listed prefixes, where they are not written out yet. */
function declarationsAt(here: XmlElement, around: Rendered, inclusive: readonly string[]): [string, Rendered] {
  const needed = new Map<string, string>([[here.prefix, here.namespace]])
  for (const { prefix, namespace } of here.attributes) if (prefix !== '') needed.set(prefix, namespace)
  for (const prefix of inclusive) {
    const uri = uriInScope(prefix, here.scope)
    if (uri !== undefined) needed.set(prefix, uri)
  }
  needed.delete('xml')
  const missing = [...needed].filter(([prefix, uri]) => (around.get(prefix) ?? '') !== uri)
  if (missing.length === 0) return ['', around]
  const text = missing
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${uri.replace(/[&<"\t\n\r]/g, escapeOf)}"`)
  return [text.join(''), new Map([...around, ...missing])]
}

const byNamespace = (one: XmlAttribute, other: XmlAttribute): number =>
  one.namespace === other.namespace ? (one.name < other.name ? -1 : 1) : one.namespace < other.namespace ? -1 : 1

const qualified = ({ prefix, name }: { prefix: string; name: string }): string =>
  prefix === '' ? name : `${prefix}:${name}`

const attributeText = (attribute: XmlAttribute): string =>
  ` ${qualified(attribute)}="${attribute.value.replace(/[&<"\t\n\r]/g, escapeOf)}"`

/** Canonical XML 1.0 §2.3. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}
const escapeOf = (character: string): string => ESCAPES[character] ?? character
