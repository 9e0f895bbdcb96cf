import { RolegateError } from '../../domain/errors.ts'
import type { PendingOidc } from '../../domain/sign-in/attempt.ts'
import type { ClaimMapping } from '../../domain/sign-in/claims.ts'
import type { Now } from '../../usecases/ports.ts'
import type { Asking, IdentityProvider, LookAgain, LookUpGroups } from '../../usecases/ports/identity-provider.ts'
import { makeCodeFlow } from './code-flow.ts'
import { makeServer, type ServerSettings } from './server.ts'

export type OidcSettings = ServerSettings & {
  readonly scopes: readonly string[]
  readonly groupsFrom: 'id_token' | 'userinfo'
  /** The `hd` of its people must be one of these; undefined: nobody asks. */
  readonly hostedDomains?: readonly string[]
  readonly mapping: Pick<ClaimMapping, 'groups' | 'mfa'>
}

/** An OIDC IdP sends by redirect, and remembers what OIDC asks for. */
export type OidcProvider = Omit<IdentityProvider, 'begin'> & {
  begin(
    attemptId: string,
    how?: Asking,
  ): Promise<{ readonly move: { readonly url: string }; readonly pending: PendingOidc }>
}

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
  /** Absent: what the claims say is all there is. */
  directory?: { readonly lookUp: LookUpGroups; readonly lookAgain: LookAgain }
}): OidcProvider {
  const { settings } = deps
  const server = makeServer(deps)
  const flow = makeCodeFlow({ ...deps, server, needsAuthTime: settings.mapping.mfa !== undefined })

  const { id, label } = settings
  return {
    id,
    label,
    issuer: () => settings.issuer,
    begin: (attemptId, how) => flow.begin(attemptId, how),

    async complete(answer, pending) {
      const verified = await flow.redeem(answer, pending, async ({ oidc, configuration, tokens, claims }) => {
        const { issuer } = settings
        requireHostedDomain(claims, settings.hostedDomains)
        const authentication = { at: claims.auth_time, claims }
        if (settings.groupsFrom === 'id_token') return { issuer, claims, authentication }
        // OIDC Core §5.3.2, security.md O-25: only about the same subject.
        const userinfo = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
        return {
          issuer,
          authentication,
          claims: { ...userinfo, ...withoutGroups(claims, settings.mapping.groups.claim) },
        }
      })
      return { ...verified, ...(await deps.directory?.lookUp(verified)) }
    },

    isReady() {
      void server.refresh()
      return !server.isDown()
    },
    warmUp: () => server.refresh(),
    ...(deps.directory !== undefined && { lookAgain: deps.directory.lookAgain }),
    signOutUrl: () => server.known()?.serverMetadata().end_session_endpoint,
  }
}

/** threats.md I2: Google signs for everybody; `hd` of the ID token says whose people somebody is, and the e-mail address does not. */
function requireHostedDomain(claims: Readonly<Record<string, unknown>>, domains: readonly string[] | undefined): void {
  if (domains === undefined) return
  const domain = Object.hasOwn(claims, 'hd') ? claims['hd'] : undefined
  if (typeof domain !== 'string' || !domains.includes(domain))
    throw new RolegateError('sign_in_rejected', {}, { reason: 'other_hosted_domain' })
}

/**
 * The ID token's claims without groups: one source of groups is configured, and a short list in the token must not
 * stand for the whole one (threats.md R5).
 */
function withoutGroups(claims: Readonly<Record<string, unknown>>, groupsClaim: string): Record<string, unknown> {
  const aboutGroups = new Set([groupsClaim, '_claim_names', '_claim_sources', 'hasgroups'])
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !aboutGroups.has(name)))
}
