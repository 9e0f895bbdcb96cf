import {
  base64url,
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  importPKCS8,
  jwtVerify,
  SignJWT,
  type JWK,
} from 'jose'
import { createHash, createHmac, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Json = Record<string, unknown>
type Handle = (req: IncomingMessage, res: ServerResponse) => void
type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

/** Who asks at the token endpoint must prove it this way. */
export type FakeClient = { readonly id: string } & (
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly publicKey: KeyObject }
)

/** How this IdP departs from an honest one. Each member gets the honest thing and gives what is sent instead. */
export type Bend = {
  readonly discovery?: (honest: Json) => unknown
  readonly jwks?: (honest: { keys: JWK[] }) => unknown
  readonly header?: (honest: Json) => Json
  readonly claims?: (honest: Json) => Json
  /** The signed token, or what stands in its place; undefined leaves it out. */
  readonly idToken?: (honest: string, payload: Json) => unknown
  readonly tokens?: (honest: Json) => unknown
  readonly userinfo?: (honest: Json) => unknown
  /** What a client gets for itself (RFC 6749 §4.4). */
  readonly clientTokens?: (honest: Json) => unknown
  /** What the browser brings back to the callback. */
  readonly callback?: (honest: URLSearchParams) => void
  /** Answers a path in place of the IdP. */
  readonly instead?: Readonly<Record<string, Handle>>
}

export type FakePerson = { readonly sub: string; readonly idToken?: Json; readonly userinfo?: Json }

type SeenRequest = {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: URLSearchParams
}

export type FakeIdp = Awaited<ReturnType<typeof startFakeIdp>>

const made = new Map<string, Keys>()

/** A key pair by name, made once for all tests: RSA takes its time. */
export function keysFor(name: string, kind: 'rsa' | 'rsa-1024' | 'ec' = 'rsa'): Keys {
  const known = made.get(`${kind} ${name}`)
  if (known !== undefined) return known
  const keys =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 })
  made.set(`${kind} ${name}`, keys)
  return keys
}

