/**
 * A name or number in the form that is compared to tell whether two sign-ins may be one person. Equal in it: letter
 * case (also ß and SS, İ and i, final Σ), the way characters are encoded (NFC or NFD, full width, invisible ones), and
 * leading zeros of a number. It is only ever used to refuse, so it folds generously (threats.md I3).
 */
export const compared = (text: string): string =>
  sameCase(text.replace(UNSEEN, '').normalize('NFKC'))
    .normalize('NFKC')
    .trim()
    // A number of one directory is a text of fixed length in the next.
    .replace(/^0+(?=\d+$)/, '')

/** There and back, for some letters are two in the other case. */
const sameCase = (text: string): string =>
  text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ').replaceAll('i\u0307', 'i')

/** Removed first: such a character between a letter and its accent would keep them from becoming one character. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
