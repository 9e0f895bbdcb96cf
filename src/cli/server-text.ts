import { plain } from '../domain/plain.ts'

const DEEPEST = 40

/** The server's text made safe for a terminal, keeping its lines (security.md D-26, threats.md D14). */
const cleanText = (text: string): string => text.split('\n').map(plain).join('\n')

/** The same on one line: for a table's cell, a name, a title. */
export const oneLine = (text: string): string => plain(text.replaceAll(/[\t\n\v\f\r ]+/g, ' ')).trim()

/** A whole JSON answer, every text in it cleaned: done once at the edge, so that no command can forget it. */
export function cleanJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEEPEST) return null
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item, depth + 1)]))
}