/** A compact JWS over any header and payload; `sign` gets the signing input. For what `jose` refuses to make. */
export function compactJws(header: Json, payload: Json | string, sign: (input: Buffer) => Uint8Array): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const input = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(text)}`
  return `${input}.${base64url.encode(sign(Buffer.from(input)))}`
}

/** Anything less some of its members. */
export const omitting = (honest: object, ...names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(honest).filter(([name]) => !names.includes(name)))

/** HMAC as HS256 wants it, for tokens that were signed with what is no secret. */
export const hs256 = (secret: string | Uint8Array) => (input: Buffer) =>
  createHmac('sha256', secret).update(input).digest()

/**
 * An OpenID Connect IdP on loopback: discovery, JWKS, authorization by redirect, a token endpoint that verifies client,
 * code, redirect URI and PKCE, or gives a client a token of its own, and userinfo. It signs with `jose`; `bend` makes any part of its answer hostile.
 */
export async function startFakeIdp(options: {
  client: FakeClient
  person?: FakePerson
  algorithm?: 'RS256' | 'ES256' | 'PS256'
  /** Promise and send the RFC 9207 `iss` parameter. */
  issParameter?: boolean
  bend?: Bend
  now?: () => Date
}) {
  const { client, algorithm = 'RS256', issParameter = false, now = () => new Date() } = options
  const person = options.person ?? { sub: '00u-alice', idToken: { groups: ['platform'] } }
  const keys = keysFor('idp', algorithm === 'ES256' ? 'ec' : 'rsa')
  const publicJwk = await exportJWK(keys.publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const signingKey = await importPKCS8(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, algorithm)

  const state = { bend: options.bend ?? {}, issuer: '', origin: '' }
  const seen: SeenRequest[] = []
  const codes = new Map<string, { nonce: string | null; challenge: string; redirectUri: string }>()
  /** What clients got for themselves, each with the scope it is for. */
  const clientTokens = new Map<string, string>()
  /** All that must never be met in an error: filled as it is made. */
  const secrets = new Set<string>()

  const secret = (text: string): string => {
    secrets.add(text)
    return text
  }
  const chance = () => secret(randomBytes(24).toString('base64url'))

  const endpoints: Record<string, (req: IncomingMessage, body: URLSearchParams) => Promise<Answer> | Answer> = {
    '/.well-known/openid-configuration': () => json(bent(state.bend.discovery, discoveryDocument())),
    '/jwks': () => json(bent(state.bend.jwks, { keys: [{ ...publicJwk, kid, alg: algorithm, use: 'sig' }] })),
    '/authorize': (req) => authorize(new URL(req.url ?? '', state.origin).searchParams),
    '/token': exchange,
    '/userinfo': (req) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? []
      if (!secrets.has(token))
        return { status: 401, body: '', headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
      return json(bent(state.bend.userinfo, { sub: person.sub, ...person.userinfo }))
    },
  }

  function discoveryDocument(): Json {
    return {
      issuer: state.issuer,
      authorization_endpoint: `${state.origin}/authorize`,
      token_endpoint: `${state.origin}/token`,
      jwks_uri: `${state.origin}/jwks`,
      userinfo_endpoint: `${state.origin}/userinfo`,
      end_session_endpoint: `${state.origin}/sign-out`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [algorithm, 'HS256', 'none'],
      token_endpoint_auth_methods_supported: [client.method],
      ...(issParameter && { authorization_response_iss_parameter_supported: true }),
    }
  }

  function authorize(asked: URLSearchParams): Answer {
    const fault =
      (asked.get('response_type') !== 'code' && 'response_type') ||
      (asked.get('client_id') !== client.id && 'client_id') ||
      (!asked.get('scope')?.split(' ').includes('openid') && 'scope') ||
      (asked.get('code_challenge_method') !== 'S256' && 'code_challenge_method')
    if (fault) return { status: 400, body: `wrong ${fault}` }
    const code = chance()
    const redirectUri = asked.get('redirect_uri') ?? ''
    codes.set(code, { nonce: asked.get('nonce'), challenge: asked.get('code_challenge') ?? '', redirectUri })
    const back = new URL(redirectUri)
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.get('state') ?? '')
    back.searchParams.set('session_state', 'an-extra-parameter')
    if (issParameter) back.searchParams.set('iss', state.issuer)
    state.bend.callback?.(back.searchParams)
    return { status: 302, body: '', headers: { location: back.href } }
  }

  async function exchange(req: IncomingMessage, body: URLSearchParams): Promise<Answer> {
    if (!(await isClient(req, body).catch(() => false))) return json({ error: 'invalid_client' }, 401)
    if (body.get('grant_type') === 'client_credentials') {
      const token = chance()
      clientTokens.set(token, body.get('scope') ?? '')
      return json(bent(state.bend.clientTokens, { access_token: token, token_type: 'Bearer', expires_in: 3599 }))
    }
    const code = body.get('code') ?? ''
    const attempt = codes.get(code)
    codes.delete(code)
    secrets.add(body.get('code_verifier') ?? '')
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url')
    const sound =
      body.get('grant_type') === 'authorization_code' &&
      attempt?.redirectUri === body.get('redirect_uri') &&
      attempt?.challenge === challenge
    if (!sound) return json({ error: 'invalid_grant', error_description: `code ${code} is not good` }, 400)

    const seconds = Math.floor(now().getTime() / 1000)
    const payload = bent(state.bend.claims, {
      iss: state.issuer,
      sub: person.sub,
      aud: client.id,
      iat: seconds,
      exp: seconds + 300,
      ...(attempt.nonce !== null && { nonce: attempt.nonce }),
      ...person.idToken,
    }) as Json
    const idToken = bent(state.bend.idToken, await signed(payload), payload)
    if (typeof idToken === 'string') secrets.add(idToken)
    const tokens = { access_token: chance(), refresh_token: chance(), token_type: 'Bearer', expires_in: 300 }
    return json(bent(state.bend.tokens, { ...tokens, ...(idToken !== undefined && { id_token: idToken }) }))
  }

  const honestHeader = (): Json => ({ alg: algorithm, kid, typ: 'JWT' })

  function signed(payload: Json): Promise<string> {
    const header = bent(state.bend.header, honestHeader()) as { alg: string }
    const signer = new SignJWT(payload).setProtectedHeader(header)
    return signer.sign(signingKey, { crit: { b64: true, 'x-unknown': true } })
  }

  async function isClient(req: IncomingMessage, body: URLSearchParams): Promise<boolean> {
    switch (client.method) {
      case 'client_secret_basic': {
        const [, encoded = ''] = /^Basic (.+)$/.exec(req.headers.authorization ?? '') ?? []
        const [id = '', given = ''] = Buffer.from(encoded, 'base64').toString().split(':')
        // RFC 6749 §2.3.1: both are form-encoded first.
        const plain = (text: string) => new URLSearchParams(`x=${text}`).get('x')
        return !body.has('client_secret') && plain(id) === client.id && plain(given) === client.secret
      }
      case 'client_secret_post':
        return (
          req.headers.authorization === undefined &&
          body.get('client_id') === client.id &&
          body.get('client_secret') === client.secret
        )
      case 'private_key_jwt': {
        const assertion = secret(body.get('client_assertion') ?? '')
        const jwk = await exportJWK(client.publicKey)
        const { payload } = await jwtVerify(assertion, createLocalJWKSet({ keys: [jwk] }), {
          issuer: client.id,
          subject: client.id,
          audience: [state.issuer, `${state.origin}/token`],
          algorithms: ['RS256', 'ES256'],
          requiredClaims: ['exp', 'jti'],
          currentDate: now(),
        })
        const ours = body.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
        return ours && typeof payload.jti === 'string' && req.headers.authorization === undefined
      }
    }
  }

  const server = createServer((req, res) => void handle(req, res))
  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '', state.origin)
    const body = new URLSearchParams(await bodyOf(req))
    seen.push({ method: req.method ?? '', path: pathname, authorization: req.headers.authorization, body })
    const instead = state.bend.instead?.[pathname]
    if (instead !== undefined) return instead(req, res)
    try {
      const answer = (await endpoints[pathname]?.(req, body)) ?? { status: 404, body: 'no such page' }
      res.writeHead(answer.status, answer.headers).end(answer.body)
    } catch (fault) {
      res.writeHead(418, { 'content-type': 'text/plain' }).end(`the fake IdP stumbled: ${String(fault)}`)
    }
  }

  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  state.origin = `http://127.0.0.1:${port}`
  state.issuer = state.origin

  return {
    origin: state.origin,
    issuer: state.issuer,
    kid,
    keys,
    signingKey,
    seen,
    secrets,
    codes,
    clientTokens,
    countOf: (path: string) => seen.filter((request) => request.path === path).length,
    /** From now on the IdP is bent this way, and no longer the former. */
    bend: (bend: Bend) => void (state.bend = bend),
    /** Signs in at the page where `move` leads, and brings what the browser carries to the callback. */
    async signIn(move: string): Promise<URL> {
      const answer = await fetch(move, { redirect: 'manual' })
      const location = answer.headers.get('location')
      if (answer.status !== 302 || location === null)
        throw new Error(`the fake IdP said ${answer.status} ${await answer.text()}`)
      return new URL(location)
    },
    /** Signs any payload with the IdP's own key. */
    sign: (payload: Json, header: Json = {}) =>
      new SignJWT(payload).setProtectedHeader({ ...honestHeader(), ...header } as { alg: string }).sign(signingKey),
    stop: () => shut(server),
    startAgain: () => listen(server, port),
  }
}

type Answer = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }

const json = (value: unknown, status = 200): Answer => ({
  status,
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
})

const bent = <Honest, More extends unknown[]>(
  bend: ((honest: Honest, ...more: More) => unknown) | undefined,
  honest: Honest,
  ...more: More
): unknown => (bend === undefined ? honest : bend(honest, ...more))

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

type Server = ReturnType<typeof createServer>

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
