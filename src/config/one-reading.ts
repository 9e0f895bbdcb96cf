/** What makes a name read as another, or mean something else in a rule. */
export function oneReading(name: string): readonly string[] {
  const mixed = (name.match(/[\p{L}\p{M}]+/gu) ?? []).find(
    (word) => LOOK_ALIKE.filter((script) => script.test(word)).length > 1,
  )
  return [
    ...(folded(name) === '*' ? ['"*" is no name of a group; no rule may say it'] : []),
    ...(unseenIn(name) ? ['holds signs that nobody sees; take them out'] : []),
    ...(mixed === undefined ? [] : [`mixes alphabets in "${mixed}": letters that look alike are not the same`]),
  ]
}

/** What no terminal shows, and half a character. */
export const unseenIn = (text: string): boolean => /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u.test(text)

/** Alphabets whose letters pass for each other's. Japanese beside Latin is read as what it is. */
const LOOK_ALIKE = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Lisu}/u,
]

export const folded = (text: string): string => text.normalize('NFKC').trim().toLowerCase()
