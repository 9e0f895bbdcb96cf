import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ConfigFaults, loadConfig } from '../../src/config/load.ts'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import { decide } from '../../src/domain/entitlement/decide.ts'
import { aTarget } from '../support/a-mapping.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { aMoment } from '../support/a-session.ts'
import { aWorld } from './a-file.ts'

/** The file itself, read a second time and as plainly as contract.md has it: whom a rule meets, what a selector means, what binds. */

type Match = { idp?: string; group?: string; any_of?: readonly string[]; everyone?: true; pattern?: string }
type Selected = {
  accounts: string | readonly string[]
  roles?: string | readonly string[]
  wildcard?: boolean
  max_duration?: string | undefined
}
type RuleText = { id: string; match: Match; grant?: Selected; deny?: Selected; within?: Selected }

const ACCOUNTS: Record<string, { id: string; env?: string; tags: string[] }> = {
  'pay-prod': { id: '012345678901', env: 'prod', tags: ['pci', 'eu'] },
  'pay-dev': { id: '123456789012', env: 'dev', tags: ['eu'] },
  'data-prod': { id: '210987654321', env: 'prod', tags: [] },
  sandbox: { id: '000000000007', tags: ['eu'] },
}
const ROLES: Record<string, { role_name: string; max_duration: string; variant_of?: string; elevated?: boolean }> = {
  ro: { role_name: 'RO', max_duration: '8h' },
  dev: { role_name: 'team/Dev', max_duration: '4h' },
  narrow: { role_name: 'team/Dev', max_duration: '2h', variant_of: 'dev' },
  admin: { role_name: 'Admin', max_duration: '1h' },
}
const [aliases, keys] = [Object.keys(ACCOUNTS), Object.keys(ROLES)]
const GROUPS = [
  'Team',
  'team',
  'aws.pay-dev.dev',
  'aws.pay-prod.ro',
  'aws.nowhere.ro',
  'aws.sandbox.admin',
  'x-dev',
  '__proto__',
]
const IDPS = ['entra', 'okta']

const some = <Value>(values: readonly Value[]) => fc.subarray([...values], { minLength: 1 })
const accountItem = fc.constantFrom(...aliases, 'env:prod', 'env:dev', 'tag:eu', 'tag:pci')
const accounts = fc.oneof(accountItem, fc.uniqueArray(accountItem, { minLength: 1, maxLength: 3 }), fc.constant('*'))
const roles = fc.oneof(fc.constantFrom(...keys), some(keys), fc.constant('*'))
const max = fc.constantFrom(undefined, undefined, '1h30m', '3h')
const idp = fc.constantFrom(...IDPS)
const people = fc.oneof(
  fc.record({ group: fc.constantFrom(...GROUPS) }),
  fc.record({ any_of: some(GROUPS) }),
  fc.constant({ everyone: true as const }),
)
const named = fc
  .record({ idp, match: people, accounts, roles, max_duration: max })
  .map(({ idp: at, match, ...grant }) => ({ match: { idp: at, ...match }, grant: { ...grant, wildcard: true } }))
const deny = fc
  .record({ idp: fc.option(idp), match: people, accounts, roles: fc.option(roles) })
  .map(({ idp: at, match, accounts: closed, roles: which }) => ({
    match: { ...(at !== null && { idp: at }), ...match },
    deny: { accounts: closed, ...(which !== null && { roles: which }) },
  }))
const patterned = fc
  .record({
    idp,
    how: fc.constantFrom(
      { pattern: '^aws\\.(?P<account>[a-z-]+)\\.(?P<role>[a-z]+)$', accounts: '${account}', roles: '${role}' },
      { pattern: '^aws\\.(?P<a>[a-z]+)-.*$', accounts: '${a}-prod', roles: 'ro' },
      { pattern: '^(?:x|aws\\.sandbox)[.-](?P<role>[a-z]+)$', accounts: ['sandbox', 'env:dev'], roles: '${role}' },
      { pattern: '^.*m$', accounts: 'tag:eu', roles: ['ro', 'dev'] },
    ),
    max_duration: max,
    within: fc.record({ accounts, roles }),
  })
  .map(({ idp: at, how: { pattern, ...grant }, max_duration, within }) => ({
    match: { idp: at, pattern },
    grant: { ...grant, wildcard: true, ...(max_duration !== undefined && { max_duration }) },
    within,
  }))
