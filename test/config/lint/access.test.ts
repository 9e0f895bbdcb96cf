import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LINTS } from '../../../src/config/lint/names.ts'
import { A_FILE, load } from '../a-file.ts'

/** A_FILE with Okta beside Entra, and more rules at its end: the first of them is rules[1]. */
const withRules = (...rules: readonly string[]): string =>
  A_FILE.replace(
    'accounts:\n',
    '    username_domains: [example.com]\n' +
      '  - { id: okta, type: oidc, issuer: https://b.example.com, client_id: c, client_secret_env: IDP_SECRET, groups: { claim: groups }, username_domains: [b.example] }\n' +
      'accounts:\n',
  ).replace('store:', () => `${rules.map((rule) => `  - ${rule}\n`).join('')}store:`)

const advice = (text: string): readonly string[] =>
  load(text).warnings.map((warning) => warning.replace(/^.*? {2}/, ''))

const grant = (id: string, match: string, more: string) => `{ id: ${id}, match: { ${match} }, grant: { ${more} } }`
const deny = (id: string, match: string, more: string) => `{ id: ${id}, match: { ${match} }, deny: { ${more} } }`
const ALL = 'accounts: [pay-prod, pay-dev], roles: [readonly, admin]'
const DEV = 'accounts: pay-dev, roles: readonly'

describe('[shadowed-rule]', () => {
  it.each([
    ['the same again', grant('x', 'idp: entra, group: Team', ALL), 1],
    ['a part of what a group has anyway', grant('x', 'idp: entra, group: Team', DEV), 1],
    ['a part, for no longer', grant('x', 'idp: entra, group: Team', `${DEV}, max_duration: 30m`), 1],
    ['more than one has', grant('x', 'idp: entra, any_of: [Team, Other]', DEV), 0],
    ['another group', grant('x', 'idp: entra, group: Other', DEV), 0],
    ['another IdP', grant('x', 'idp: okta, group: Team', DEV), 0],
  ])('is said of %s, and only then', (_what, rule, count) => {
    expect(advice(withRules(rule)).filter((line) => line.includes('[shadowed-rule]'))).toHaveLength(count)
  })

  it('names the rule that makes it idle', () => {
    expect(advice(withRules(grant('x', 'idp: entra, group: Team', DEV)))).toEqual([
      'rules[1]: opens nothing that is not open to the same people by "team" anyway [shadowed-rule]',
    ])
  })

  it('is said of the first where a later one is wider, and of the later of two that say the same', () => {
    const everyone = grant('all', 'idp: entra, everyone: true', ALL)
    expect(advice(withRules(everyone))).toEqual([
      'rules[0]: opens nothing that is not open to the same people by "all" anyway [shadowed-rule]',
    ])
    expect(advice(withRules(grant('again', 'idp: entra, group: Team', ALL)))[0]).toMatch(/^rules\[1\]/)
  })

  it.each([
    ['of its group', 'idp: entra, group: Team'],
    ['of everyone of its IdP', 'idp: entra, everyone: true'],
    ['of everyone', 'everyone: true'],
    ['of its group at any IdP', 'group: Team'],
  ])('is said of what a deny %s closes', (_what, match) => {
    expect(advice(withRules(deny('no', match, 'accounts: "*"')))).toContain(
      'rules[0]: opens nothing: all of it is closed by "no" [shadowed-rule]',
    )
  })

  it('is not said of what a deny closes in part', () => {
    expect(advice(withRules(deny('no', 'everyone: true', 'accounts: pay-dev')))).toEqual([])
  })
})

