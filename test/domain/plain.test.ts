import { expect, it } from 'vitest'
import { plain, shellWord } from '../../src/domain/plain.ts'

it.each([
  ['alice\u001b[1A\u001b[2K', String.raw`alice\u001b[1A\u001b[2K`],
  ['two\nlines\r', String.raw`two\u000alines\u000d`],
  ['\u009b2J', String.raw`\u009b2J`],
  ['\u202eecila \u2066\u200f', String.raw`\u202eecila \u2066\u200f`],
  ['al\u200bice\ufeff\u00ad', String.raw`al\u200bice\ufeff\u00ad`],
  ['\u{e0041}tag', String.raw`\ue0041tag`],
  ['Zoë Müller, 田中 ✓', 'Zoë Müller, 田中 ✓'],
])('%j is printed as one line that steers nothing (threats.md H10)', (written, shown) => {
  expect(plain(written)).toBe(shown)
})

it.each([
  ['role:payments-prod/admin', 'role:payments-prod/admin'],
  ['person:alice@example.com', 'person:alice@example.com'],
  ['role:payments-prod/*', "'role:payments-prod/*'"],
  ["person:o'hara ann", String.raw`'person:o'\''hara ann'`],
  ['$(reboot)', "'$(reboot)'"],
  ['', "''"],
])('%j is one word to a shell', (word, printed) => {
  expect(shellWord(word)).toBe(printed)
})
