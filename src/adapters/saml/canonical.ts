import type * as Libxml2 from 'libxml2-wasm'
import { NotStrictXml, type Scope, type XmlElement } from './strict-xml.ts'

let library: Promise<typeof Libxml2> | undefined

/** libxml2, loaded with the first SAML IdP and not at start. */
export const loadLibxml2 = (): Promise<typeof Libxml2> => (library ??= import('libxml2-wasm'))

/** A document's text, and an element in it. */
export type Placed = { readonly text: string; readonly element: XmlElement }

/**
 * The exclusive canonical form, without comments, of one element (Exclusive XML Canonicalization 1.0), less one of its
 * children: that is the enveloped-signature transform. The element is cut out of its document and given the namespaces it
 * stood among, so that libxml2 sees it alone and its cost does not grow with what is around it.
 * Throws `NotStrictXml` when nothing comes out (security.md S-18).
 */
export function canonicalOf(
  libxml2: typeof Libxml2,
  { text, element }: Placed,
  { without, inclusivePrefixes = [] }: { without?: XmlElement; inclusivePrefixes?: readonly string[] } = {},
): string {
  const { start, end, nameEnd } = element
  const inside =
    without === undefined ? text.slice(nameEnd, end) : text.slice(nameEnd, without.start) + text.slice(without.end, end)
  const canonical = canonicalText(libxml2, text.slice(start, nameEnd) + declarationsAround(element) + inside, {
    mode: libxml2.XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
    ...(inclusivePrefixes.length > 0 && { inclusiveNamespacePrefixes: [...inclusivePrefixes] }),
  })
  if (canonical === '') throw new NotStrictXml('no canonical form')
  return canonical
}

/** A whole document in a canonical form. Throws `NotStrictXml` for what libxml2 does not take. */
export function canonicalText(
  { XmlDocument, ParseOption }: typeof Libxml2,
  text: string,
  options: Libxml2.C14NOptions,
): string {
  let document: Libxml2.XmlDocument | undefined
  try {
    document = XmlDocument.fromString(text, { option: ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NONET })
    return document.canonicalizeToString(options)
  } catch {
    // Its message may quote the document.
    throw new NotStrictXml('not for libxml2')
  } finally {
    // It lives in WebAssembly's memory, where no collector looks.
    document?.dispose()
  }
}

/** The namespaces in scope that the element does not declare itself, as declarations. */
function declarationsAround({ scope, declared }: XmlElement): string {
  const seen = new Set(declared.keys())
  let text = ''
  for (let here: Scope | undefined = scope; here !== undefined; here = here.outer) {
    for (const [prefix, uri] of here.declared) {
      if (seen.has(prefix)) continue
      seen.add(prefix)
      // The strict reader lets no name through that would need escaping.
      text += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${uri}"`
    }
  }
  return text
}
