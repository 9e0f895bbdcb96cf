import { readFile } from 'node:fs/promises'
import { makeBreaker } from '../adapters/aws/breaker.ts'
import { FEDERATION_BOUNDS, makeOpenFederation } from '../adapters/aws/federation.ts'
import { makeGate, type GateLimits } from '../adapters/aws/gate.ts'
import { makeStsClients, MOST_CONNECTIONS } from '../adapters/aws/sts-clients.ts'
import { isSilence, makeAssumeRole } from '../adapters/aws/sts.ts'
import { issuerDocuments } from '../adapters/issuer/documents.ts'
import { makeMint } from '../adapters/issuer/mint.ts'
import { loadSamlKey } from '../adapters/issuer/saml-keys.ts'
import { samlMetadata } from '../adapters/issuer/saml-metadata.ts'
import { makeLookAtIssuer, type IssuerSeen } from '../adapters/issuer/self-check.ts'
import { makeSamlMint, type MintSamlResponse } from '../adapters/issuer/saml-mint.ts'
import { loadSigningKey } from '../adapters/issuer/signing-keys.ts'
import { IDP_BOUNDS, makeBoundedFetch, MOST_SOCKETS, UpstreamFailure } from '../adapters/oidc/bounded-fetch.ts'
import { lookUp } from '../adapters/oidc/look-up.ts'
import { makeOidcForAws } from '../adapters/oidc/for-aws.ts'
import { makeOidcProvider } from '../adapters/oidc/provider.ts'
import { NoMetadata } from '../adapters/saml/metadata-keeper.ts'
import { MOST_METADATA_BYTES } from '../adapters/saml/metadata.ts'
import { makeSamlProvider } from '../adapters/saml/provider.ts'
import type { Config, OidcIdp, PassThroughWay, SamlIdp, StsSettings } from '../config/config.ts'
import type { RoleArn } from '../domain/aws/arn.ts'
import type { Strategy } from '../domain/aws/assertion.ts'
import { consoleHostsOf } from '../domain/aws/destination.ts'
import { federationEndpointOf, stsEndpointOf } from '../domain/aws/partition.ts'
import { RolegateError } from '../domain/errors.ts'
import type { AssumeRole, MintAssertion, OpenFederation } from '../usecases/ports/aws.ts'
import type { AssertionSource, IdentityProvider } from '../usecases/ports/identity-provider.ts'
import { randomText } from './chance.ts'
import { awsNeighbour } from './clock-watch.ts'
import { directoryOf } from './directories.ts'
import type { Host } from './host.ts'
import type { Memory } from './memory.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

/** The IdPs of the file, each by its id. */
export function makeProviders(
  { idps, server, issuer }: Config,
  { host: { now }, witness: { log }, memory: { idpMetadata }, clocks }: World,
): ReadonlyMap<string, IdentityProvider> {
  const boundedFetch = makeBoundedFetch(IDP_BOUNDS)
  const fetchMetadata = makeBoundedFetch({ ...IDP_BOUNDS, bytes: MOST_METADATA_BYTES })

  const oidc = (settings: OidcIdp): IdentityProvider => {
    const fetch = clocks.watching(`idp:${settings.id}`, boundedFetch)
    const onFailure = (what: string, cause: unknown) =>
      log.error('an identity provider did not answer', { idp: settings.id, what }, cause)
    // A directory is another neighbour.
    const directory = directoryOf(settings, {
      fetch: boundedFetch,
      now,
      onFailure,
      onNoGroups: (reason, cause) =>
        log.error('a directory did not tell all groups of somebody', { idp: settings.id, reason }, cause),
    })
    return makeOidcProvider({
      settings,
      callback: `${server.publicUrl}/oidc/${settings.id}/callback`,
      fetch,
      randomText,
      now,
      onFailure,
      ...(directory !== undefined && { directory }),
    })
  }

  const providers = new Map<string, IdentityProvider>()
  const isTaken = (id: string) => (entityId: string) =>
    [issuer.url, server.publicUrl].includes(entityId) ||
    idps.some((other) => other.id !== id && (other.type === 'saml' ? other.entityId : other.issuer) === entityId) ||
    [...providers.values()].some((other) => other.id !== id && other.issuer() === entityId)

  const saml = (settings: SamlIdp): IdentityProvider =>
    makeSamlProvider({
      settings,
      base: `${server.publicUrl}/saml/${settings.id}`,
      readMetadata: () => readMetadata(settings.metadata, clocks.watching(`idp:${settings.id}`, fetchMetadata)),
      kept: idpMetadata,
      isTaken: isTaken(settings.id),
      randomText,
      now,
      warn: (what, facts, cause) => log.warn(what, { ...facts, ...(cause instanceof Error && { cause: cause.name }) }),
    })

  for (const idp of idps) providers.set(idp.id, idp.type === 'saml' ? saml(idp) : oidc(idp))
  return providers
}

/** Of each `sts` entry that takes an IdP's own assertions to AWS (threats.md F7). */
export function makeAssertionSources(
  { sts, idps, server }: Config,
  { now }: Host,
  { log }: Witness,
  providers: ReadonlyMap<string, IdentityProvider>,
): ReadonlyMap<string, AssertionSource> {
  const fetch = makeBoundedFetch(IDP_BOUNDS)

  function sourceOf(way: PassThroughWay): AssertionSource | undefined {
    if (way.type === 'saml') return providers.get(way.idp)?.saml?.forAws
    const idp = idps.find((one): one is OidcIdp => one.type === 'oidc' && one.id === way.idp)
    if (idp === undefined) return undefined
    return makeOidcForAws({
      settings: { ...idp, clientId: way.clientId, authentication: way.authentication },
      callback: `${server.publicUrl}/oidc/${idp.id}/aws`,
      fetch,
      randomText,
      now,
      onFailure: (what, cause) => log.error('an identity provider did not answer', { idp: idp.id, what }, cause),
    })
  }

  return new Map(
    [...sts.values()].flatMap(({ name, passThrough }) => {
      const source = passThrough === undefined ? undefined : sourceOf(passThrough)
      return source === undefined ? [] : [[name, source] as const]
    }),
  )
}

