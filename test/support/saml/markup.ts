type Attributes = Readonly<Record<string, string | null | undefined>>

/** Text as it may stand in an element or in a double-quoted attribute. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** An element around raw XML. Attributes that are null or undefined are left out. */
export function element(name: string, attributes: Attributes, content: string): string {
  const written = Object.entries(attributes).map(([key, value]) => (value == null ? '' : ` ${key}="${escaped(value)}"`))
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`
}

/** How the children of an element stand beside one another: on one line, or each on its own. */
export const joined = (children: readonly string[], pretty: boolean): string => {
  const there = children.filter((child) => child !== '')
  return pretty && there.length > 0 ? `\n    ${there.join('\n    ')}\n  ` : there.join('')
}

export const base64 = (content: string | Uint8Array): string => Buffer.from(content as string).toString('base64')

/** Calls `make` when it is first asked for, and keeps what came of it. */
export function once<Made>(make: () => Made): () => Made {
  let made: { readonly value: Made } | undefined
  return () => (made ??= { value: make() }).value
}
