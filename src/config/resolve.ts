import { defaultRegionOf } from '../domain/aws/partition.ts'
import type { Rule } from '../domain/entitlement/rule.ts'
import type { AuditSink, Config, LoginWay } from './config.ts'
import type { GroupNames } from './group-names.ts'
import { idpOf } from './idps.ts'
import { selectorsOf } from './lint/admin.ts'
import { claimsOfTags, mappingOf, rulesOf } from './mapping.ts'
import { fromFolder } from './paths.ts'
import { policyTestsOf } from './policy.ts'
import type { ConfigFile } from './schema.ts'
import type { Secrets } from './secrets.ts'
import { accountsMeant } from './selectors.ts'
import type { InlinePolicies } from './session-policies.ts'
import { stsOf } from './sts.ts'
import { rolesInForce } from './variants.ts'
import { workloadOf } from './workloads.ts'
import type { World } from './world.ts'

/** The values the house works with, from a file that has passed every check; its rules may have been made before. */
export function resolve(
  written: ConfigFile,
  secrets: Secrets,
  { policies, groupNames }: { readonly policies: InlinePolicies; readonly groupNames: GroupNames },
  world: World,
  rules: readonly Rule[] = rulesOf(written.rules, written, policies),
): Config {
  const file = { ...written, roles: rolesInForce(written.roles) }
  const { server, issuer, sessions, audit, store } = file
  const sts = new Map(Object.entries(file.sts).map(([name, entry]) => [name, stsOf(name, entry, secrets)]))
  const keep = claimsOfTags(file)
  const idps = file.idps.map((idp) => idpOf(idp, secrets, { keep, idps: file.idps }, world))
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
    mapping: mappingOf(file, sts, policies, rules),
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
    handOverLimits: file.limits.hand_overs,
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