describe('[voided-limit] (threats.md R11)', () => {
  it('is said of a rule whose shorter time another one makes longer', () => {
    const short = grant('short', 'idp: okta, group: A', `${ALL}, max_duration: 15m`)
    const long = grant('long', 'idp: okta, everyone: true', DEV)
    expect(advice(withRules(short, long))).toEqual([
      'rules[1]: asks for more than "long", where some of the same is open to the same people: its terms bind nobody there [voided-limit]',
    ])
  })

  it('names every rule that voids it, by whatever they meet the same people', () => {
    const within = 'within: { accounts: [pay-prod, pay-dev], roles: [readonly, admin] }'
    const pattern = (id: string, more: string) =>
      `{ id: ${id}, match: { idp: okta, pattern: '^T-.*$' }, grant: { ${more} }, ${within} }`
    const short = (id: string) => grant(id, 'idp: okta, any_of: [T-a, T-b]', `${ALL}, max_duration: 15m`)
    const named = grant('named', 'idp: okta, any_of: [T-a, T-b, T-c]', DEV)
    const captures = `{ id: captures, match: { idp: okta, pattern: '^T-(?P<role>[a-z]+)$' }, grant: { accounts: pay-dev, roles: '\${role}' }, ${within} }`
    expect(advice(withRules(short('short'), named, pattern('wide', DEV), captures))).toEqual([
      'rules[1]: asks for more than "named", "wide", where some of the same is open to the same people: its terms bind nobody there [voided-limit]',
      'rules[2]: opens nothing that is not open to the same people by "wide" anyway [shadowed-rule]',
    ])
    expect(advice(withRules(pattern('strict', `${ALL}, max_duration: 15m`), pattern('wide', DEV)))).toEqual([
      'rules[1]: asks for more than "wide", where some of the same is open to the same people: its terms bind nobody there [voided-limit]',
    ])
  })

  it('is said of a group that a pattern names, where the pattern opens that very role', () => {
    const named = (id: string, pattern: string) =>
      `{ id: ${id}, match: { idp: okta, pattern: '${pattern}' }, grant: { accounts: pay-dev, roles: '\${role}' }, within: { accounts: pay-dev, roles: [readonly, admin] } }`
    const short = (group: string) =>
      grant('short', `idp: okta, group: ${group}`, 'accounts: pay-dev, roles: readonly, max_duration: 15m')
    const by = (group: string) => advice(withRules(short(group), named('names', '^T-(?P<role>[a-z]+)$')))
    expect(by('T-readonly')).toEqual([
      'rules[1]: opens nothing that is not open to the same people by "names" anyway [shadowed-rule]',
    ])
    expect(by('T-admin')).toEqual([])
  })

  it('is not said where the other opens something else, or to others', () => {
    const short = grant('short', 'idp: okta, group: A', 'accounts: pay-dev, roles: readonly, max_duration: 15m')
    expect(advice(withRules(short, grant('b', 'idp: okta, group: A', 'accounts: pay-dev, roles: admin')))).toEqual([])
    expect(advice(withRules(short, grant('b', 'idp: okta, group: B', DEV)))).toEqual([])
  })
})

describe('[denied-at-one-idp] (threats.md I3)', () => {
  it('is said of a deny that another IdP’s people walk round', () => {
    const other = grant('b', 'idp: okta, group: B', DEV)
    expect(advice(withRules(other, deny('no', 'idp: entra, group: Out', 'accounts: pay-dev')))).toEqual([
      'rules[2]: denies pay-dev to people of entra alone, and people of okta may have it: whoever signs in at both is not kept out; a deny without idp is for everyone [denied-at-one-idp]',
    ])
  })

  it('is not said of a deny for every IdP, nor of what nobody else may have', () => {
    const other = grant('b', 'idp: okta, group: B', DEV)
    expect(advice(withRules(other, deny('no', 'group: Out', 'accounts: pay-dev')))).toEqual([])
    expect(advice(withRules(other, deny('no', 'idp: entra, group: Out', 'accounts: pay-prod')))).toEqual([])
  })
})

describe('roles', () => {
  const admin = (text: string) => A_FILE.replace('elevated: true', `elevated: true, ${text}`)

  it('[role-without-limit] is said of an elevated one that lasts all day', () => {
    expect(advice(admin('max_duration: 12h'))).toEqual([
      'roles.admin.max_duration: lets an elevated role last 12h; no rule makes it shorter [role-without-limit]',
    ])
    expect(advice(admin('max_duration: 4h'))).toEqual([])
    const shortened = admin('max_duration: 12h').replace('readonly, admin] }', 'readonly, admin], max_duration: 1h }')
    expect(advice(shortened)).toEqual([])
  })

  it('[mutable-claim] is said of tags that people may set for themselves', () => {
    const tags = 'session_tags: { Who: claims.preferred_username, Team: claims.department }'
    expect(advice(admin(tags)).filter((line) => line.includes('[mutable-claim]'))).toEqual([
      'roles.admin.session_tags.Who: claims.preferred_username can change and pass to another person, and AWS policies decide by this tag [mutable-claim]',
    ])
  })
})

it('docs/reference/lints.md and --accept have every name there is, and no other', () => {
  const page = readFileSync(new URL('../../../docs/reference/lints.md', import.meta.url), 'utf8')
  const folders = ['../../../src/config/lint/', '../../../src/config/', '../../../src/program/check/']
  const sources = folders.flatMap((folder) => {
    const at = new URL(folder, import.meta.url)
    return readdirSync(at).flatMap((name) => (name.endsWith('.ts') ? [readFileSync(new URL(name, at), 'utf8')] : []))
  })
  const names = sources.flatMap((text) =>
    [...text.matchAll(/ \[([a-z]+(?:-[a-z]+)+)\][`']/g)].map(([, name = '']) => name),
  )
  const every = [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1))
  expect([...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name)).toEqual(every)
  expect(LINTS).toEqual(every)
})
