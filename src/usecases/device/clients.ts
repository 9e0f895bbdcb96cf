import {
  GRANTS,
  OWN_CLIENT,
  parseLoopbackRedirect,
  printable,
  unsupportedGrant,
  type Client,
  type Grant,
} from '../../domain/device/client.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { Now, RandomText, Sealer } from '../ports.ts'

/** As long as AWS's own: clients keep a registration and never ask for another while it lasts (measured). */
const REGISTRATION_SECONDS = 90 * 24 * 3600
const MOST_REDIRECTS = 5
/** What every door takes for an id: it travels in the address of a page. */
const LONGEST_ID = 1000
const SCOPE = 'sso:account:access'

type Registration = {
  readonly clientId: string
  readonly clientSecret: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

export type Clients = {
  /** RFC 7591, as far as it is safe to give to anybody. Fails with `invalid_request`, `invalid_scope`, `unsupported_grant`. */
  register(ask: {
    readonly name: string
    readonly scopes: readonly string[]
    readonly grantTypes: readonly string[]
    readonly redirectUris: readonly string[]
  }): Registration
  /** Fails with `invalid_client` for what we did not register, or whose time is over. */
  find(clientId: string): Client
  /** The same, for whoever also knows the secret that came with it. */
  authenticate(clientId: string, clientSecret: string): Client
}

/** What a client id is, opened. Short names: it travels in the address of a page. */
type Kept = {
  readonly i: string
  readonly n: string
  readonly r: readonly string[]
  readonly g: readonly Grant[]
  readonly e: number
}

/**
 * Clients that register themselves. No row is kept: the client id is what they said, sealed. It outlives restarts,
 * costs nothing to keep, and opens nothing, since anybody can have one (threats.md D6).
 */
export function makeClients(deps: { sealer: Sealer; randomText: RandomText; now: Now }): Clients {
  function kept(clientId: string): Kept {
    const text = deps.sealer.open(clientId, 'client-id')
    const found = text === undefined ? undefined : (JSON.parse(text) as Kept)
    if (found === undefined || deps.now().getTime() >= found.e * 1000) throw new RolegateError('invalid_client')
    return found
  }

  function find(clientId: string): Client {
    const { i: id, n: name, r: redirectPaths, g: grants } = kept(clientId)
    return { id, name, kind: 'registered', redirectPaths, grants: new Set(grants) }
  }

  return {
    register({ name, scopes, grantTypes, redirectUris }) {
      if (scopes.some((scope) => scope !== SCOPE)) throw new RolegateError('invalid_scope')
      if (redirectUris.length > MOST_REDIRECTS) throw new RolegateError('invalid_request', { field: 'redirectUris' })
      const issuedAt = deps.now()
      const expiresAt = new Date(issuedAt.getTime() + REGISTRATION_SECONDS * 1000)
      const said: Kept = {
        i: deps.randomText(96),
        n: printable(name) || 'a client without a name',
        r: redirectUris.map(pathOf),
        g: grantTypes.length === 0 ? ['device_code', 'refresh_token'] : grantTypes.map(grantOf),
        e: Math.floor(expiresAt.getTime() / 1000),
      }
      const clientId = deps.sealer.seal(JSON.stringify(said), 'client-id')
      if (clientId.length > LONGEST_ID) throw new RolegateError('invalid_request', { field: 'redirectUris' })
      return { clientId, clientSecret: deps.sealer.seal(said.i, 'client-secret'), issuedAt, expiresAt }
    },

    find,

    authenticate(clientId, clientSecret) {
      const client = find(clientId)
      if (deps.sealer.open(clientSecret, 'client-secret') !== client.id) throw new RolegateError('invalid_client')
      return client
    },
  }
}

/** Our own command line is the one client of `/oauth/*`. */
export function requireOwnClient(clientId: string): Client {
  if (clientId !== OWN_CLIENT.id) throw new RolegateError('invalid_client')
  return OWN_CLIENT
}

function pathOf(redirectUri: string): string {
  const redirect = parseLoopbackRedirect(redirectUri)
  if (redirect === undefined) throw new RolegateError('invalid_request', { field: 'redirectUris' })
  return redirect.path
}

function grantOf(name: string): Grant {
  const grant = GRANTS.get(name)
  if (grant === undefined) throw unsupportedGrant(GRANTS.keys())
  return grant
}
