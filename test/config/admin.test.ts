import { describe, expect, it } from 'vitest'
import { A_FILE, faultsOf, load } from './a-file.ts'

const written = (admin: string) => `${A_FILE}admin: ${admin}\n`

describe('admin', () => {
  it.each([
    [
      'without an IdP (threats.md R3)',
      '{ operators: { group: A } }',
      '22:21  admin.operators.idp: is missing: who runs Rolegate is said by an IdP you name',
    ],
    [
      'of an IdP there is not',
      '{ operators: { idp: entar, group: A } }',
      '22:28  admin.operators.idp: unknown IdP "entar"; did you mean "entra"?',
    ],
    [
      'for everybody',
      '{ auditors: { idp: entra, group: "*" } }',
      '22:41  admin.auditors.group: "*" is no group: name the groups that may see everything',
    ],
    ['for nobody', '{ operators: { idp: entra } }', '22:21  admin.operators: needs exactly one of group, any_of'],
    [
      'by group and any_of',
      '{ operators: { idp: entra, group: A, any_of: [B] } }',
      '22:21  admin.operators: needs exactly one of group, any_of',
    ],
    [
      'for everybody, in a list of lists',
      '{ operators: [{ idp: entra, group: A }, { idp: entra, any_of: [B, "*"] }] }',
      '22:74  admin.operators[1].any_of[1]: "*" is no group: name the groups that may see everything',
    ],
    [
      'misspelt',
      '{ operator: { idp: entra, group: A } }',
      '22:10  admin.operator: unknown key; did you mean "operators"?',
    ],
    [
      'misspelt inside',
      '{ operators: { idp: entra, grup: A } }',
      '22:35  admin.operators.grup: unknown key; did you mean "group"?',
    ],
    ['by everyone', '{ operators: { idp: entra, everyone: true } }', '22:35  admin.operators.everyone: unknown key'],
    ['an empty list', '{ operators: [] }', '22:21  admin.operators: must not be empty'],
    ['a word', '{ operators: AWS-Platform }', '22:21  admin.operators: must be { idp, group } or a list of them'],
  ])('refuses a selector %s', (_, admin, fault) => {
    expect(faultsOf(written(admin))).toEqual([fault])
  })

  it('reads one selector or a list of them', () => {
    const { admin } = load(
      written(
        '{ operators: { idp: entra, group: A }, auditors: [{ idp: entra, any_of: [B, C, B] }, { idp: entra, group: D }] }',
      ),
    ).config
    expect(admin).toEqual({
      operators: [{ idp: 'entra', groups: ['A'] }],
      auditors: [
        { idp: 'entra', groups: ['B', 'C'] },
        { idp: 'entra', groups: ['D'] },
      ],
    })
    expect(load(A_FILE).config.admin).toEqual({ operators: [], auditors: [] })
  })

  it('warns of a group that does not look like one of its IdP', () => {
    const text = written('{ operators: { idp: entra, group: Platform } }').replace(
      'claim: groups',
      'claim: groups, kind: sid',
    )
    expect(load(text).warnings.filter((line) => line.includes('admin'))).toEqual([
      expect.stringContaining('admin.operators.group: does not look like a group of kind sid'),
    ])
  })
})
