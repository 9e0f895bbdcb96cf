import { audienceOf, PARTITIONS, type Partition } from '../../domain/aws/partition.ts'
import { sourceAddressOf } from '../../domain/aws/source-address.ts'
import type { Findings, Path } from '../faults.ts'
import { clientAuthentication } from '../idp-schema.ts'
import { parseNetwork } from '../networks.ts'
import type { ConfigFile, StsEntry } from '../schema.ts'
import { isPassThrough, lintPassThrough } from './pass-through.ts'
import { isLoopback, LOOPBACK_REFUSED, requireUrl } from './web-address.ts'

/** Ways to AWS: https, and tokens for one of them are no good at another. */
export function lintSts(file: ConfigFile, findings: Findings, insecureDev: boolean): void {
  const byAudience = new Map<string, { name: string; operator: string }>()
  for (const [name, entry] of Object.entries(file.sts)) {
    const path = ['sts', name]
    lintEndpoints(entry, path, findings, insecureDev)
    lintStrategy(entry, path, findings)
    lintEgress(entry, [...path, 'egress'], findings)
    lintSamlWay(entry, path, findings, insecureDev)
    lintPassThrough(entry, path, file, findings)
    if (entry.region !== undefined) lintRegion(entry.region, entry.partition, [...path, 'region'], findings)
    // A SAML assertion is for AWS itself: nobody chooses its audience.
    if (isBySaml(entry) || !lintAudience(entry, path, findings)) continue
    // threats.md F5: whoever runs one STS could replay our token at the other.
    const audience = audienceFor(entry)
    const operator = operatorOf(entry)
    const other = byAudience.get(audience)
    if (other === undefined) byAudience.set(audience, { name, operator })
    else if (other.operator !== operator) {
      findings.fault(
        [...path, entry.strategy === 'pass_through_oidc' ? 'client_id' : 'audience'],
        `"${audience}" is the audience of "${other.name}" too, which is another STS`,
      )
    }
  }
}

type Strategy = StsEntry['strategy']

/** Keys that mean something to some strategies only. */
const STRATEGIES_OF: readonly (readonly [keys: readonly (keyof StsEntry)[], strategies: readonly Strategy[]])[] = [
  [
    ['provider_name', 'saml_endpoint'],
    ['saml', 'pass_through_saml'],
  ],
  [['saml_encryption_cert_file'], ['saml']],
  [['audience'], ['web_identity']],
  [
    ['egress', 'accept'],
    ['web_identity', 'saml'],
  ],
  [['idp'], ['pass_through_saml', 'pass_through_oidc']],
  [
    ['client_id', ...(Object.keys(clientAuthentication) as (keyof typeof clientAuthentication)[])],
    ['pass_through_oidc'],
  ],
]

/** Keys of a strategy that is not taken would do nothing, and say nothing of it. */
function lintStrategy(entry: StsEntry, path: Path, findings: Findings): void {
  for (const [keys, strategies] of STRATEGIES_OF) {
    if (strategies.includes(entry.strategy)) continue
    const owners = strategies.map((strategy) => `"strategy: ${strategy}"`).join(' or ')
    for (const key of keys) if (entry[key] !== undefined) findings.fault([...path, key], `goes with ${owners} only`)
  }
}

