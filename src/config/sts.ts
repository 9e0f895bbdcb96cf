import { defaultRegionOf } from '../domain/aws/partition.ts'
import type { Egress } from '../domain/aws/trust-policy/generate.ts'
import type { PassThroughWay, StsSettings } from './config.ts'
import { audienceFor } from './lint/sts.ts'
import type { StsEntry } from './schema.ts'
import type { Secrets } from './secrets.ts'

/** A way to AWS, from an entry that has passed every check. */
export function stsOf(name: string, entry: StsEntry, secrets: Secrets): StsSettings {
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
    ...(entry.egress !== undefined && { egress: egressOf(entry.egress) }),
    ...(entry.accept !== undefined && { acceptsNoPin: true as const }),
    ...(federationEndpoint !== undefined && { federationEndpoint }),
    ...(consoleHosts !== undefined && { consoleHosts }),
  }
}

const egressOf = ({ cidrs, vpce }: NonNullable<StsEntry['egress']>): Egress =>
  vpce === undefined ? { cidrs: cidrs ?? [] } : { vpce }

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
