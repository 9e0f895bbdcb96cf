import type * as Libxml2 from 'libxml2-wasm'
import { NotStrictXml } from './strict-xml.ts'

let library: Promise<typeof Libxml2> | undefined

/** libxml2, loaded with the first metadata and not at start. */
export const loadLibxml2 = (): Promise<typeof Libxml2> => (library ??= import('libxml2-wasm'))

/**
 * The document as libxml2 writes it anew, which is without comments and CDATA: metadata has them, and the strict reader takes
 * neither. Throws `NotStrictXml` for what libxml2 does not take.
 */
export function withoutComments({ XmlDocument, XmlC14NMode, ParseOption }: typeof Libxml2, text: string): string {
  let document: Libxml2.XmlDocument | undefined
  try {
    document = XmlDocument.fromString(text, { option: ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NONET })
    return document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_1_0 })
  } catch {
    // Its message may quote the document.
    throw new NotStrictXml('not for libxml2')
  } finally {
    // It lives in WebAssembly's memory, where no collector looks.
    document?.dispose()
  }
}
