/** Text that XML escaping has been done to. */
export type Xml = { readonly xml: string }

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** What XML 1.0 §2.2 cannot carry at all is left out; the rest is escaped. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] ?? '')

/** One element. An attribute that is undefined is left out; a string among the content is text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  ...content: readonly (string | Xml)[]
): Xml {
  const stated = Object.entries(attributes)
    .map(([key, value]) => (value === undefined ? '' : ` ${key}="${escaped(value)}"`))
    .join('')
  const inside = content.map((part) => (typeof part === 'string' ? escaped(part) : part.xml)).join('')
  return { xml: `<${name}${stated}>${inside}</${name}>` }
}

export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'
