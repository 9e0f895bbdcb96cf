const LONGEST = 300

/** Three parts of base64url: a token, or so like one that it is none of our pages'. */
const TOKEN = /[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/

/**
 * A claim's value for a page: as JSON, cut, with every sign that steers or turns a line written out. What looks like a token
 * is never shown: some IdPs put one among the claims.
 */
export function shownValue(name: string, value: unknown): string {
  const text = (JSON.stringify(value) ?? '').replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
  if (/token|secret|password|assertion/i.test(name) || TOKEN.test(text) || /"[^"]*(?:token|secret)[^"]*":/i.test(text))
    return 'not shown: it may be a token'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… and ${text.length - LONGEST} more signs` : text
}
