import type { Mapping } from '../entitlement/rule.ts'
import type { PolicyDiff } from './changes.ts'
import type { FactsChange, KeyChange } from './facts.ts'
import { isProduction } from './production.ts'

/** Why a second person should look at a change, a sentence each (threats.md R14). */
export function concernsOf(diff: Omit<PolicyDiff, 'concerns'>, mappings: readonly Mapping[]): readonly string[] {
  const { access, denies, vouchers, accounts, roles, settings, staff, tests } = diff
  return [
    ...access.flatMap(({ who, gains, changes }) => [
      ...sensitive(gains).map(({ role }) => `${who} gains ${role}`),
      ...sensitive(changes).flatMap(({ role, looser }) => (looser ? [`${who} has ${role} on easier terms`] : [])),
    ]),
    ...denies.flatMap(({ who, reopens }) =>
      sensitive(reopens).map(({ role }) => `nothing keeps ${who} from ${role} any more`),
    ),
    ...vouchers.flatMap(vouchesOtherwise),
    ...accounts.flatMap(leavesProduction),
    ...roles.flatMap((change) => (isSensitiveRole(change.name, mappings) ? easierTerms(change) : [])),
    ...settings.flatMap(weighty),
    ...staff.flatMap(({ who, role, change }) => (change === 'added' ? [`${who} becomes ${role}`] : [])),
    ...tests.flatMap(({ as, expects, role, change }) =>
      expects === 'cannot' && change === 'removed' ? [`no test says any more that ${as} cannot take ${role}`] : [],
    ),
  ]
}

/** What people are called by: it opens nothing, and tells whether whoever approves is somebody else (threats.md I1, I3). */
const NAMES = new Set(['username', 'username_domains', 'person_key'])

function vouchesOtherwise({ name, keys }: FactsChange): readonly string[] {
  const [names, others] = [true, false].map((isName) =>
    keys.flatMap(({ key }) => (NAMES.has(key) === isName ? [key] : [])).join(', '),
  )
  return [
    ...(others ? [`${name} takes other people’s word: ${others}`] : []),
    ...(names ? [`${name} names its people otherwise: ${names}`] : []),
  ]
}

const sensitive = <Role extends { readonly sensitive: boolean }>(roles: readonly Role[]): readonly Role[] =>
  roles.filter((role) => role.sensitive)

function leavesProduction({ name, keys }: FactsChange): readonly string[] {
  const environment = keys.find(({ key }) => key === 'environment')
  const left = environment !== undefined && isProduction(environment.before) && !isProduction(environment.after)
  return left ? [`${name} no longer counts as production`] : []
}

/**
 * Settings that decide where AWS is asked, which proxies are believed, and what is closed to old groups and to device
 * codes.
 */
const WEIGHTY = /^(?:sts\.[^ ]*|server trusted_proxies|sessions\.cli\.device [^ ]*|sessions\.claims_max_age [^ ]*)$/

function weighty({ name, change, keys }: FactsChange): readonly string[] {
  if (change !== 'changed') return WEIGHTY.test(name) ? [`${name} ${change === 'added' ? 'came' : 'went'}`] : []
  return keys.flatMap(({ key }) =>
    WEIGHTY.test(`${name} ${key}`) || WEIGHTY.test(name) ? [`${name} is set otherwise: ${key}`] : [],
  )
}

function isSensitiveRole(key: string, mappings: readonly Mapping[]): boolean {
  return mappings.some(({ roles, rules, accounts }) => {
    if (roles.get(key)?.elevated === true) return true
    return rules.some(
      (rule) =>
        rule.effect === 'grant' &&
        rule.roles.has(key) &&
        [...rule.accounts].some((alias) => isProduction(accounts.get(alias)?.environment)),
    )
  })
}

const easierTerms = ({ name, keys }: FactsChange): readonly string[] =>
  keys.flatMap((change) => (isEasier(change) ? [`role ${name} is to be had on easier terms: ${change.key}`] : []))

/** What is asked for anew makes nothing easier; anything else that changes might. */
function isEasier({ key, before, after }: KeyChange): boolean {
  switch (key) {
    case 'max_seconds':
      return Number(after) > Number(before)
    case 'elevated':
      return after === 'no'
    // Said where it opens something: as another role of AWS.
    case 'role_name':
    case 'default_seconds':
    case 'discoverable':
      return false
    default:
      return before !== undefined
  }
}
