/**
 * IAM's wildcards: `*` is any text, `?` any one character. Only the last `*` is ever tried again, so the work is bounded
 * by |text| × |pattern| and no pattern can make it explode.
 */
export function isLike(text: string, pattern: string): boolean {
  const [characters, wanted] = [Array.from(text), Array.from(pattern)]
  let [at, next, star, retryFrom] = [0, 0, -1, 0]
  while (at < characters.length) {
    if (wanted[next] === '*') {
      star = next++
      retryFrom = at
    } else if (next < wanted.length && (wanted[next] === '?' || wanted[next] === characters[at])) {
      next++
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++retryFrom
    } else return false
  }
  return wanted.slice(next).every((character) => character === '*')
}
