/** An attribute that is not a namespace declaration. `namespace` is '' for one without a prefix. */
export type XmlAttribute = {
  readonly prefix: string
  readonly namespace: string
  readonly name: string
  readonly value: string
}

export type XmlElement = {
  /** '' for none. */
  readonly prefix: string
  readonly namespace: string
  /** Its local name. */
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** All text directly in it, entities resolved. */
  readonly text: string
  /** Where it stands in the document's text, and where its content does. */
  readonly start: number
  readonly end: number
  readonly contentStart: number
  readonly contentEnd: number
  /** The namespaces in scope at it. */
  readonly scope: Scope
}

/** The namespaces one element declares, and those around it. */
export type Scope = {
  readonly declared: ReadonlyMap<string, string>
  readonly outer: Scope | undefined
  /** Declarations here and around. */
  readonly size: number
}

export type XmlLimits = {
  readonly elements: number
  readonly depth: number
  readonly attributes: number
  /** Declared at once: canonicalisation looks at each of them at each element. */
  readonly namespaces: number
  /**
   * Characters of all namespace names, counted anew at each element and attribute: a canonical form may write them out as
   * often, so what a stranger sends stays as short as it was.
   */
  readonly names: number
}

/** Well-formed or within bounds it is not. `message` holds nothing of the document. */
export class NotStrictXml extends Error {}

/** contract.md, ACS limits; security.md S-6. A SAML message of 5,000 groups stays well inside. */
const MESSAGE_LIMITS: XmlLimits = { elements: 12_000, depth: 40, attributes: 100, namespaces: 64, names: 1 << 20 }

const XML = 'http://www.w3.org/XML/1998/namespace'
const XMLNS = 'http://www.w3.org/2000/xmlns/'

const DECLARATION =
  /^<\?xml version=(["'])1\.0\1(?: +encoding=(["'])[Uu][Tt][Ff]-8\2)?(?: +standalone=(["'])(?:yes|no)\3)? *\?>/
/** XML 1.0 §2.2: all that is no character of a document. */
const FORBIDDEN = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const OPEN = /<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)/y
const ATTRIBUTE = /[ \t\n]+(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y
const TAG_END = /[ \t\n]*(\/?)>/y
const CLOSE = /<\/([\w.:-]+)[ \t\n]*>/y
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6});|#([0-9]{1,7});|(amp|lt|gt|quot|apos);)?/g
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type Open = Omit<Mutable<XmlElement>, 'children'> & { children: XmlElement[]; qualified: string }

/**
 * Reads the part of XML 1.0 that SAML needs and nothing else, in one pass: elements, attributes, namespaces, text, the five
 * entities and character references. DOCTYPE, comments, CDATA, processing instructions, text between elements, anything
 * not well-formed and anything past the limits throws `NotStrictXml` (security.md S-4 to S-6): where parsers may differ,
 * this one refuses. `text` is a document whose line ends are line feeds already.
 */
export function readStrictXml(text: string, limits: XmlLimits = MESSAGE_LIMITS): XmlElement {
  if (FORBIDDEN.test(text)) throw new NotStrictXml('a character that XML does not allow')
  if (text.includes('\r')) throw new NotStrictXml('a carriage return')
  let at = DECLARATION.exec(text)?.[0].length ?? 0
  const open: Open[] = []
  let root: XmlElement | undefined
  let elements = 0
  let names = 0

  for (;;) {
    const next = text.indexOf('<', at)
    const between = text.slice(at, next < 0 ? text.length : next)
    const parent = open.at(-1)
    if (parent !== undefined) parent.text += resolvedText(between)
    else if (/[^ \t\n]/.test(between)) throw new NotStrictXml('text outside the root')
    if (next < 0) break

    const after = text.charCodeAt(next + 1)
    if (after === 0x21 || after === 0x3f) throw new NotStrictXml('markup that SAML has no use for')
    if (after === 0x2f) {
      const [whole, name] = match(CLOSE, text, next)
      const closing = open.pop()
      if (closing === undefined || closing.qualified !== name) throw new NotStrictXml('an end tag that ends nothing')
      at = next + whole.length
      closing.contentEnd = next
      root = close(closing, at, open.at(-1)) ?? root
      continue
    }
    if (parent === undefined && root !== undefined) throw new NotStrictXml('a second root')
    if (++elements > limits.elements) throw new NotStrictXml('too many elements')
    if (open.length >= limits.depth) throw new NotStrictXml('too deep')
    const { element, tagEnd, isEmpty } = readTag(text, next, parent?.scope, limits)
    at = tagEnd
    names += element.namespace.length
    for (const { namespace } of element.attributes) names += namespace.length
    if (names > limits.names) throw new NotStrictXml('namespace names that are too long')
    if (isEmpty) root = close(element, at, parent) ?? root
    else open.push(element)
  }
  if (open.length > 0 || root === undefined) throw new NotStrictXml('an element that does not end')
  return root
}

/** Ends an element: it joins its parent, or is the root and answered. */
function close(element: Open, end: number, parent: Open | undefined): XmlElement | undefined {
  if (element.children.length > 0 && /[^ \t\n]/.test(element.text)) throw new NotStrictXml('text between elements')
  element.end = end
  if (parent === undefined) return element
  parent.children.push(element)
  return undefined
}

