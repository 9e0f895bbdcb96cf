import { describe, expect, it } from 'vitest'
import { A_FILE, load } from '../a-file.ts'

const advice = (text: string): readonly string[] =>
  load(text)
    .warnings.map((warning) => warning.replace(/^.*? {2}/, ''))
    .filter((line) => line.endsWith('[odd-group]'))

const withGroup = (group: string): string =>
  A_FILE.replace(
    'store:',
    () => `  - { id: no, match: { idp: entra, group: ${JSON.stringify(group)} }, deny: { accounts: pay-dev } }\nstore:`,
  )

describe('[odd-group] (threats.md R4)', () => {
  it.each([
    ['a sign of no width', 'Out\u200bsiders', 'holds signs that nobody sees; take them out'],
    ['a sign that turns the text round', '\u202eOutsiders', 'holds signs that nobody sees; take them out'],
    ['a control character', 'Outsiders\u0000', 'holds signs that nobody sees; take them out'],
    ['half a character', 'Outsiders\ud800', 'holds signs that nobody sees; take them out'],
    ['a space at its end', 'Outsiders ', 'begins or ends with a space'],
    [
      'letters of two alphabets',
      'Outsidеrs',
      'mixes alphabets in "Outsidеrs": letters that look alike are not the same',
    ],
    ['an accent by itself', 'Exte\u0301rieurs', 'has letters and their accents apart, where most IdPs send one sign'],
    ['a star that is none', '＊', '"*" is no name of a group; no rule may say it'],
  ])('is said of a group with %s', (_what, group, because) => {
    expect(advice(withGroup(group))).toEqual([`rules[1].match.group: ${because}; groups match exactly [odd-group]`])
  })

  it.each(['Team', 'Extérieurs', 'внешние', '外部ユーザーA', 'CN=Out, OU=Staff', '/acme/out', 'Émilie’s 🚀 team'])(
    'is not said of %s',
    (group) => {
      expect(advice(withGroup(group))).toEqual([])
    },
  )

  it('is said of patterns, of who approves and of who operates', () => {
    const text = A_FILE.replace(
      'store:',
      () =>
        `  - { id: no, match: { idp: entra, pattern: "^x-\\u200b.*$" }, deny: { accounts: pay-dev } }\nadmin: { operators: { idp: entra, group: "Ops " } }\nstore:`,
    ).replace(
      'admin: { ',
      'admin: { require: { approval: { by: { idp: entra, any_of: [Leads, "Le\\u200bads"] }, valid_for: 4h } }, ',
    )
    expect(advice(text).map((line) => line.replace(/: .*/, ''))).toEqual(
      expect.arrayContaining([
        'rules[1].match.pattern',
        'admin.operators.group',
        'roles.admin.require.approval.by.any_of[1]',
      ]),
    )
  })
})
