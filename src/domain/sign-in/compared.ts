/**
 * A name or number as it is held against another's, to tell whether two sign-ins may be one person: neither letter case nor the way a
 * directory writes its characters (NFC or NFD, full width, signs that nobody sees), nor zeros in front of a number, makes two of
 * one; nor what a letter becomes in the other case (ß and SS, İ and i, Σ at a word's end). It only ever refuses, so a word too few
 * harms nobody (threats.md I3). For nothing that opens anything, and never shown.
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

/** Before anything else: between a letter and its accent one of them keeps the two from becoming one character. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
