import { makeBreaker } from '../adapters/aws/breaker.ts'
import { FEDERATION_BOUNDS, makeOpenFederation } from '../adapters/aws/federation.ts'
import { makeGate, type GateLimits } from '../adapters/aws/gate.ts'
import { makeStsClients, MOST_CONNECTIONS } from '../adapters/aws/sts-clients.ts'
import { isSilence, makeAssumeRole } from '../adapters/aws/sts.ts'
import { IDP_BOUNDS, makeBoundedFetch, MOST_SOCKETS } from '../adapters/oidc/bounded-fetch.ts'
import { lookUp } from '../adapters/oidc/look-up.ts'
import type { Config, StsSettings } from '../config/config.ts'
import type { RoleArn } from '../domain/aws/arn.ts'
import type { Strategy } from '../domain/aws/assertion.ts'
import { consoleHostsOf } from '../domain/aws/destination.ts'
import { federationEndpointOf, stsEndpointOf } from '../domain/aws/partition.ts'
import { RolegateError } from '../domain/errors.ts'
import type { AssumeRole, OpenFederation } from '../usecases/ports/aws.ts'
import { awsNeighbour } from './clock-watch.ts'
import type { World } from './world.ts'

/**
 * As many as there are connections to a region (sts-clients.ts). The limits for one person and one account leave most
 * of them to others if somebody runs a script.
 */
const AT_ONCE: GateLimits = {
  inAll: MOST_CONNECTIONS,
  ofOne: { person: 10, account: 25 },
  mostWaiting: 500,
  longestWaitMs: 2_000,
}

/** For the sign-in service, which is slower and has fewer connections (bounded-fetch.ts). */
const SIGNING_IN_AT_ONCE: GateLimits = { ...AT_ONCE, inAll: MOST_SOCKETS, ofOne: { person: 5, account: 10 } }

/** AWS: its token service and its sign-in service, for every `sts` entry of the file. */
export function reachAws(
  { sts, server, mapping }: Config,
  { witness: { log }, clocks }: Pick<World, 'witness' | 'clocks'>,
) {
  const entry = (name: string): StsSettings => {
    const found = sts.get(name)
    if (found === undefined) throw new RolegateError('config_invalid', { sts: name })
    return found
  }
  const endpointFor = (name: string, region: string) =>
    entry(name).endpoint ?? stsEndpointOf(entry(name).partition, region)
  const clients = makeStsClients(endpointFor, { lookup: lookUp })
  const used = [...new Set([...mapping.accounts.values()].map((account) => account.sts))]
  const askTimeOf = makeAskTime((name) => endpointFor(name, entry(name).region), clocks)
  const assumeRole = makeAssumeRole({ clientFor: clients.clientFor })
  const openFederation = makeOpenFederation({
    endpointFor: (name, region) => federationEndpointFor(entry(name), region),
    issuer: `${server.publicUrl}/`,
    fetch: makeBoundedFetch(FEDERATION_BOUNDS),
  })
  const breaker = makeBreaker({
    elapsed: () => performance.now(),
    isSilence,
    onChange(neighbour, answers) {
      if (answers) log.info('AWS answers again', { neighbour })
      else log.error('AWS does not answer: it is not asked until one try in a while succeeds', { neighbour })
    },
  })
  const gate = makeGate(AT_ONCE)
  const signInGate = makeGate(SIGNING_IN_AT_ONCE)
  const namesOf = ({ roleArn, sessionName: person }: { readonly roleArn: RoleArn; readonly sessionName: string }) => ({
    person,
    account: roleArn.split(':')[4] ?? '',
  })
  const atOf = ({ sts: name, region }: { readonly sts: string; readonly region: string }) => `${name}:${region}`
  return {
    assumeRole: ((ask) =>
      gate.through(namesOf(ask), () =>
        breaker.through(`sts:${atOf(ask)}`, () => assumeRole(ask)),
      )) satisfies AssumeRole,
    openFederation: ((ask) =>
      signInGate.through(namesOf(ask), () =>
        breaker.through(`signin:${atOf(ask)}`, () => openFederation(ask)),
      )) satisfies OpenFederation,
    down: breaker.down,
    async lookAtClocks() {
      await askTimeOf(used)
      await askTimeOf(used.filter((name) => clocks.isUnsure(awsNeighbour(name))))
    },
    strategies: new Map([...sts].map(([name, entry]) => [name, strategyOf(entry)])),
    consoleHosts: new Map(
      [...sts].flatMap(([name, { consoleHosts }]) => (consoleHosts ? [[name, consoleHosts] as const] : [])),
    ),
    close: () => clients.close(),
  }
}

/**
 * Asked without credentials, STS answers that they are missing, and its `Date` says what time it is. A request that
 * fails is ignored: nobody knows whose clock its answer shows.
 */
function makeAskTime(endpointOf: (name: string) => string, clocks: World['clocks']) {
  const fetch = makeBoundedFetch(IDP_BOUNDS)
  return (names: readonly string[]) =>
    Promise.allSettled(
      names.map(async (name) =>
        clocks.watching(awsNeighbour(name), fetch)(`${endpointOf(name)}/?Action=GetCallerIdentity&Version=2011-06-15`),
      ),
    )
}

function strategyOf({ saml, passThrough, audience }: StsSettings): Strategy {
  if (saml !== undefined) return { kind: 'saml', ...saml }
  switch (passThrough?.type) {
    case 'saml':
      return { kind: 'pass_through_saml', ...passThrough }
    case 'oidc':
      return { kind: 'pass_through_oidc' }
    case undefined:
      return { kind: 'web_identity', audience }
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
