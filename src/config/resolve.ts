import { defaultRegionOf } from '../domain/aws/partition.ts'
import type { Account, Mapping, PatternMatch, RoleKind, Rule, TagSource, Usual } from '../domain/entitlement/rule.ts'
import type { MfaMapping } from '../domain/sign-in/authentication.ts'
import type {
  AuditSink,
  Config,
  Idp,
  LoginWay,
  OidcIdp,
  PassThroughWay,
  SamlIdp,
  ServiceAccount,
  StsSettings,
} from './config.ts'
import type { OidcEntry, SamlEntry } from './idp-schema.ts'
import { audienceFor } from './lint/sts.ts'
import { graphOf, knownLimit } from './known-idps.ts'
import { selectorsOf } from './lint/admin.ts'
import type { GroupNames } from './group-names.ts'
import { parseTemplate } from '../domain/entitlement/pattern.ts'
import { fromFolder } from './paths.ts'
import { policyTestsOf } from './policy.ts'
import { readPattern } from './patterns.ts'
import { reachOf } from './reach.ts'
import { requirementOf } from './requirements.ts'
import type { ConfigFile, RuleEntry, StsEntry } from './schema.ts'
import type { Secrets } from './secrets.ts'
import { accountsMeant } from './selectors.ts'
import type { InlinePolicies } from './session-policies.ts'
import { baseOf, rolesInForce } from './variants.ts'
import { workloadMatchOf, workloadOf } from './workloads.ts'
import type { World } from './world.ts'

/** The values the house works with, from a file that has passed every check. */
export function resolve(
  written: ConfigFile,
  secrets: Secrets,
  { policies, groupNames }: { readonly policies: InlinePolicies; readonly groupNames: GroupNames },
  world: World,
): Config {
  const file = { ...written, roles: rolesInForce(written.roles) }
  const { server, issuer, sessions, audit, store } = file
  const sts = new Map(Object.entries(file.sts).map(([name, entry]) => [name, stsOf(name, entry, secrets)]))
  const keep = claimsOfTags(file)
  const idps = file.idps.map((idp): Idp =>
    idp.type === 'saml' ? samlIdpOf(idp, secrets, keep, world) : oidcIdpOf(idp, secrets, keep),
  )
  return {
    server: {
      publicUrl: server.public_url,
      listen: server.listen,
      management: server.management,
      trustedProxies: server.trusted_proxies,
    },
    masterKeys: secrets.masterKeys,
    issuer: { url: issuer.url ?? server.public_url, algorithm: issuer.algorithm, tokenSeconds: issuer.token_lifetime },
    idps,
    workloads: file.workloads.map((entry) => workloadOf(entry, file, keep)),
    mapping: mappingOf(file, sts, policies),
    groupNames,
    sts,
    sessions: {
      oldestGroups: {
        usual: sessions.claims_max_age.default,
        elevated: sessions.claims_max_age.elevated,
        byEnvironment: new Map(Object.entries(sessions.claims_max_age.env)),
      },
      browser: { idleSeconds: sessions.browser.idle, absoluteSeconds: sessions.browser.absolute },
      cli: {
        accessSeconds: sessions.cli.access,
        refreshSeconds: sessions.cli.refresh,
        login: new Map(file.idps.map(({ id, login }) => [id, loginWaysOf(login, sessions.cli.login)])),
        crossNetwork: sessions.cli.cross_network,
        device: {
          maxSeconds: sessions.cli.device.max,
          crossNetwork: sessions.cli.device.cross_network,
          console: sessions.cli.device.console,
          except: accountsMeant(sessions.cli.device.except ?? [], file.accounts),
        },
      },
    },
    networks: file.networks,
    identityCenter: {
      startHost: file.identity_center.start_host,
      region: file.identity_center.region ?? sts.get('default')?.region ?? defaultRegionOf('aws'),
    },
    store: store.driver === 'sqlite' ? { driver: 'sqlite', path: fromFolder(store.path, world) } : { driver: 'memory' },
    audit: auditOf(audit, world),
    metrics: file.telemetry.metrics,
    reload: { maxStaleSeconds: file.reload.max_stale },
    admin: { operators: staffOf(file.admin.operators), auditors: staffOf(file.admin.auditors) },
    tests: policyTestsOf(file),
    log: { level: file.telemetry.log.level },
  }
}

const staffOf = (written: ConfigFile['admin']['operators']): Config['admin']['operators'] =>
  selectorsOf(written).map(({ idp = '', group, any_of: anyOf }) => ({
    idp,
    groups: [...new Set(anyOf ?? (group === undefined ? [] : [group]))],
  }))

const loginWaysOf = (own: readonly LoginWay[] | undefined, all: readonly LoginWay[]): ReadonlySet<LoginWay> =>
  new Set(all.filter((way) => own === undefined || own.includes(way)))

