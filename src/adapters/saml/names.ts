import type { XmlElement } from './strict-xml.ts'

export const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata'
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
export const XENC = 'http://www.w3.org/2001/04/xmlenc#'
export const XENC11 = 'http://www.w3.org/2009/xmlenc11#'
export const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'

/** Elements are known by namespace and local name, never by prefix (security.md S-7). */
export const isNamed = (element: XmlElement | undefined, namespace: string, name: string): element is XmlElement =>
  element !== undefined && element.namespace === namespace && element.name === name

export const childrenNamed = (element: XmlElement, namespace: string, name: string): readonly XmlElement[] =>
  element.children.filter((child) => isNamed(child, namespace, name))

/** The value of an attribute without a namespace. */
export const attributeOf = (element: XmlElement, name: string): string | undefined =>
  element.attributes.find((attribute) => attribute.namespace === '' && attribute.name === name)?.value

/** The element and all below it, in the document's order. */
export function everyElement(root: XmlElement): readonly XmlElement[] {
  const all: XmlElement[] = []
  const ahead = [root]
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    all.push(next)
    for (let at = next.children.length - 1; at >= 0; at--) ahead.push(next.children[at] as XmlElement)
  }
  return all
}
