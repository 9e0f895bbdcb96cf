/**
 * npm oidc-provider as the authorization server of RFC 8628, as its documents set it up: its own store in memory, its own
 * pages, and the same at the end as ours: an opaque access token and a refresh token, no ID token. `/enter/{person}` signs
 * a person in, in one step, and is not measured.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import OidcProvider, { type Context } from 'oidc-provider'
import { answer } from '../harness/answer.ts'
import { DEVICE_CLIENT, DEVICE_GRANT, SCOPE } from '../harness/device.ts'

type Asked = { readonly params: { readonly login_hint?: string } }

const server = createServer({ keepAliveTimeout: 65_000 }).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const provider = new OidcProvider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: DEVICE_CLIENT,
      token_endpoint_auth_method: 'none',
      grant_types: [DEVICE_GRANT, 'refresh_token', 'authorization_code'],
      response_types: ['code'],
      redirect_uris: [`http://127.0.0.1:${port}/arrived`],
      application_type: 'web',
    },
  ],
  scopes: [SCOPE],
  cookies: { keys: ['bench'] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: false } },
  pkce: { required: () => false },
  issueRefreshToken: async () => true,
  findAccount: (_: Context, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_: Context, { params }: Asked) => `/enter?as=${params.login_hint ?? ''}` },
  async loadExistingGrant({ oidc: { session, client, provider: op } }: Context) {
    if (session?.accountId === undefined || client === undefined) return undefined
    const known = session.grantIdFor(client.clientId)
    const held = known === undefined ? undefined : await op.Grant.find(known)
    if (held !== undefined) return held
    const grant = new op.Grant({ accountId: session.accountId, clientId: client.clientId })
    grant.addOIDCScope(SCOPE)
    await grant.save()
    return grant
  },
})
provider.silent = true
const serve = provider.callback()

server.on('request', (req, res) => {
  if (!req.url?.startsWith('/enter')) return void serve(req, res)
  const accountId = new URL(req.url, 'http://loopback').searchParams.get('as') ?? ''
  void provider.interactionFinished(req, res, { login: { accountId } }, { mergeWithLastSubmission: false })
})

answer({ port: () => port })
