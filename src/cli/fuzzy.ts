/**
 * Whether every word typed is found in the text, in any order: its letters may have others between them, so `payro`
 * finds `payments-prod/readonly`. Cases are alike.
 */
export function isFoundIn(typed: string, text: string): boolean {
  const within = text.toLowerCase()
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hasInOrder(within, word))
}

function hasInOrder(text: string, word: string): boolean {
  let from = 0
  for (const letter of word) {
    const at = text.indexOf(letter, from)
    if (at < 0) return false
    from = at + letter.length
  }
  return true
}