const AWS_SIGN_IN: Readonly<Record<Partition, RegExp>> = {
  aws: /^(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com$/,
  'aws-cn': /^(?:[a-z0-9-]+\.)?signin\.amazonaws\.cn$/,
  'aws-us-gov': /^(?:[a-z0-9-]+\.)?signin\.amazonaws-us-gov\.com$/,
  'aws-eusc': /^(?:[a-z0-9-]+\.)?signin\.amazonaws-eusc\.eu$/,
}

/** threats.md F5: an assertion is addressed to AWS itself, so whoever else gets it could use it there. */
function lintSamlWay(entry: StsEntry, path: Path, findings: Findings, insecureDev: boolean): void {
  if (!isBySaml(entry)) return
  const isDev = (text: string) => insecureDev && URL.canParse(text) && isLoopback(new URL(text).hostname)
  if (!isAwsSts(entry) && !isDev(entry.endpoint ?? ''))
    findings.fault([...path, 'endpoint'], 'is not AWS’s STS: a SAML assertion is for AWS itself, and goes nowhere else')
  // What an IdP addresses its own assertions to is the IdP's affair, and the trust policy's.
  const address = entry.strategy === 'saml' ? entry.saml_endpoint : undefined
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined
  // Anything else is wrong in a way that is said already, or allowed for development.
  if (url?.protocol !== 'https:' || isLoopback(url.hostname)) return
  if (!AWS_SIGN_IN[entry.partition].test(url.hostname))
    findings.fault([...path, 'saml_endpoint'], `is not a sign-in address of ${entry.partition}`)
}

const isBySaml = ({ strategy }: StsEntry): boolean => strategy === 'saml' || strategy === 'pass_through_saml'

/** The audience of tokens toward this entry: ours, or the client id that the IdP's are for. */
export const audienceFor = ({ audience, client_id: clientId, partition }: StsEntry): string =>
  clientId ?? audience ?? audienceOf(partition)

function lintEndpoints(entry: StsEntry, path: Path, findings: Findings, insecureDev: boolean): void {
  for (const key of ['endpoint', 'federation_endpoint', 'saml_endpoint'] as const) {
    const text = entry[key]
    if (text !== undefined) requireUrl(text, [...path, key], findings, insecureDev)
  }
  entry.console_hosts?.forEach((host, index) => {
    if (!insecureDev && isLoopback(host.replace(/:\d+$/, ''))) {
      findings.fault([...path, 'console_hosts', index], LOOPBACK_REFUSED)
    }
  })
}

/**
 * threats.md F3: a pin to addresses that others share protects nothing, and a pin to addresses that AWS never sees lets
 * nobody in.
 */
function lintEgress({ egress }: StsEntry, path: Path, findings: Findings): void {
  if (egress === undefined) return
  if ((egress.cidrs === undefined) === (egress.vpce === undefined))
    findings.fault(path, 'needs exactly one of cidrs, vpce')
  egress.cidrs?.forEach((text, index) => {
    const network = parseNetwork(text)
    const here = [...path, 'cidrs', index]
    if (network === undefined)
      findings.fault(here, `"${text}" is not a network such as 203.0.113.7/32, with a prefix behind the address`)
    else if (network.bits === 0) findings.fault(here, 'is every address there is')
    else if ('fault' in sourceAddressOf(network.address))
      findings.fault(
        here,
        'is no public network, and AWS sees no other; calls through a VPC endpoint are pinned by vpce',
      )
  })
}

/** True when the audience is the entry's own to use. */
function lintAudience(entry: StsEntry, path: Path, findings: Findings): boolean {
  if (isAwsSts(entry) || isPassThrough(entry)) return true
  const here = [...path, 'audience']
  if (entry.audience === undefined) {
    findings.fault(here, 'is missing: an endpoint that is not AWS’s has an audience of its own')
    return false
  }
  if (!PARTITIONS.some((partition) => audienceOf(partition) === entry.audience)) return true
  findings.fault(here, `"${entry.audience}" is AWS’s; an endpoint that is not AWS’s has one of its own`)
  return false
}

/** Where AWS keeps STS itself. Other names below amazonaws.com may be a customer's bucket or machine. */
const AWS_STS: Readonly<Record<Partition, RegExp>> = {
  aws: awsHosts('amazonaws\\.com|api\\.aws'),
  'aws-cn': awsHosts('amazonaws\\.com\\.cn|api\\.amazonwebservices\\.com\\.cn'),
  'aws-us-gov': awsHosts('amazonaws\\.com|api\\.aws'),
  'aws-eusc': awsHosts('amazonaws\\.eu|api\\.amazonwebservices\\.eu'),
}

function awsHosts(suffixes: string): RegExp {
  return new RegExp(
    `^(?:vpce-[a-z0-9-]+\\.)?sts(?:-fips)?(?:\\.[a-z]+(?:-[a-z]+)+-\\d+(?:\\.vpce)?)?\\.(?:${suffixes})$`,
  )
}

/** True when tokens go to AWS itself, in the entry's own partition. */
export function isAwsSts({ endpoint, partition }: StsEntry): boolean {
  if (endpoint === undefined) return true
  return URL.canParse(endpoint) && AWS_STS[partition].test(new URL(endpoint).hostname)
}

const operatorOf = (entry: StsEntry): string =>
  isAwsSts(entry)
    ? entry.partition
    : `${entry.partition} ${URL.canParse(entry.endpoint ?? '') ? new URL(entry.endpoint ?? '').origin : ''}`

/** A region of another partition would send people and tokens to hosts that do not exist. */
export function lintRegion(region: string, partition: Partition, path: Path, findings: Findings): void {
  const own = region.startsWith('cn-')
    ? 'aws-cn'
    : region.startsWith('us-gov-')
      ? 'aws-us-gov'
      : region.startsWith('eusc-')
        ? 'aws-eusc'
        : 'aws'
  if (own !== partition) findings.fault(path, `${region} is a region of ${own}, not of ${partition}`)
}
