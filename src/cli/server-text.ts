/** Everything a terminal might obey, except the line feed: C0, C1, direction overrides, Unicode's line breaks. */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu
const DEEPEST = 40

/** The server's text as a terminal may show it (security.md D-26, threats.md D14). */
const cleanText = (text: string): string => text.replace(UNPRINTABLE, '')

/** The same on one line: for a table's cell, a name, a title. */
export const oneLine = (text: string): string => cleanText(text.replace(/\s+/g, ' ')).trim()

/** A whole JSON answer, every text in it cleaned: done once at the edge, so that no command can forget it. */
export function cleanJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEEPEST) return null
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item, depth + 1)]))
}
