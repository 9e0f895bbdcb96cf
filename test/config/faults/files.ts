import { BASE, swap, swapAll, type Case } from './case.ts'

const FOLDER = '/etc/rolegate/'

/** Files beside the main one, by their path from it. */
const beside = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${FOLDER}${name}`, text]))

const within = (fence: string, files = 'rules/*.yaml') => `include:\n  - files: ${files}\n    within: { ${fence} }\n`
const FENCE = 'idps: [entra], accounts: [pay-dev], roles: [readonly]'
const GOOD = '{ id: x, match: { idp: entra, group: X }, grant: { accounts: pay-dev, roles: readonly } }'

/** A team's file, whose fence holds pay-dev and readonly for entra's people. */
const team = (name: string, text: string): Case => ({
  name,
  text: `${BASE}${within(FENCE)}`,
  files: beside({ 'rules/x.yaml': text }),
})
const rule = (name: string, text: string): Case => team(name, `rules:\n  - ${text}\n`)

/** What a team's file may not say, and what `include` may not name. */
export const INCLUDES: readonly Case[] = [
  rule('a team grants itself production', GOOD.replace('pay-dev', '[pay-dev, pay-prod]')),
  rule('a team grants itself every account', GOOD.replace('accounts: pay-dev', 'wildcard: true, accounts: "*"')),
  rule('a team grants itself by environment', GOOD.replace('pay-dev', '"env:prod"')),
  rule('a team grants itself another role', GOOD.replace('roles: readonly', 'roles: [readonly, admin]')),
  rule('a team speaks of another directory', GOOD.replace('idp: entra', 'idp: okta')),
  rule(
    'a team’s pattern reaches past the fence',
    '{ id: x, match: { idp: entra, pattern: "^a-(?P<account>[a-z-]+)$" }, grant: { accounts: "${account}", roles: readonly }, within: { accounts: ["env:dev", "env:prod"], roles: readonly } }',
  ),
  rule('a team’s deny for everybody', '{ id: x, match: { group: X }, deny: { accounts: pay-dev, roles: readonly } }'),
  rule('a team’s deny of all roles', '{ id: x, match: { idp: entra, group: X }, deny: { accounts: pay-dev } }'),
  {
    ...team(
      'a team’s deny closes a variant outside its fence',
      'rules:\n  - { id: x, match: { idp: entra, group: X }, deny: { accounts: pay-dev, roles: readonly } }\n',
    ),
    text: `${BASE.replace('roles:\n', 'roles:\n  look: { role_name: ReadOnly, variant_of: readonly, max_duration: 1h }\n')}${within(FENCE)}`,
  },
  rule('a team takes another’s rule id', GOOD.replace('id: x', 'id: team')),
  team('a team brings an account', 'rules: []\naccounts: { x: { id: "012345678901" } }\n'),
  team('a team brings an IdP', 'idps: []\n'),
  team('a team names itself operator', 'admin: { operators: { idp: entra, group: X } }\n'),
  team('a team includes more', 'include: [{ files: more.yaml }]\n'),
  team('a team’s file is cut off', 'rules:\n  - { id: x, match: { idp: entra,'),
  team('a team’s file is empty', ''),
  team('a team’s key is misspelt', 'ruels: []\n'),
  team('a team’s test fails', 'tests: [{ as: { idp: entra, groups: [Team] }, cannot: [pay-prod/admin] }]\n'),
  { name: 'a folder that is not there', text: `${BASE}${within(FENCE)}` },
  {
    name: 'a star that meets nothing',
    text: `${BASE}${within(FENCE, 'rules/*.yml')}`,
    files: beside({ 'rules/x.yaml': '' }),
  },
  { name: 'a star in a folder', text: `${BASE}${within(FENCE, '"*/x.yaml"')}` },
  { name: 'an include from the root', text: `${BASE}${within(FENCE, '/etc/rolegate/rules/x.yaml')}` },
  { name: 'an include of itself', text: `${BASE}${within(FENCE, 'rolegate.yaml')}` },
  {
    name: 'an include that climbs out',
    text: `${BASE}${within(FENCE, '../elsewhere/x.yaml')}`,
    files: { '/etc/elsewhere/x.yaml': 'rules: []\n' },
  },
  {
    name: 'one file under two fences',
    text: `${BASE}${within(FENCE)}${within(FENCE).replace('include:\n', '')}`,
    files: beside({ 'rules/x.yaml': 'rules: []\n' }),
  },
  { name: 'an include without a fence', text: `${BASE}include: [{ files: rules/x.yaml }]\n` },
  {
    name: 'an include’s fence around nothing',
    text: `${BASE}${within('idps: [entar], accounts: "env:test", roles: reader')}`,
    files: beside({ 'rules/x.yaml': 'rules: []\n' }),
  },
]

const [A, B] = ['11111111-aaaa-4aaa-8aaa-111111111111', '22222222-aaaa-4aaa-8aaa-222222222222']
const GROUPS = 'groups: { claim: groups }\n'
const NAMED = 'groups: { claim: groups, kind: id, names_file: groups.yaml }\n'

/** A names file, beside rules that say Team and Leads. */
const names = (name: string, text: string): Case => swap(name, GROUPS, NAMED, beside({ 'groups.yaml': text }))

/** What people call groups, where it could mean two. */
export const NAMES: readonly Case[] = [
  names('a group that has no id', `${A}: Team\n`),
  names('a friendly name misspelt', `${A}: Team\n${B}: Laeds\n`),
  names('one id for two names', `${A}: Team\n${A}: Leads\n`),
  names('one name for two ids', `${A}: Team\n${B}: Leads\n${B.replaceAll('2', '3')}: Team\n`),
  names('two names that look alike', `${A}: Team\n${B}: Leads\n${B.replaceAll('2', '3')}: TEAM\n`),
  names('an id for a friendly name', `${A}: Team\n${B}: ${A}\n`),
  names('names and ids the wrong way round', `Team: ${A}\nLeads: ${B}\n`),
  names('a friendly name that means everybody', `${A}: "*"\n${B}: Leads\n`),
  names('a friendly name with a sign nobody sees', `${A}: Team\n${B}: "Leads\\u200b"\n`),
  names('a friendly name with a letter of another alphabet', `${A}: Team\n${B}: L\u0435ads\n`),
  {
    ...swapAll('an id in capitals', [GROUPS, NAMED], ['any_of: [Team, Leads]', `group: ${A.toUpperCase()}`]),
    files: beside({ 'groups.yaml': `${A}: Team\n` }),
  },
  names('a friendly name that is a number', `${A}: Team\n${B}: 4711\n`),
  swap('names of groups that are names', GROUPS, 'groups: { claim: groups, kind: name, names_file: groups.yaml }\n'),
  swap('a names file that is not there', GROUPS, NAMED),
]