export const auditOf = ({ sinks, redact }: ConfigFile['audit'], world: World): Config['audit'] => ({
  sinks: sinks.map((sink) => sinkOf(sink, world)),
  redact: [...new Set(redact)],
})

function sinkOf(sink: ConfigFile['audit']['sinks'][number], world: World): AuditSink {
  switch (sink.type) {
    case 'file':
      return { type: 'file', path: fromFolder(sink.path, world) }
    case 'store':
      return { type: 'store', ...(sink.retain !== undefined && { retainSeconds: sink.retain }) }
    case 'stdout':
      return { type: 'stdout' }
  }
}

function oidcIdpOf(idp: OidcEntry, { authentications, serviceAccounts }: Secrets, keep: readonly string[]): OidcIdp {
  const authentication = authentications.get(idp.id)
  if (authentication === undefined) throw new Error(`no authentication was read for ${idp.id}`)
  const { claim, limit, from } = idp.groups
  const overage = overageOf(idp)
  const googleDirectory = googleDirectoryOf(idp, serviceAccounts.get(idp.id))
  return {
    type: 'oidc',
    id: idp.id,
    label: idp.label ?? idp.id,
    issuer: idp.issuer,
    clientId: idp.client_id,
    authentication,
    scopes: idp.scopes,
    algorithms: idp.algorithms,
    allowHttp: idp.allow.http,
    groupsFrom: from ?? 'id_token',
    ...(idp.hosted_domain !== undefined && { hostedDomains: [idp.hosted_domain].flat() }),
    mapping: {
      idp: idp.id,
      subject: idp.subject,
      username: idp.username,
      groups: {
        // The source that stands in for a claim answers everybody: none is ever read.
        claim: claim ?? idp.groups.source,
        ...(limit !== undefined && { limit }),
        ...mostOf(idp),
        ...(overage !== undefined && { overage: { else: overage.else } }),
      },
      ...(idp.mfa !== undefined && { mfa: { claim: idp.mfa.claim, anyOf: idp.mfa.any_of } }),
      keep,
    },
    ...(overage !== undefined && { overage }),
    ...(googleDirectory !== undefined && { googleDirectory }),
  }
}

/** No more than these come, and nobody else is asked for the rest. */
function mostOf(idp: OidcEntry | SamlEntry): { readonly most?: number } {
  if (idp.type === 'oidc' && (idp.groups.source !== 'claim' || idp.groups.overage !== undefined)) return {}
  const most =
    idp.groups.limit?.count ?? knownLimit(idp.type, idp.type === 'oidc' ? idp.issuer : (idp.entity_id ?? ''))?.count
  return most === undefined ? {} : { most }
}

function googleDirectoryOf({ groups }: OidcEntry, account: ServiceAccount | undefined): OidcIdp['googleDirectory'] {
  if (groups.source === 'claim') return undefined
  if (account === undefined) throw new Error('a service account was not read')
  return {
    endpoint: groups.endpoint ?? 'https://admin.googleapis.com',
    tokenEndpoint: groups.token_endpoint ?? 'https://oauth2.googleapis.com/token',
    impersonate: groups.impersonate ?? '',
    nested: groups.nested ?? true,
    by: groups.kind === 'id' ? 'id' : 'email',
    account,
  }
}

function overageOf({ issuer, groups: { overage } }: OidcEntry): OidcIdp['overage'] {
  if (overage === undefined) return undefined
  const endpoint = overage.endpoint ?? graphOf(issuer)
  if (endpoint === undefined) throw new Error('an overage without an address was let through')
  return { endpoint, else: overage.else }
}

function samlIdpOf(idp: SamlEntry, { samlKeys }: Secrets, keep: readonly string[], world: World): SamlIdp {
  const { id, allow, metadata_file: metadataFile, metadata_url: metadataUrl = '', entity_id: entityId } = idp
  const { attribute, limit, delimiter } = idp.groups
  const { signing, ...keys } = samlKeys.get(id) ?? {}
  return {
    type: 'saml',
    id,
    label: idp.label ?? id,
    metadata: metadataFile === undefined ? { url: metadataUrl } : { file: fromFolder(metadataFile, world) },
    ...(entityId !== undefined && { entityId }),
    ...keys,
    ...(idp.sign_requests && signing !== undefined && { signing }),
    skewSeconds: idp.clock_skew,
    forceAuthn: idp.force_authn,
    contexts: idp.authn_contexts,
    allow: { http: allow.http, idpInitiated: allow.idp_initiated, sha1: allow.sha1, cbc: allow.cbc },
    mapping: {
      idp: id,
      subject: idp.subject,
      username: idp.username,
      groups: {
        claim: attribute,
        ...(limit !== undefined && { limit }),
        ...mostOf(idp),
        ...(delimiter !== undefined && { delimiter }),
      },
      ...(idp.mfa !== undefined && { mfa: samlMfaOf(idp.mfa) }),
      keep,
    },
  }
}

