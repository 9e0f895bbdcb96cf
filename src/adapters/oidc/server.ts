import type * as OpenidClient from 'openid-client'
import { RolegateError } from '../../domain/errors.ts'
import type { Now } from '../../usecases/ports.ts'
import { UpstreamFailure } from './bounded-fetch.ts'
import { loadClient } from './client.ts'
import { clientAuthenticationFor, type ClientAuthentication } from './client-authentication.ts'

/** Which IdP, and who we are there. */
export type ServerSettings = {
  readonly id: string
  readonly label: string
  readonly issuer: string
  readonly clientId: string
  readonly authentication: ClientAuthentication
  readonly algorithms: readonly string[]
  readonly allowHttp: boolean
}

type Deps = {
  settings: ServerSettings
  fetch: typeof fetch
  now: Now
  onFailure: (what: string, cause: unknown) => void
}

/** After a failure, the IdP is asked again no sooner than this. */
const RETRY_MS = 3_000
/** Metadata older than this is fetched anew at the next sign-in; the old copy serves until then. */
const NEVER = Number.NEGATIVE_INFINITY
const FRESH_MS = 60 * 60 * 1000

export type Server = {
  require(): Promise<OpenidClient.Configuration>
  /** Asks for the metadata when it is due, and waits for the answer. */
  refresh(): Promise<void>
  known(): OpenidClient.Configuration | undefined
  /** Asked, and without an answer so far; not asked yet is not down. */
  isDown(): boolean
}

/**
 * Fetches and keeps the IdP's metadata: one fetch at a time, and the last good copy serves while a new one is on its way
 * (security.md V-15), so that an IdP which hangs holds up nobody but those who need it first.
 */
export function makeServer(deps: Deps): Server {
  const { settings, now } = deps
  let known: { configuration: OpenidClient.Configuration; at: number } | undefined
  let failedAt = NEVER
  /** Why there was no answer, for whoever is refused because of it. */
  let failure: unknown
  let underway: Promise<void> | undefined

  async function discover(): Promise<void> {
    try {
      known = { configuration: await configurationFor(deps), at: now().getTime() }
    } catch (cause) {
      failedAt = now().getTime()
      failure = cause
      deps.onFailure('discovery', cause)
    }
  }

  async function refresh(): Promise<void> {
    const at = now().getTime()
    const due = known === undefined || at - known.at > FRESH_MS
    if (underway === undefined && due && at - failedAt >= RETRY_MS) {
      underway = discover().finally(() => (underway = undefined))
    }
    await underway
  }

  return {
    refresh,
    async require() {
      const refreshed = refresh()
      if (known === undefined) await refreshed
      if (known === undefined) {
        const { id: idp, label } = settings
        throw new RolegateError('idp_unavailable', { idp, label, retryAfterSeconds: 5 }, { cause: failure })
      }
      return known.configuration
    },
    known: () => known?.configuration,
    isDown: () => known === undefined && failedAt !== NEVER,
  }
}

async function configurationFor({ settings, fetch }: Deps): Promise<OpenidClient.Configuration> {
  const oidc = await loadClient()
  const { issuer, clientId, allowHttp, algorithms } = settings
  const authentication = await clientAuthenticationFor(oidc, settings.authentication)
  const loopbackHttp = allowHttp && isLoopback(issuer)
  const found = await oidc.discovery(new URL(issuer), clientId, undefined, authentication, {
    [oidc.customFetch]: fetch as OpenidClient.CustomFetch,
    // Loopback and the operator's word only: the demo and development (security.md K-5).
    ...(loopbackHttp && { execute: [oidc.allowInsecureRequests] }),
  })
  const metadata: OpenidClient.ServerMetadata = found.serverMetadata()
  requireEndpoints(metadata, issuer, loopbackHttp)

  const configuration = new oidc.Configuration(
    // security.md O-2: of what the IdP offers, only what the operator allows.
    { ...metadata, id_token_signing_alg_values_supported: [...algorithms] },
    clientId,
    { [oidc.clockTolerance]: 60 },
    authentication,
  )
  configuration[oidc.customFetch] = fetch as OpenidClient.CustomFetch
  // Our fetch keeps the time itself, sooner: a second timer for each request buys nothing (security.md O-22).
  configuration.timeout = undefined
  // Without this openid-client leans on TLS and takes an ID token with any signature (security.md, finding 1).
  oidc.enableNonRepudiationChecks(configuration)
  if (loopbackHttp) oidc.allowInsecureRequests(configuration)
  return configuration
}

/** The issuer byte for byte (security.md O-19), and https everywhere (O-21). */
function requireEndpoints(metadata: OpenidClient.ServerMetadata, issuer: string, loopbackHttp: boolean): void {
  if (metadata.issuer !== issuer) throw new UpstreamFailure(`says it is ${metadata.issuer}`)
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint, end_session_endpoint } = metadata
  if (authorization_endpoint === undefined || token_endpoint === undefined || jwks_uri === undefined) {
    throw new UpstreamFailure('its metadata lacks an endpoint')
  }
  for (const endpoint of [authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint, end_session_endpoint]) {
    if (endpoint === undefined) continue
    const allowed =
      endpoint.startsWith('https://') || (loopbackHttp && endpoint.startsWith('http://') && isLoopback(endpoint))
    if (!allowed || !URL.canParse(endpoint))
      throw new UpstreamFailure('its metadata names an endpoint that is not https')
  }
}

const isLoopback = (url: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
