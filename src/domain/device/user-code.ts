/** No vowels, no look-alikes: RFC 8628 §6.1. Eight of twenty are 34.5 bits (security.md D-10). */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const OF_ALPHABET = /^[BCDFGHJKLMNPQRSTVWXZ]+$/

/** Random bytes, as many as asked. Handed in. */
export type Random = (bytes: number) => Uint8Array

/** A new user code, eight letters without the dash; every letter equally likely. */
export function newUserCode(random: Random): string {
  let code = ''
  while (code.length < LENGTH) {
    for (const byte of random(LENGTH * 2)) {
      // 240 is the largest multiple of 20 below 256: what is above it would favour the first letters.
      if (byte < 240 && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length]
    }
  }
  return code
}

/** What a person typed, as the eight letters it stands for; case, blanks and dashes do not matter. Else undefined. */
export function parseUserCode(typed: string): string | undefined {
  const letters = typed.slice(0, 40).toUpperCase().replace(/[\s-]/g, '')
  return letters.length === LENGTH && OF_ALPHABET.test(letters) ? letters : undefined
}

/** `WDJBMJHT` → `WDJB-MJHT`. */
export const showUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`
