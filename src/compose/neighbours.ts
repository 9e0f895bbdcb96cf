import { makeOpenFederation } from '../adapters/aws/federation.ts'
import { makeStsClients } from '../adapters/aws/sts-clients.ts'
import { makeAssumeRole } from '../adapters/aws/sts.ts'
import { issuerDocuments } from '../adapters/issuer/documents.ts'
import { makeMint } from '../adapters/issuer/mint.ts'
import { loadSigningKey } from '../adapters/issuer/signing-keys.ts'
import { IDP_BOUNDS, makeBoundedFetch } from '../adapters/oidc/bounded-fetch.ts'
import { makeOidcProvider } from '../adapters/oidc/provider.ts'
import type { Config, StsSettings } from '../config/config.ts'
import { consoleHostsOf } from '../domain/aws/destination.ts'
import { federationEndpointOf, stsEndpointOf } from '../domain/aws/partition.ts'
import { RolegateError } from '../domain/errors.ts'
import type { IdentityProvider } from '../usecases/ports.ts'
import { randomText } from './chance.ts'
import type { Host } from './host.ts'
import type { Memory } from './memory.ts'
import type { Witness } from './witness.ts'

/** The IdPs of the file, each by its id. */
export function makeProviders(
  { idps, server }: Config,
  { now }: Host,
  { log }: Witness,
): ReadonlyMap<string, IdentityProvider> {
  const fetch = makeBoundedFetch(IDP_BOUNDS)
  return new Map(
    idps.map((settings) => [
      settings.id,
      makeOidcProvider({
        settings,
        callback: `${server.publicUrl}/oidc/${settings.id}/callback`,
        fetch,
        randomText,
        now,
        onFailure: (what, cause) => log.error('an identity provider did not answer', { idp: settings.id, what }, cause),
      }),
    ]),
  )
}

/** Our own issuer: the key that signs, and the two documents AWS fetches. */
export async function openIssuer({ issuer }: Config, { signingKeys }: Memory) {
  const key = await loadSigningKey({ keys: signingKeys, issuer: issuer.url, algorithm: issuer.algorithm })
  return { mint: makeMint(key), documents: issuerDocuments({ issuer: issuer.url, keys: [key] }) }
}

/** AWS: its token service and its sign-in service, for every `sts` entry of the file. */
export function reachAws({ sts, server }: Config) {
  const entry = (name: string): StsSettings => {
    const found = sts.get(name)
    if (found === undefined) throw new RolegateError('config_invalid', { sts: name })
    return found
  }
  const clients = makeStsClients((name, region) => entry(name).endpoint ?? stsEndpointOf(entry(name).partition, region))
  return {
    assumeRole: makeAssumeRole({ clientFor: clients.clientFor }),
    openFederation: makeOpenFederation({
      endpointFor: (name, region) => federationEndpointFor(entry(name), region),
      issuer: `${server.publicUrl}/`,
      fetch,
    }),
    audiences: new Map([...sts].map(([name, { audience }]) => [name, audience])),
    consoleHosts: new Map(
      [...sts].flatMap(([name, { consoleHosts }]) => (consoleHosts ? [[name, consoleHosts] as const] : [])),
    ),
    close: () => clients.close(),
  }
}

/** Every host a console form may pass through: the account's sign-in endpoint, then its console (contract.md, CSP). */
export function formTargetsOf({ sts, mapping }: Config): readonly string[] {
  const targets = [...mapping.accounts.values()].flatMap(({ sts: name, partition, region }) => {
    const entry = sts.get(name)
    if (entry === undefined) return []
    const { consoleHosts: hosts } = entry
    const endpoint = new URL(federationEndpointFor(entry, region))
    return [endpoint.origin, ...consoleHostsOf({ partition, region, ...(hosts && { hosts }) })]
  })
  return [...new Set(targets)]
}

const federationEndpointFor = ({ federationEndpoint, partition }: StsSettings, region: string): string =>
  federationEndpoint ?? federationEndpointOf(partition, region)
