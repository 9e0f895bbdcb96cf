import type { Answer } from '../exchange.ts'
import type { Refusal } from './refusal.ts'

/** An element's content: text, or named children in order. An undefined child is left out. */
export type Content = string | { readonly [name: string]: Content | undefined }

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** What XML 1.0 §2.2 cannot carry at all is left out; the rest is escaped. */
const isXmlText = (character: string): boolean => character >= ' ' || '\t\n\r'.includes(character)
const escaped = (text: string): string =>
  Array.from(text)
    .filter(isXmlText)
    .map((character) => ESCAPES[character] ?? character)
    .join('')

const inside = (content: Content): string =>
  typeof content === 'string'
    ? escaped(content)
    : Object.entries(content)
        .map(([name, child]) => (child === undefined ? '' : `<${name}>${inside(child)}</${name}>`))
        .join('')

/** The Query protocol's answer to `action` (aws.md §2). */
export const resultAnswer = (action: string, result: Content, requestId: string): Answer =>
  xmlAnswer(
    200,
    requestId,
    `<${action}Response xmlns="${NAMESPACE}">${inside({ [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } })}</${action}Response>`,
  )

export const refusalAnswer = ({ code, status, message }: Refusal, requestId: string): Answer =>
  xmlAnswer(
    status,
    requestId,
    `<ErrorResponse xmlns="${NAMESPACE}">${inside({
      Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
      RequestId: requestId,
    })}</ErrorResponse>`,
  )

const xmlAnswer = (status: number, requestId: string, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
  body: `${body}\n`,
})
