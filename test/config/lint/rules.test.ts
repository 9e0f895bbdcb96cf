import { describe, expect, it } from 'vitest'
import { changed, faultsOf, load } from '../a-file.ts'

const messages = (text: string) => faultsOf(text).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))
const advice = (text: string) => load(text).warnings.map((warning) => warning.replace(/^.*? {2}/, ''))

const ACCOUNTS = '  pay-dev: { id: "222222222222", env: dev }\n'
const withAccounts = (...accounts: readonly string[]) =>
  changed([
    ACCOUNTS,
    `${ACCOUNTS}${accounts.map((account, index) => `  more-${index}: { id: "33333333333${index}", ${account} }\n`).join('')}`,
  ])

describe('environments (threats.md R1)', () => {
  it('are refused in two spellings that differ in case only', () => {
    expect(messages(withAccounts('env: Prod'))).toEqual([
      'accounts.more-0.env: "Prod" and the "prod" of "pay-prod" differ in case only; spell them alike',
    ])
  })

  const ONCE = '[env-once]'
  const said = (text: string) => advice(text).filter((line) => line.includes(ONCE))
  const denying = (text: string, selector = 'env:prod') =>
    text.replace('rules:\n', `rules:\n  - { id: no, match: { everyone: true }, deny: { accounts: "${selector}" } }\n`)

  it('are advised of where one account’s is nearly that of others', () => {
    expect(said(denying(withAccounts('env: prdo')))).toEqual([
      `accounts.more-0.env: "prdo" is the word of this account only, and no selector names it; did you mean "prod"? A line \`environments: [prod, dev]\` refuses any other ${ONCE}`,
    ])
  })

  it.each([
    ['two accounts have it', denying(withAccounts('env: prdo', 'env: prdo'))],
    ['a selector names it', denying(denying(withAccounts('env: prdo')), 'env:prdo').replace('id: no,', 'id: no-two,')],
    ['it is near none', denying(withAccounts('env: staging'))],
  ])('are not where %s', (_, text) => {
    expect(said(text)).toEqual([])
  })
})

describe('environments in a closed list (threats.md R1)', () => {
  const declared = (words: string, text = changed()) =>
    text.replace('accounts:\n', `environments: ${words}\naccounts:\n`)

  it('are what accounts may have', () => {
    expect(messages(declared('[prod, dev]'))).toEqual([])
    expect(messages(declared('[prod, dev, stage]'))).toEqual([])
  })

  it.each([
    ['env: prdo', '"prdo" is none of `environments`; did you mean "prod"?'],
    ['env: Prod', '"Prod" is none of `environments`; did you mean "prod"?'],
    ['env: qa', '"qa" is none of `environments`'],
    ['name: X', 'is missing; `environments` has prod, dev'],
  ])('refuse an account with %s', (account, message) => {
    expect(messages(declared('[prod, dev]', withAccounts(account)))).toEqual([`accounts.more-0.env: ${message}`])
  })

  it('refuse it too where two accounts have the word, and a selector names it', () => {
    const text = withAccounts('env: prdo', 'env: prdo').replace('accounts: [pay-prod, pay-dev]', 'accounts: "env:prdo"')
    expect(messages(declared('[prod, dev]', text))).toHaveLength(2)
  })

  it('need no advice besides', () => {
    expect(advice(declared('[prod, dev, prdo]', withAccounts('env: prdo'))).join()).not.toContain('[env-once]')
  })

  it.each([
    ['[prod, dev, prod]', 'environments[2]: "prod" stands twice'],
    ['[prod, dev, Dev]', 'environments[2]: "Dev" and "dev" differ in case only; keep one of them'],
    ['[]', 'environments: must not be empty'],
  ])('are refused as %s', (words, message) => {
    expect(messages(declared(words))).toEqual([message])
  })

  it.each([
    ['a grant', (text: string) => text.replace('accounts: [pay-prod, pay-dev]', 'accounts: "env:prdo"')],
    [
      'a deny',
      (text: string) =>
        text.replace('rules:\n', 'rules:\n  - { id: no, match: { everyone: true }, deny: { accounts: "env:prdo" } }\n'),
    ],
    ['claims_max_age', (text: string) => `${text}sessions: { claims_max_age: { env: { prdo: 1h } } }\n`],
    ['device.except', (text: string) => `${text}sessions: { cli: { device: { except: "env:prdo" } } }\n`],
  ])('are what %s may name', (_, edit) => {
    expect(messages(declared('[prod, dev]', edit(changed())))).toEqual([
      expect.stringMatching(/no account has the env "prdo"; did you mean "prod"\?/),
    ])
  })
})

describe('a fence that holds nothing of what a rule grants', () => {
  const fenced = (grant: string, within: string) =>
    changed([
      'match: { idp: entra, group: Team }\n    grant: { accounts: [pay-prod, pay-dev], roles: [readonly, admin] }',
      `match: { idp: entra, pattern: '^aws-(?P<role>[a-z]+)$' }\n    grant: { ${grant} }\n    within: { ${within} }`,
    ])

  it.each([
    ['accounts: pay-prod, roles: "${role}"', 'accounts: pay-dev, roles: readonly', 'accounts'],
    ['accounts: "env:prod", roles: "${role}"', 'accounts: [pay-dev], roles: readonly', 'accounts'],
    ['accounts: pay-dev, roles: admin', 'accounts: pay-dev, roles: readonly', 'roles'],
  ])('is refused: %s within %s', (grant, within, key) => {
    expect(messages(fenced(grant, within))).toEqual([
      `rules[0].within.${key}: holds none of the ${key} that the rule grants: it opens nothing`,
    ])
  })

  it('is said once, where it holds nothing at all', () => {
    expect(
      messages(fenced('accounts: pay-dev, roles: "${role}"', 'accounts: "env:test", roles: readonly')),
    ).toHaveLength(1)
  })

  it('keeps what lies outside it from counting as granted', () => {
    expect(
      advice(fenced('accounts: [pay-prod, pay-dev], roles: [readonly, admin]', 'accounts: pay-dev, roles: readonly')),
    ).toEqual(
      expect.arrayContaining([
        'accounts.pay-prod: no rule reaches this account [unreachable-account]',
        'roles.admin: no rule grants this role [ungranted-role]',
      ]),
    )
  })
})

it('a base is not called ungranted where a variant of it is granted', () => {
  const text = changed(
    ['rules:\n', '  look: { role_name: team/Admin, variant_of: admin }\nrules:\n'],
    ['roles: [readonly, admin] }', 'roles: [readonly, look] }'],
  )
  expect(advice(text)).toEqual([])
})
