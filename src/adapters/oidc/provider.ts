import { hash } from 'node:crypto'
import type * as OpenidClient from 'openid-client'
import { RolegateError } from '../../domain/errors.ts'
import type { PendingOidc } from '../../domain/sign-in/attempt.ts'
import type { IdentityProvider, Now } from '../../usecases/ports.ts'
import { UpstreamFailure } from './bounded-fetch.ts'
import { clientAuthenticationFor, type ClientAuthentication } from './client-authentication.ts'
import { requireSoundIdToken } from './id-token.ts'

export type OidcSettings = {
  readonly id: string
  readonly label: string
  readonly issuer: string
  readonly clientId: string
  readonly authentication: ClientAuthentication
  readonly scopes: readonly string[]
  readonly algorithms: readonly string[]
  readonly allowHttp: boolean
  readonly groupsFrom: 'id_token' | 'userinfo'
  readonly mapping: { readonly groups: { readonly claim: string } }
}

/** An OIDC IdP sends by redirect, and remembers what OIDC asks for. */
export type OidcProvider = Omit<IdentityProvider, 'begin'> & {
  begin(attemptId: string): Promise<{ readonly move: { readonly url: string }; readonly pending: PendingOidc }>
}

let client: Promise<typeof OpenidClient> | undefined

/** openid-client, loaded with the first IdP's metadata and not at start. */
const loadClient = (): Promise<typeof OpenidClient> => (client ??= import('openid-client'))

/** After a failure, the IdP is asked again no sooner than this. */
const RETRY_MS = 3_000
/** Metadata older than this is fetched anew at the next sign-in; the old copy serves until then. */
const NEVER = Number.NEGATIVE_INFINITY
const FRESH_MS = 60 * 60 * 1000

/**
 * An OpenID Connect IdP: code flow with PKCE, state, nonce, `iss` (RFC 9207), and the ID token's signature checked on
 * every sign-in (security.md O-1). Its metadata is fetched when first needed and again after a failure, so that an IdP
 * which is down at start costs nobody but its own people (security.md O-30).
 */
export function makeOidcProvider(deps: {
  settings: OidcSettings
  /** Our callback for this IdP: one of its own (security.md O-14). */
  callback: string
  fetch: typeof fetch
  randomText: (bits: number) => string
  now: Now
  onFailure: (what: string, cause: unknown) => void
}): OidcProvider {
  const { settings, callback, now } = deps
  const server = makeServer(deps)

  const { id, label } = settings
  return {
    id,
    label,
    issuer: () => settings.issuer,
    async begin(attemptId) {
      const oidc = await loadClient()
      const configuration = await server.require()
      const pending = {
        kind: 'oidc',
        // The attempt's id names its cookie; 128 bits of chance make it unguessable (security.md O-12).
        state: `${attemptId}.${deps.randomText(128)}`,
        nonce: deps.randomText(128),
        // RFC 7636 §4.1.
        codeVerifier: deps.randomText(256),
      } as const
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: callback,
        scope: settings.scopes.join(' '),
        state: pending.state,
        nonce: pending.nonce,
        // security.md O-11: always S256, whatever the metadata lists.
        code_challenge: hash('sha256', pending.codeVerifier, 'base64url'),
        code_challenge_method: 'S256',
      })
      return { move: { url: url.href }, pending }
    },

    async complete({ parameters }, pending) {
      const oidc = await loadClient()
      const configuration = await server.require()
      if (pending.kind !== 'oidc') throw new RolegateError('sign_in_rejected', {}, { reason: 'other_protocol' })
      // Built from our own origin, never from the request's Host (security.md W-17).
      const url = new URL(callback)
      for (const [name, value] of parameters) url.searchParams.set(name, value)
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, url, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.codeVerifier,
          idTokenExpected: true,
        })
        const claims = requireSoundIdToken(tokens, settings, now())
        if (settings.groupsFrom === 'id_token') return { issuer: settings.issuer, claims }
        // OIDC Core §5.3.2, security.md O-25: only about the same subject.
        const userinfo = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
        return {
          issuer: settings.issuer,
          claims: { ...userinfo, ...withoutGroups(claims, settings.mapping.groups.claim) },
        }
      } catch (thrown) {
        throw asSignInFailure(thrown, id)
      }
    },

    isReady() {
      void server.refresh()
      return !server.isDown()
    },
    warmUp: () => server.refresh(),
    signOutUrl: () => server.known()?.serverMetadata().end_session_endpoint,
  }
}

type Server = {
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
function makeServer(deps: Parameters<typeof makeOidcProvider>[0]): Server {
  const { settings, now } = deps
  let known: { configuration: OpenidClient.Configuration; at: number } | undefined
  let failedAt = NEVER
  let underway: Promise<void> | undefined

  async function discover(): Promise<void> {
    try {
      known = { configuration: await configurationFor(deps), at: now().getTime() }
    } catch (cause) {
      failedAt = now().getTime()
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
        throw new RolegateError('idp_unavailable', { idp: settings.id, label: settings.label, retryAfterSeconds: 5 })
      }
      return known.configuration
    },
    known: () => known?.configuration,
    isDown: () => known === undefined && failedAt !== NEVER,
  }
}

async function configurationFor({
  settings,
  fetch,
}: Parameters<typeof makeOidcProvider>[0]): Promise<OpenidClient.Configuration> {
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

/**
 * The ID token's claims less what it says of groups: one source is configured, and a short list in the token must not
 * stand for the whole one (threats.md R5).
 */
function withoutGroups(claims: Readonly<Record<string, unknown>>, groupsClaim: string): Record<string, unknown> {
  const aboutGroups = new Set([groupsClaim, '_claim_names', '_claim_sources', 'hasgroups'])
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !aboutGroups.has(name)))
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

/** Whatever openid-client throws, in our words: its reason goes to log and audit alone (security.md A-8). */
function asSignInFailure(thrown: unknown, idp: string): RolegateError {
  if (thrown instanceof RolegateError) return thrown
  for (let cause: unknown = thrown; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UpstreamFailure)
      return new RolegateError('idp_unavailable', { idp, retryAfterSeconds: 5 }, { cause: thrown })
  }
  return new RolegateError('sign_in_rejected', {}, { reason: reasonOf(thrown), cause: thrown })
}

function reasonOf(thrown: unknown): string {
  // RFC 6749 §4.1.2.1: the IdP's own error code, cut; its free text is not repeated (security.md O-16).
  const { code, error } = thrown as { code?: unknown; error?: unknown }
  if (typeof error === 'string') return `idp_error:${error.slice(0, 60)}`
  return typeof code === 'string' ? code.toLowerCase() : 'unverifiable'
}
