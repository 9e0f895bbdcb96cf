import type { Choice } from './world.ts'

/**
 * The choices that contain every word typed, in any order and case; matches in the name come before matches in the
 * hint. If there are none, those that contain each word's letters in order: `payro` finds `payments-prod/readonly`. The
 * two kinds are never mixed, as Enter takes the first.
 */
export function narrow(choices: readonly Choice[], typed: string): readonly Choice[] {
  const words = typed.toLowerCase().split(/\s+/)
  const having = (has: (text: string, word: string) => boolean, textOf: (choice: Choice) => string) =>
    choices.filter((choice) => {
      const text = textOf(choice).toLowerCase()
      return words.every((word) => has(text, word))
    })
  const byName = having(includes, ({ value }) => value)
  const byAll = having(includes, ({ value, hint }) => `${value} ${hint}`)
  if (byAll.length > 0) return [...new Set([...byName, ...byAll])]
  return having(hasInOrder, ({ value }) => value)
}

const includes = (text: string, word: string): boolean => text.includes(word)

function hasInOrder(text: string, word: string): boolean {
  let from = 0
  for (const letter of word) {
    const at = text.indexOf(letter, from)
    if (at < 0) return false
    from = at + letter.length
  }
  return true
}
