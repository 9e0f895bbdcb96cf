import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from 'jose'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keysFor } from './fake-idp.ts'

type Json = Record<string, unknown>

/** How this issuer departs from an honest one; a test may change it while it runs. */
export type IssuerBend = {
  discovery?: (honest: Json) => unknown
  jwks?: (honest: { keys: JWK[] }) => unknown
  /** Answers a path in place of the issuer. */
  instead?: Record<string, (req: IncomingMessage, res: ServerResponse) => void>
}

export type JobIssuer = Awaited<ReturnType<typeof aJobIssuer>>

/** What GitHub Actions says of a job (docs.github.com, "OpenID Connect reference"). */
export const GITHUB_CLAIMS: Json = {
  sub: 'repo:acme/infra:environment:production',
  repository: 'acme/infra',
  repository_id: '74',
  repository_owner: 'acme',
  repository_owner_id: '65',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  environment: 'production',
  event_name: 'push',
  workflow: 'deploy',
  workflow_ref: 'acme/infra/.github/workflows/deploy.yml@refs/heads/main',
  actor: 'octocat',
}

/** What GitLab says of a job (docs.gitlab.com, "ID token payload"). */
export const GITLAB_CLAIMS: Json = {
  sub: 'project_path:acme/infra:ref_type:branch:ref:main',
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/infra',
  user_login: 'octocat',
  pipeline_id: '574',
  ref: 'main',
  ref_type: 'branch',
  ref_path: 'refs/heads/main',
  ref_protected: 'true',
}

/** An issuer of jobs’ tokens on loopback: discovery, JWKS, and a pen that really signs. */
export async function aJobIssuer(options: { bend?: IssuerBend; now?: () => Date } = {}) {
  const { bend = {}, now = () => new Date() } = options
  const state = { key: 'jobs', origin: '', issuer: '' }
  const asked: string[] = []

  const jwkOf = async (key: string, kind: 'rsa' | 'rsa-1024' | 'ec'): Promise<JWK> => {
    const jwk = await exportJWK(keysFor(key, kind).publicKey)
    const alg = kind === 'ec' ? 'ES256' : 'RS256'
    return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' }
  }
  const documents: Record<string, () => Promise<unknown>> = {
    '/.well-known/openid-configuration': async () => {
      const honest = { issuer: state.issuer, jwks_uri: `${state.origin}/jwks` }
      return bend.discovery === undefined ? honest : bend.discovery(honest)
    },
    '/jwks': async () => {
      const honest = { keys: [await jwkOf(state.key, 'rsa'), await jwkOf(state.key, 'ec')] }
      return bend.jwks === undefined ? honest : bend.jwks(honest)
    },
  }
  const server = createServer((req, res) => {
    const path = req.url ?? ''
    asked.push(path)
    const instead = bend.instead?.[path]
    if (instead !== undefined) return instead(req, res)
    const document = documents[path]
    if (document === undefined) return void res.writeHead(404).end()
    void document().then((value) => res.setHeader('content-type', 'application/json').end(JSON.stringify(value)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  state.issuer = state.origin

  return {
    bend,
    asked,
    issuer: state.issuer,
    /** From now on another key signs and is published. */
    rotate: (key: string) => void (state.key = key),
    jwkOf,
    /** A job’s token; claims set to undefined are left out. */
    async token(
      claims: Json = {},
      { algorithm = 'RS256', key = state.key, header = {} }: { algorithm?: string; key?: string; header?: Json } = {},
    ): Promise<string> {
      const kind = algorithm.startsWith('ES') ? 'ec' : 'rsa'
      const at = Math.floor(now().getTime() / 1000)
      const payload = {
        iss: state.issuer,
        iat: at,
        nbf: at,
        exp: at + 300,
        jti: randomUUID(),
        ...GITHUB_CLAIMS,
        ...claims,
      }
      const { kid } = await jwkOf(key, kind)
      return new SignJWT(JSON.parse(JSON.stringify(payload)) as Json)
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(kid !== undefined && { kid }), ...header })
        .sign(keysFor(key, kind).privateKey)
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
