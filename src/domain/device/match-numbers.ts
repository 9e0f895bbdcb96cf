import type { Random } from './user-code.ts'

/** Three numbers on the page, one of them in the terminal: whoever only forwards a code does not know which. */
export type MatchNumbers = { readonly right: string; readonly offered: readonly string[] }

/** Three different two-digit numbers, the right one anywhere among them. */
export function newMatchNumbers(random: Random): MatchNumbers {
  const numbers = new Set<string>()
  while (numbers.size < 3) {
    // 180 is twice the ninety numbers from 10 to 99: every one equally likely.
    for (const byte of random(8)) if (byte < 180 && numbers.size < 3) numbers.add(String(10 + (byte % 90)))
  }
  const offered = [...numbers]
  for (;;) for (const byte of random(4)) if (byte < 255) return { right: offered[byte % 3] ?? '', offered }
}