async function readMetadata(at: SamlIdp['metadata'], boundedFetch: typeof fetch): Promise<string> {
  if ('file' in at) return readFile(at.file, 'utf8')
  const answer = await boundedFetch(at.url).catch((cause: unknown) => {
    // The bound's own words, and no stranger's.
    throw new NoMetadata(
      cause instanceof UpstreamFailure ? `its address ${cause.message}` : 'its address did not answer',
    )
  })
  if (answer.status !== 200) throw new NoMetadata(`its address answered ${answer.status}`)
  return answer.text()
}

/** Our own issuer: the keys that sign, and the documents AWS fetches or is given. */
export async function openIssuer({ issuer, sts, server }: Config, { now }: Host, { signingKeys, samlKeys }: Memory) {
  const key = await loadSigningKey({ keys: signingKeys, issuer: issuer.url, algorithm: issuer.algorithm })
  const mintToken = makeMint(key)
  const documents = issuerDocuments({ issuer: issuer.url, keys: [key] })
  const samlWays = [...sts.values()].flatMap(({ name, saml }) => (saml === undefined ? [] : [{ name, ...saml }]))
  // An RSA key is made for those who use one.
  if (samlWays.length === 0) return { mint: makeMintAssertion(mintToken, new Map()), documents }

  const samlKey = await loadSamlKey({ keys: samlKeys, purpose: 'aws-saml', name: issuer.url, now })
  const samlMints = new Map(
    samlWays.map(({ name, encryptionCertificatePem: encryptTo }) => [
      name,
      makeSamlMint({ key: samlKey, ...(encryptTo !== undefined && { encryptTo }) }),
    ]),
  )
  const saml = samlMetadata({ entityId: issuer.url, location: `${server.publicUrl}/`, keys: [samlKey] })
  return { mint: makeMintAssertion(mintToken, samlMints), documents: { ...documents, saml } }
}

/** How our issuer looks from outside; not at all while AWS has no reason to fetch it. */
export function lookAtIssuerBy(
  { issuer }: Pick<Config, 'issuer'>,
  { signingKeys: keys }: Pick<Memory, 'signingKeys'>,
  inForce: () => Pick<Config, 'sts'>,
): () => Promise<IssuerSeen | undefined> {
  const { url, algorithm } = issuer
  const look = makeLookAtIssuer({ issuer: url, algorithm, keys, fetch: makeBoundedFetch(IDP_BOUNDS) })
  return async () => (signsForAws(inForce()) ? look() : undefined)
}

const signsForAws = ({ sts }: Pick<Config, 'sts'>): boolean =>
  [...sts.values()].some(({ saml, passThrough }) => saml === undefined && passThrough === undefined)

function makeMintAssertion(
  mintToken: ReturnType<typeof makeMint>,
  samlMints: ReadonlyMap<string, MintSamlResponse>,
): MintAssertion {
  return async function mintAssertion(sts, plan) {
    if (plan.kind === 'web_identity') return { kind: 'web_identity', token: await mintToken(plan.claims) }
    const mint = samlMints.get(sts)
    if (mint === undefined) throw new RolegateError('config_invalid', { sts })
    return { kind: 'saml', response: await mint(plan.request), providerArn: plan.request.providerArn }
  }
}

/** As many as there are connections to a region (sts-clients.ts); a script of somebody's leaves most of them to others. */
const AT_ONCE: GateLimits = {
  inAll: MOST_CONNECTIONS,
  ofOne: { person: 10, account: 25 },
  mostWaiting: 500,
  longestWaitMs: 2_000,
}

/** The same of its sign-in service, which takes longer, and has fewer connections (bounded-fetch.ts). */
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
  const askTime = makeBoundedFetch(IDP_BOUNDS)
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
  /** Asked without credentials, STS says that they are missing, and what time it is. One that fails says nothing: nobody knows whose clock that is. */
  const askTimeOf = (names: readonly string[]) =>
    Promise.allSettled(
      names.map(async (name) => {
        const ask = clocks.watching(awsNeighbour(name), askTime)
        await ask(`${endpointFor(name, entry(name).region)}/?Action=GetCallerIdentity&Version=2011-06-15`)
      }),
    )
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

/**
 * Where a form leads on by way of an IdP: what an IdP's own way is we cannot know, so https, and the IdP itself on loopback.
 * Nowhere while no account passes through (contract.md, CSP).
 */
export function idpTargetsOf({ idps, mapping }: Config): readonly string[] {
  const ids = new Set([...mapping.accounts.values()].flatMap(({ passThroughIdp }) => passThroughIdp ?? []))
  if (ids.size === 0) return []
  const plain = idps.flatMap((idp) => {
    const address = idp.type === 'oidc' ? idp.issuer : 'url' in idp.metadata ? idp.metadata.url : ''
    return ids.has(idp.id) && address.startsWith('http:') ? [new URL(address).origin] : []
  })
  return ['https:', ...new Set(plain)]
}

const federationEndpointFor = ({ federationEndpoint, partition }: StsSettings, region: string): string =>
  federationEndpoint ?? federationEndpointOf(partition, region)
