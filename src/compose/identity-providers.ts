import { readFile } from 'node:fs/promises'
import { IDP_BOUNDS, makeBoundedFetch, UpstreamFailure } from '../adapters/oidc/bounded-fetch.ts'
import { makeOidcForAws } from '../adapters/oidc/for-aws.ts'
import { makeOidcProvider } from '../adapters/oidc/provider.ts'
import { NoMetadata } from '../adapters/saml/metadata-keeper.ts'
import { MOST_METADATA_BYTES } from '../adapters/saml/metadata.ts'
import { makeSamlProvider } from '../adapters/saml/provider.ts'
import type { Config, OidcIdp, PassThroughWay, SamlIdp } from '../config/config.ts'
import type { AssertionSource, IdentityProvider } from '../usecases/ports/identity-provider.ts'
import { randomText } from './chance.ts'
import { directoryOf } from './directories.ts'
import type { Host } from './host.ts'
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

async function readMetadata(at: SamlIdp['metadata'], boundedFetch: typeof fetch): Promise<string> {
  if ('file' in at) return readFile(at.file, 'utf8')
  const answer = await boundedFetch(at.url).catch((cause: unknown) => {
    // Only our own words: the stranger's may hold anything.
    throw new NoMetadata(
      cause instanceof UpstreamFailure ? `its address ${cause.message}` : 'its address did not answer',
    )
  })
  if (answer.status !== 200) throw new NoMetadata(`its address answered ${answer.status}`)
  return answer.text()
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

/**
 * Where a form may lead by way of an IdP. We cannot know the hosts of an IdP's own redirects, so any https, and an IdP
 * on loopback by its address. Empty while no account passes through an IdP (contract.md, CSP).
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