function readTag(text: string, start: number, outer: Scope | undefined, limits: XmlLimits) {
  const [opening, prefix = '', name = ''] = match(OPEN, text, start)
  let at = start + opening.length
  let declared: Map<string, string> | undefined
  const plain: { prefix: string; name: string; value: string }[] = []
  for (let count = 0; ; count++) {
    ATTRIBUTE.lastIndex = at
    const found = ATTRIBUTE.exec(text)
    if (found === null) break
    if (count >= limits.attributes) throw new NotStrictXml('too many attributes')
    const [whole, attributePrefix = '', attributeName = ''] = found
    const value = resolved((found[3] ?? found[4] ?? '').replace(/[\t\n]/g, ' '))
    at += whole.length
    if (attributePrefix === 'xmlns' || (attributePrefix === '' && attributeName === 'xmlns')) {
      declared ??= new Map()
      declare(declared, attributePrefix === '' ? '' : attributeName, value)
    } else plain.push({ prefix: attributePrefix, name: attributeName, value })
  }
  const [ending, slash] = match(TAG_END, text, at)
  const scope = declared === undefined ? (outer ?? NO_SCOPE) : scopeOf(declared, outer, limits)
  const tagEnd = at + ending.length
  const element: Open = {
    prefix,
    namespace: namespaceOf(prefix, scope),
    name,
    attributes: attributesOf(plain, scope),
    children: [],
    text: '',
    start,
    end: tagEnd,
    contentStart: tagEnd,
    contentEnd: tagEnd,
    scope,
    qualified: prefix === '' ? name : `${prefix}:${name}`,
  }
  return { element, tagEnd, isEmpty: slash === '/' }
}

const NO_SCOPE: Scope = { declared: new Map(), outer: undefined, size: 0 }

function scopeOf(declared: ReadonlyMap<string, string>, outer: Scope | undefined, limits: XmlLimits): Scope {
  const size = declared.size + (outer?.size ?? 0)
  if (size > limits.namespaces) throw new NotStrictXml('too many namespaces')
  return { declared, outer, size }
}

/** Absolute (Canonical XML 1.0 §1.1 knows no other), and nothing in it that one reader might escape and another not. */
const NAMESPACE_NAME = /^(?:[A-Za-z][A-Za-z0-9+.-]*:[^\s"'<>&]*)?$/

/** Namespaces in XML 1.0 §3: the reserved ones stay what they are, and a prefix cannot be undeclared. */
function declare(declared: Map<string, string>, prefix: string, value: string): void {
  const reserved = prefix === 'xml' || prefix === 'xmlns' || value === XML || value === XMLNS
  if (reserved || declared.has(prefix) || (prefix !== '' && value === '') || !NAMESPACE_NAME.test(value))
    throw new NotStrictXml('a namespace declaration that is none')
  declared.set(prefix, value)
}

/** Expanded names, each once (Namespaces in XML 1.0 §6.3; security.md S-5). */
function attributesOf(plain: readonly { prefix: string; name: string; value: string }[], scope: Scope): XmlAttribute[] {
  const attributes = plain.map(({ prefix, name, value }) => ({
    prefix,
    namespace: prefix === '' ? '' : namespaceOf(prefix, scope),
    name,
    value,
  }))
  if (attributes.length < 2) return attributes
  const byName = new Map<string, string[]>()
  for (const { namespace, name } of attributes) {
    const namespaces = byName.get(name)
    if (namespaces === undefined) byName.set(name, [namespace])
    else if (namespaces.includes(namespace)) throw new NotStrictXml('an attribute twice')
    else namespaces.push(namespace)
  }
  return attributes
}

/** The namespace a prefix stands for; '' is the default namespace and may be none. */
function namespaceOf(prefix: string, scope: Scope): string {
  if (prefix === 'xml') return XML
  const found = uriInScope(prefix, scope) ?? (prefix === '' ? '' : undefined)
  if (found === undefined) throw new NotStrictXml('a prefix that stands for nothing')
  return found
}

/** What a prefix was declared as, here or around; undefined when it was not. */
export function uriInScope(prefix: string, scope: Scope): string | undefined {
  for (let here: Scope | undefined = scope; here !== undefined; here = here.outer) {
    const found = here.declared.get(prefix)
    if (found !== undefined) return found
  }
  return undefined
}

/** Text between tags, its references resolved (XML 1.0 §2.4). */
export function resolvedText(raw: string): string {
  if (raw.includes(']]>')) throw new NotStrictXml('the end of a CDATA section that never began')
  return resolved(raw)
}

function resolved(raw: string): string {
  if (!raw.includes('&')) return raw
  return raw.replace(REFERENCE, (_, hex?: string, decimal?: string, named?: string) => {
    if (named !== undefined) return NAMED[named] ?? ''
    const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16)
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0'
    if (FORBIDDEN.test(character)) throw new NotStrictXml('a reference to no character')
    return character
  })
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  if (found === null) throw new NotStrictXml('not well-formed')
  return found
}
