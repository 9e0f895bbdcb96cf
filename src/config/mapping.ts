import type { Account, Mapping, PatternMatch, RoleKind, Rule, TagSource, Usual } from '../domain/entitlement/rule.ts'
import { parseTemplate } from '../domain/entitlement/pattern.ts'
import type { StsSettings } from './config.ts'
import { patternOf } from './patterns.ts'
import { reachOf } from './reach.ts'
import { requirementOf } from './requirements.ts'
import type { ConfigFile, RuleEntry } from './schema.ts'
import type { InlinePolicies } from './session-policies.ts'
import { baseOf } from './variants.ts'
import { workloadMatchOf } from './workloads.ts'

/** Accounts and roles, from a file that has passed every check, with its rules. */
export function mappingOf(
  file: ConfigFile,
  sts: ReadonlyMap<string, StsSettings>,
  policies: InlinePolicies,
  rules: readonly Rule[],
): Mapping {
  return {
    accounts: new Map(Object.keys(file.accounts).map((alias) => [alias, accountOf(alias, file, sts)])),
    roles: new Map(Object.entries(file.roles).map(([key, role]) => [key, roleOf(key, role, file, policies)])),
    rules,
    personKeys: new Map(file.idps.flatMap(({ id, person_key: key }) => (key === undefined ? [] : [[id, key]]))),
    withoutMfa: new Set(file.idps.flatMap(({ id, mfa }) => (mfa === undefined ? [id] : []))),
  }
}

function accountOf(alias: string, { accounts }: ConfigFile, sts: ReadonlyMap<string, StsSettings>): Account {
  const account = accounts[alias]
  const way = sts.get(account?.sts ?? '')
  if (account === undefined || way === undefined) throw new Error(`no way was found to ${alias}`)
  const { env: environment, color, owner } = account
  return {
    alias,
    id: account.id,
    name: account.name ?? alias,
    ...(environment !== undefined && { environment }),
    tags: account.tags,
    ...(color !== undefined && { color }),
    ...(owner !== undefined && { owner }),
    sts: way.name,
    partition: way.partition,
    region: account.region ?? way.region,
    ...(account.console === 'saml_post' && { samlPost: true as const }),
    ...(way.passThrough !== undefined && { passThroughIdp: way.passThrough.idp }),
  }
}

const usualOf = (written: NonNullable<ConfigFile['roles'][string]['default_duration']>, timeZone: string): Usual =>
  'seconds' in written ? written : { ...written, timeZone }

function roleOf(key: string, role: ConfigFile['roles'][string], file: ConfigFile, policies: InlinePolicies): RoleKind {
  // Not merged: networks and hours of both have to hold (threats.md R2).
  const base = { of: `role ${role.variant_of}`, require: baseOf(role, file.roles)?.require }
  const requires = [base, { of: `role ${key}`, require: role.require }].flatMap(({ of, require }) =>
    require === undefined ? [] : requirementOf(require, of),
  )
  return {
    key,
    roleName: role.role_name,
    ...(role.variant_of !== undefined && { variantOf: role.variant_of }),
    summary: role.summary,
    maxSeconds: role.max_duration,
    ...(role.default_duration !== undefined && { usual: usualOf(role.default_duration, file.time_zone) }),
    elevated: role.elevated,
    discoverable: role.discoverable ?? !role.elevated,
    sourceIdentity: role.source_identity,
    sessionTags: Object.fromEntries(Object.entries(role.session_tags).map(([tag, value]) => [tag, tagSourceOf(value)])),
    transitiveTags: role.transitive_tags,
    ...narrowedBy(role, policies),
    ...(role.bind_ip && { bindIp: true as const }),
    ...(requires.length > 0 && { requires }),
  }
}

/** What a role or a grant narrows its sessions to. */
function narrowedBy(
  {
    session_policy_file: file,
    policy_arns: managed,
  }: Pick<ConfigFile['roles'][string], 'session_policy_file' | 'policy_arns'>,
  policies: InlinePolicies,
): Pick<RoleKind, 'sessionPolicy'> {
  const inline = file === undefined ? undefined : policies.get(file)
  if (file !== undefined && inline === undefined) throw new Error(`the session policy ${file} was not read`)
  if (inline === undefined && managed.length === 0) return {}
  return { sessionPolicy: { ...(inline !== undefined && { inline }), managed } }
}

function tagSourceOf(written: ConfigFile['roles'][string]['session_tags'][string]): TagSource {
  if (typeof written === 'string')
    return written.startsWith('claims.') ? { claim: written.slice('claims.'.length) } : { constant: written }
  const { claim, idps, any_of: anyOf, pattern, optional } = written
  return {
    claim,
    idps,
    values: pattern === undefined ? { anyOf: anyOf ?? [] } : { pattern: patternOf(pattern) },
    ...(optional && { optional }),
  }
}

/** Every claim that some session tag names: kept from the sign-in, and nothing else. */
export function claimsOfTags({ roles }: ConfigFile): readonly string[] {
  const sources = Object.values(roles).flatMap((role) => Object.values(role.session_tags).map(tagSourceOf))
  return [...new Set(sources.flatMap((source) => ('claim' in source ? [source.claim] : [])))]
}

/** Of the rules of such a file, all or some: twenty thousand are made in pieces, while others are served. */
export const rulesOf = (some: readonly RuleEntry[], file: NamedInRules, policies: InlinePolicies): readonly Rule[] =>
  some.map((rule) => ruleOf(rule, file, policies))

/** What rules name of the rest of a file. */
type NamedInRules = Pick<ConfigFile, 'accounts' | 'roles' | 'workloads'>

function ruleOf(rule: RuleEntry, file: NamedInRules, policies: InlinePolicies): Rule {
  const { id, owner, match, grant } = rule
  const { accounts, roles } = reachOf(rule, file)
  return {
    id,
    match: matchOf({ match, grant }, file),
    effect: grant === undefined ? 'deny' : 'grant',
    ...(owner !== undefined && { owner }),
    accounts: accounts.meant,
    roles: roles.meant,
    ...(grant?.max_duration !== undefined && { maxSeconds: grant.max_duration }),
    ...(grant !== undefined && narrowedBy(grant, policies)),
    ...(grant?.bind_ip === true && { bindIp: true as const }),
    ...(grant?.require !== undefined && { require: requirementOf(grant.require, `rule ${id}`) }),
  }
}

function patternMatchOf(source: string, grant: RuleEntry['grant']): PatternMatch {
  const account = templateIn(grant?.accounts)
  const role = templateIn(grant?.roles)
  return { pattern: patternOf(source), ...(account !== undefined && { account }), ...(role !== undefined && { role }) }
}

const templateIn = (selector: string | readonly string[] | undefined) =>
  typeof selector === 'string' ? parseTemplate(selector) : undefined

function matchOf({ match, grant }: Pick<RuleEntry, 'match' | 'grant'>, file: NamedInRules): Rule['match'] {
  const { idp, group, any_of: anyOf, everyone, workload, pattern } = match
  if (workload !== undefined) return workloadMatchOf({ ...match, workload }, file)
  if (pattern !== undefined) return { idp: idp ?? '', ...patternMatchOf(pattern, grant) }
  const whom =
    everyone === true ? { everyone } : { groups: [...new Set(anyOf ?? (group === undefined ? [] : [group]))] }
  return idp === undefined ? whom : { idp, ...whom }
}
