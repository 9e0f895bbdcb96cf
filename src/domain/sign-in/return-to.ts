/** A path on this gateway, safe to send a browser to. */
export type LocalPath = string & { readonly __localPath: true }

const HERE = 'https://here.invalid'
export const HOME = '/' as LocalPath

/**
 * Reads `returnTo`. What is not plainly a path of ours becomes the home page: an open redirect on the door to AWS
 * is a phishing kit (security.md W-16, RFC 9700 §4.11.1).
 */
export function parseReturnTo(text: unknown): LocalPath {
  if (typeof text !== 'string' || text.length > 2000 || !isPlainPath(text)) return HOME
  const url = URL.canParse(text, HERE) ? new URL(text, HERE) : undefined
  if (url === undefined || url.origin !== HERE || url.pathname.startsWith('//')) return HOME
  // User codes stand in no URL (threats.md D5); sign-in itself is no place to return to.
  if (/^\/(sign-in|sign-out|signed-out|oidc|saml|oauth(?!\/authorize$)|v1)(\/|$)/i.test(url.pathname)) return HOME
  return (url.pathname + (/^\/device\/?$/i.test(url.pathname) ? '' : url.search)) as LocalPath
}

/**
 * Starts with one slash and holds nothing that a parser may fold away: no backslash, control or space, and in the path no
 * `/.` and no encoded slash. A query may hold those: a deep link carries a whole console URL.
 */
const isPlainPath = (text: string): boolean =>
  /^\/(?![/\\])/.test(text) && !FOLDED.test(text) && !/\/(\.|%2e){1,2}(\/|$)|%2f|%5c/i.test(pathOf(text))

const pathOf = (text: string): string => text.replace(/[?#].*$/s, '')

// oxlint-disable-next-line no-control-regex -- control characters are what this refuses
const FOLDED = /[\\\u0000-\u0020\u007f-\u009f]/
