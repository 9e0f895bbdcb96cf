/**
 * A text on one line, with every control or invisible character written out, since names come from files of many hands
 * and from directories (threats.md H10). Written out rather than dropped, so that two names never look alike.
 */
export const plain = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800]/gu,
    (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )

/** As a POSIX shell takes it for one word, and zsh for no pattern. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
