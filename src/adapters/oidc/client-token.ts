import type { Now } from '../../usecases/ports.ts'
import type { FetchDirectoryToken } from '../../usecases/ports/identity-provider.ts'
import { loadClient } from './client.ts'
import { asSignInFailure } from './code-flow.ts'
import { makeServer, type ServerSettings } from './server.ts'

/**
 * A token that the IdP gives us for ourselves (RFC 6749 §4.4), by the same proof of who we are as at a sign-in. Fails with
 * `idp_unavailable`, or `sign_in_rejected` with the IdP's own error code as the reason.
 */
export function makeFetchClientToken(deps: {
  settings: ServerSettings
  scope: string
  fetch: typeof fetch
  now: Now
  onFailure: (what: string, cause: unknown) => void
}): FetchDirectoryToken {
  const server = makeServer(deps)
  return async function fetchClientToken() {
    const oidc = await loadClient()
    const configuration = await server.require()
    try {
      const { access_token, expires_in = 0 } = await oidc.clientCredentialsGrant(configuration, { scope: deps.scope })
      return { token: access_token, seconds: expires_in }
    } catch (thrown) {
      throw asSignInFailure(thrown, deps.settings.id)
    }
  }
}