const samlMfaOf = (mfa: NonNullable<SamlEntry['mfa']>): MfaMapping =>
  mfa.contexts === undefined ? { claim: mfa.attribute ?? '', anyOf: mfa.any_of ?? [] } : { contexts: mfa.contexts }

function stsOf(name: string, entry: StsEntry, secrets: Secrets): StsSettings {
  const encryptionCertificatePem = secrets.encryptionCertificates.get(name)
  const passThrough = passThroughOf(name, entry, secrets)
  const { partition, endpoint, federation_endpoint: federationEndpoint, console_hosts: consoleHosts } = entry
  return {
    name,
    partition,
    region: entry.region ?? defaultRegionOf(partition),
    audience: audienceFor(entry),
    ...(entry.strategy === 'saml' && {
      saml: {
        providerName: entry.provider_name ?? 'rolegate',
        ...(entry.saml_endpoint !== undefined && { endpoint: entry.saml_endpoint }),
        ...(encryptionCertificatePem !== undefined && { encryptionCertificatePem }),
      },
    }),
    ...(passThrough !== undefined && { passThrough }),
    ...(endpoint !== undefined && { endpoint }),
    ...(federationEndpoint !== undefined && { federationEndpoint }),
    ...(consoleHosts !== undefined && { consoleHosts }),
  }
}

function passThroughOf(name: string, entry: StsEntry, { stsAuthentications }: Secrets): PassThroughWay | undefined {
  const { strategy, idp = '', provider_name: providerName = '', client_id: clientId = '' } = entry
  switch (strategy) {
    case 'pass_through_saml': {
      const { saml_endpoint: endpoint } = entry
      return { idp, type: 'saml', providerName, ...(endpoint !== undefined && { endpoint }) }
    }
    case 'pass_through_oidc': {
      const authentication = stsAuthentications.get(name)
      if (authentication === undefined) throw new Error(`no authentication was read for ${name}`)
      return { idp, type: 'oidc', clientId, authentication }
    }
    case 'web_identity':
    case 'saml':
      return undefined
  }
}

function mappingOf(file: ConfigFile, sts: ReadonlyMap<string, StsSettings>, policies: InlinePolicies): Mapping {
  return {
    accounts: new Map(Object.keys(file.accounts).map((alias) => [alias, accountOf(alias, file, sts)])),
    roles: new Map(Object.entries(file.roles).map(([key, role]) => [key, roleOf(key, role, file, policies)])),
    rules: file.rules.map((rule) => ruleOf(rule, file, policies)),
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
  const requires = [baseOf(role, file.roles)?.require, role.require].flatMap((one) => one ?? [])
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
    ...(requires.length > 0 && { requires: requires.map(requirementOf) }),
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
  const read = pattern === undefined ? undefined : readPattern(pattern)
  if (read !== undefined && 'fault' in read) throw new Error(`the pattern ${pattern} was not checked`)
  return {
    claim,
    idps,
    values: read === undefined ? { anyOf: anyOf ?? [] } : { pattern: read.pattern },
    ...(optional && { optional }),
  }
}

/** Every claim that some session tag names: kept from the sign-in, and nothing else. */
function claimsOfTags({ roles }: ConfigFile): readonly string[] {
  const sources = Object.values(roles).flatMap((role) => Object.values(role.session_tags).map(tagSourceOf))
  return [...new Set(sources.flatMap((source) => ('claim' in source ? [source.claim] : [])))]
}

function ruleOf(rule: RuleEntry, file: ConfigFile, policies: InlinePolicies): Rule {
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
    ...(grant?.require !== undefined && { require: requirementOf(grant.require) }),
  }
}

function patternMatchOf(source: string, grant: RuleEntry['grant']): PatternMatch {
  const read = readPattern(source)
  if ('fault' in read) throw new Error(`the pattern ${source} was not checked`)
  const account = templateIn(grant?.accounts)
  const role = templateIn(grant?.roles)
  return { pattern: read.pattern, ...(account !== undefined && { account }), ...(role !== undefined && { role }) }
}

const templateIn = (selector: string | readonly string[] | undefined) =>
  typeof selector === 'string' ? parseTemplate(selector) : undefined

function matchOf({ match, grant }: Pick<RuleEntry, 'match' | 'grant'>, file: ConfigFile): Rule['match'] {
  const { idp, group, any_of: anyOf, everyone, workload, pattern } = match
  if (workload !== undefined) return workloadMatchOf({ ...match, workload }, file)
  if (pattern !== undefined) return { idp: idp ?? '', ...patternMatchOf(pattern, grant) }
  const whom =
    everyone === true ? { everyone } : { groups: [...new Set(anyOf ?? (group === undefined ? [] : [group]))] }
  return idp === undefined ? whom : { idp, ...whom }
}