const files = fc
  .array(
    fc.oneof({ weight: 3, arbitrary: named }, { weight: 3, arbitrary: patterned }, { weight: 1, arbitrary: deny }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((rules) => rules.map((rule, at): RuleText => ({ id: `rule-${at}`, ...rule })))

const idpText = (id: string) => ({
  id,
  type: 'oidc',
  issuer: `https://${id}.example.com`,
  client_id: 'rolegate',
  client_secret_env: 'IDP_SECRET',
  groups: { claim: 'groups' },
})

/** JSON is YAML. */
const textOf = (rules: readonly RuleText[]): string =>
  JSON.stringify({
    version: 1,
    server: { public_url: 'https://aws.example.com' },
    idps: IDPS.map(idpText),
    accounts: ACCOUNTS,
    roles: ROLES,
    rules,
    store: { driver: 'sqlite', path: '/var/lib/rolegate/rolegate.db' },
  })

const list = (selector: string | readonly string[]): readonly string[] =>
  typeof selector === 'string' ? [selector] : selector

function meansAccount(selector: string | readonly string[], alias: string): boolean {
  const { env, tags = [] } = ACCOUNTS[alias] ?? {}
  const words = [alias, '*', ...(env === undefined ? [] : [`env:${env}`]), ...tags.map((tag) => `tag:${tag}`)]
  return list(selector).some((item) => words.includes(item))
}

const meansRole = (selector: string | readonly string[], key: string): boolean =>
  list(selector).some((item) => item === '*' || item === key)

const filled = (selector: string | readonly string[], captures: Record<string, string>): string | readonly string[] =>
  typeof selector === 'string' ? selector.replace(/\$\{(\w+)\}/, (_, name: string) => captures[name] ?? '') : selector

/** Whether one group of somebody brings this rule to bear on this role. */
function opensBy({ match, grant, within }: RuleText, group: string, alias: string, key: string): boolean {
  if (grant === undefined) return false
  if (match.pattern === undefined) return meansAccount(grant.accounts, alias) && meansRole(grant.roles ?? '*', key)
  const found = new RegExp(match.pattern.replaceAll('(?P<', '(?<')).exec(group)
  if (found === null || within === undefined) return false
  const said = { ...found.groups }
  return (
    [grant, within].every((one) => meansAccount(filled(one.accounts, said), alias)) &&
    [grant, within].every((one) => meansRole(filled(one.roles ?? '*', said), key))
  )
}

type Person = { idp: string; groups: string[] }

const groupsMeeting = ({ match }: RuleText, person: Person): string[] => {
  if (match.idp !== undefined && match.idp !== person.idp) return []
  if (match.everyone) return ['everyone']
  if (match.pattern !== undefined) return person.groups
  const meant = match.any_of ?? [match.group]
  return person.groups.filter((group) => meant.includes(group))
}

const hours = (text: string): number => {
  const [, whole = '0', minutes = '0'] = /^(\d+)h(?:(\d+)m)?$/.exec(text) ?? []
  return Number(whole) * 3600 + Number(minutes) * 60
}

function plainly(rules: readonly RuleText[], person: Person, alias: string, key: string) {
  const base = ROLES[key]?.variant_of
  const denied = rules.some(
    (rule) =>
      rule.deny !== undefined &&
      groupsMeeting(rule, person).length > 0 &&
      meansAccount(rule.deny.accounts, alias) &&
      [key, ...(base === undefined ? [] : [base])].some((one) => meansRole(rule.deny?.roles ?? '*', one)),
  )
  if (denied) return 'denied_by_rule'
  const grants = rules.filter((rule) => groupsMeeting(rule, person).some((group) => opensBy(rule, group, alias, key)))
  if (grants.length === 0) return 'not_entitled'
  const most = hours(ROLES[key]?.max_duration ?? '')
  const seconds = grants.map(({ grant }) =>
    grant?.max_duration === undefined ? most : Math.min(most, hours(grant.max_duration)),
  )
  return { seconds: Math.max(...seconds), by: grants.map(({ id }) => id).toSorted() }
}

const persons = fc.record({ idp, groups: fc.subarray(GROUPS) })

it('means by a file what a plain reading of its text means (security.md M-21)', () => {
  let [pairs, open, closed] = [0, 0, 0]
  fc.assert(
    fc.property(files, fc.array(persons, { minLength: 20, maxLength: 20 }), (rules, visitors) => {
      const index = indexOf(rules)
      if (index === undefined) return
      for (const person of visitors) {
        pairs += 1
        const principal = aPrincipal(person)
        for (const alias of aliases) {
          for (const key of keys) {
            const decision = decide(index, principal, aTarget(index, `${alias}/${key}`), aMoment())
            const wanted = plainly(rules, person, alias, key)
            const got = decision.allowed
              ? {
                  seconds: decision.entitlement.maxSeconds,
                  by: [...new Set(decision.entitlement.via.map(({ rule }) => rule))].toSorted(),
                }
              : decision.code
            expect([alias, key, got]).toEqual([alias, key, wanted])
            if (decision.allowed) open += 1
            else if (decision.code === 'denied_by_rule') closed += 1
          }
        }
      }
    }),
    { numRuns: 300 },
  )
  // Most files load, and there is plenty of each answer.
  expect(pairs).toBeGreaterThan(2_000)
  expect([open > 3_000, closed > 1_000]).toEqual([true, true])
}, 120_000)

/** Undefined where the file does not load: a fence may hold nothing of what its rule grants. */
function indexOf(rules: readonly RuleText[]) {
  try {
    const world = aWorld({ files: { '/etc/rolegate/rolegate.yaml': textOf(rules) } })
    return compileRules(loadConfig(world).config.mapping)
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    const other = thrown.faults.filter(({ message }) => !/it opens nothing/.test(message))
    expect(other).toEqual([])
    return undefined
  }
}
