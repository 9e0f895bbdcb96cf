import { failure } from '../failure.ts'
import { recordOf } from '../record.ts'
import { failureOf, type Send } from '../send.ts'

/** What the gateway's metadata offers a terminal. */
export type LoginOffers = {
  /** Where a browser begins (RFC 6749 with PKCE). */
  readonly endpoint?: URL
  /** Whether a code may be entered elsewhere (RFC 8628). */
  readonly code: boolean
}

/** RFC 8414. A browser is only ever sent to the gateway's own origin (security.md D-24). */
export async function readLoginOffers(send: Send, origin: string): Promise<LoginOffers> {
  const answer = await send({ method: 'GET', path: '/.well-known/oauth-authorization-server' })
  if (answer.status !== 200) throw failureOf(answer)
  const metadata = recordOf(answer.body)
  // RFC 8414 §3.3: the issuer must be the one that was asked.
  if (metadata['issuer'] !== origin) throw otherAddress(origin, metadata['issuer'])
  const code = metadata['device_authorization_endpoint'] !== undefined
  return offersPkce(metadata) ? { endpoint: authorizationEndpoint(metadata, origin), code } : { code }
}

/** RFC 9207's promise is asked for too: without `iss`, an answer could be another gateway's. */
const offersPkce = (metadata: Readonly<Record<string, unknown>>): boolean => {
  const { authorization_endpoint, code_challenge_methods_supported: methods } = metadata
  return (
    authorization_endpoint !== undefined &&
    Array.isArray(methods) &&
    methods.includes('S256') &&
    metadata['authorization_response_iss_parameter_supported'] === true
  )
}

function authorizationEndpoint({ authorization_endpoint }: Readonly<Record<string, unknown>>, origin: string): URL {
  const text = typeof authorization_endpoint === 'string' ? authorization_endpoint : ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.origin !== origin) throw otherAddress(origin, url?.origin)
  return url
}

function otherAddress(origin: string, said: unknown) {
  const other = typeof said === 'string' && URL.canParse(said) ? new URL(said).origin : 'another address'
  return failure('config_invalid', {
    title: 'The gateway knows itself by another address',
    detail: `It was reached at ${origin}, but says ${other}.`,
    next: `If that is your gateway, sign in there: rolegate login --server ${other.startsWith('http') ? other : 'URL'}`,
  })
}
