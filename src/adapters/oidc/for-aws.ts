import type { Now } from '../../usecases/ports.ts'
import type { AssertionSource } from '../../usecases/ports/identity-provider.ts'
import { makeCodeFlow } from './code-flow.ts'
import type { OidcSettings } from './provider.ts'
import { makeServer } from './server.ts'

const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'

/**
 * The IdP's ID tokens for AWS, by OIDC (threats.md F7): for a client id of their own, at a callback of their own, verified as a
 * sign-in's are. What else the IdP gives, access token included, is dropped here.
 */
export function makeOidcForAws(deps: {
  /** The IdP's, but for the client: that is AWS's. */
  settings: Omit<OidcSettings, 'groupsFrom' | 'mapping'>
  callback: string
  fetch: typeof fetch
  randomText: (bits: number) => string
  now: Now
  onFailure: (what: string, cause: unknown) => void
}): AssertionSource {
  const { issuer } = deps.settings
  const flow = makeCodeFlow({ ...deps, server: makeServer(deps), needsAuthTime: false })
  return {
    begin: (attemptId) => flow.begin(attemptId),

    complete: (answer, pending) =>
      flow.redeem(answer, pending, ({ tokens, claims }) => {
        const sourceIdentity = claims[SOURCE_IDENTITY]
        return {
          assertion: { kind: 'web_identity', token: tokens.id_token ?? '', byIdp: true },
          claims: { issuer, claims, authentication: { at: claims.auth_time, claims } },
          issuedAt: new Date(claims.iat * 1000),
          // We name the session; of the source only the token speaks.
          names: { sourceIdentity: typeof sourceIdentity === 'string' ? sourceIdentity : null },
        }
      }),
  }
}
