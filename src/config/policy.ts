import { relative } from 'node:path'
import { printDuration } from '../domain/entitlement/duration.ts'
import { factsOf } from '../domain/policy/facts.ts'
import type { Facts, Policy, PolicyTest } from '../domain/policy/policy.ts'
import type { Config, Idp, OidcIdp, StsSettings, Workload } from './config.ts'
import { isInside } from './paths.ts'
import type { ConfigFile } from './schema.ts'

/**
 * The part of a configuration that decides who may take what. Secrets are not in it, not even masked (threats.md P2).
 * `folder`: where its file is.
 */
export const policyOf = (config: Config, folder: string): Policy => ({
  mapping: config.mapping,
  vouchers: Object.fromEntries([
    ...config.idps.map((idp) => [idp.id, idpFacts(idp, folder)] as const),
    ...config.workloads.map((workload) => [workload.mapping.id, workloadFacts(workload)] as const),
  ]),
  settings: settingsOf(config),
  staff: config.admin,
  tests: config.tests,
})

type GoogleDirectory = NonNullable<OidcIdp['googleDirectory']>

/**
 * Settings are listed one by one, so that a new IdP setting is shown only once somebody has decided that it is no
 * secret.
 */
function idpFacts(idp: Idp, folder: string): Facts {
  // Names open nothing, but tell whether whoever approves is somebody else, and whom a record is about (threats.md I1, I3).
  const { subject, username, usernameDomains, personKey, groups, mfa } = idp.mapping
  const common = { type: idp.type, subject, username, usernameDomains, personKey, groups, mfa }
  if (idp.type === 'oidc') {
    const { issuer, clientId, algorithms, groupsFrom, allowHttp, hostedDomains, overage, googleDirectory, recheck } =
      idp
    return factsOf({
      ...common,
      issuer,
      clientId,
      algorithms,
      groupsFrom,
      allowHttp,
      hostedDomains,
      overage,
      googleDirectory: googleDirectory && directoryFacts(googleDirectory),
      recheck,
    })
  }
  const { metadata, metadataCertificatePem, entityId, contexts, allow } = idp
  // As it stands beside the file: the same configuration in another folder is the same.
  const source = 'file' in metadata ? printPath(metadata.file, folder) : metadata.url
  return factsOf({ ...common, entityId, metadata: source, metadataCertificatePem, contexts, allow })
}

/** Whom is asked, as whom, and how: the key is a secret. */
const directoryFacts = ({ endpoint, tokenEndpoint, impersonate, nested, by, account }: GoogleDirectory) => ({
  endpoint,
  tokenEndpoint,
  impersonate,
  nested,
  by,
  account: account.email,
})

const printPath = (path: string, folder: string): string => (isInside(path, folder) ? relative(folder, path) : path)

const workloadFacts = ({ audience, containerAudience, algorithms, allowHttp, mapping }: Workload): Facts =>
  factsOf({ issuer: mapping.issuer, require: mapping.require, audience, containerAudience, algorithms, allowHttp })

/** By the file's sections. `sts` settings are listed one by one as well, as some may be secret. */
function settingsOf({ server, sts, sessions, networks }: Config): Policy['settings'] {
  const { oldestGroups, browser, cli } = sessions
  const { login, device, ...terminals } = cli
  return {
    server: factsOf({ trustedProxies: server.trustedProxies }),
    networks: factsOf(networks),
    ...Object.fromEntries([...sts.values()].map((way) => [`sts.${way.name}`, wayFacts(way)])),
    'sessions.claims_max_age': factsOf({
      default: oldestGroups.usual,
      elevated: oldestGroups.elevated,
      ...Object.fromEntries([...oldestGroups.byEnvironment].map(([name, seconds]) => [`env.${name}`, seconds])),
    }),
    'sessions.browser': factsOf(browser),
    'sessions.cli': factsOf({ ...terminals, login: [...login].map(([idp, ways]) => [idp, ...ways]) }),
    'sessions.cli.device': factsOf(device),
  }
}

function wayFacts({ partition, region, audience, endpoint, federationEndpoint, consoleHosts, ...way }: StsSettings) {
  const { saml, passThrough } = way
  return factsOf({
    partition,
    region,
    audience,
    endpoint,
    federationEndpoint,
    consoleHosts,
    samlProvider: saml?.providerName,
    samlEndpoint: saml?.endpoint ?? (passThrough?.type === 'saml' ? passThrough.endpoint : undefined),
    passThrough: passThrough && `${passThrough.type} of ${passThrough.idp}`,
    passThroughAs: passThrough && (passThrough.type === 'saml' ? passThrough.providerName : passThrough.clientId),
  })
}

/** The file's own tests, each question by itself. */
export const policyTestsOf = ({ tests }: ConfigFile): readonly PolicyTest[] =>
  tests.flatMap(({ as, can, cannot }) => [
    ...can.map((role) => ({ as: printWho(as), expects: 'can', role }) as const),
    ...cannot.map((role) => ({ as: printWho(as), expects: 'cannot', role }) as const),
  ])

/** `entra: All-Engineers`, `entra: SRE; from 10.1.2.3; without mfa`: somebody a test imagines, and how they ask. */
export function printWho(as: Imagined): string {
  return [printName(as), ...circumstancesOf(as)].join('; ')
}

type Imagined = ConfigFile['tests'][number]['as']

function printName({ idp, workload, groups, claims }: Imagined): string {
  if (idp !== undefined) return `${idp}: ${groups.toSorted().join(', ') || '(no groups)'}`
  const stated = Object.entries(claims).map(([name, value]) => `${name}=${value}`)
  return `${workload}: jobs${stated.length === 0 ? '' : ` with ${stated.toSorted().join(', ')}`}`
}

/** A condition that a test leaves out counts as met, so a `cannot` that says less is a weaker one (threats.md R14). */
const circumstancesOf = ({ at, ip, mfa, reason }: Imagined): readonly string[] => [
  ...(at === undefined ? [] : [`at ${at.toISOString()}`]),
  ...(ip === undefined ? [] : [`from ${ip}`]),
  ...(mfa === undefined ? [] : [mfa === false ? 'without mfa' : `mfa ${printDuration(mfa)} ago`]),
  ...(reason === undefined ? [] : [reason === false ? 'without a reason' : `for the reason ${JSON.stringify(reason)}`]),
]
