import type { Choice } from './world.ts'

/**
 * The choices that hold every word typed, in any order and case: in their name before in their hint. When none does,
 * those with the letters of each word in its order, others between them: `payro` finds `payments-prod/readonly`. A
 * looser match never stands beside a closer one: Enter takes the first.
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
