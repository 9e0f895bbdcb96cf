import { createSign, createHash, constants, randomBytes, type KeyObject } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IDP_BOUNDS, makeBoundedFetch, UpstreamFailure } from '../../../src/adapters/oidc/bounded-fetch.ts'
import type { PendingOidc } from '../../../src/domain/sign-in/attempt.ts'
import { compactJws, hs256, keysFor, omitting, type Bend, type FakeIdp } from '../../support/fake-idp.ts'
import { aProvider, aSignIn, CLIENT_SECRET, refusalOf, type World } from './a-sign-in.ts'

type Json = Record<string, unknown>
type Row = {
  title: string
  world?: Omit<World, 'bend'>
  bend?: (idp: FakeIdp) => Bend
  /** What we remember, changed: the attempt of another browser. */
  pending?: Partial<PendingOidc>
  reason: string
  /** What the log's cause must name, where one reason stands for several faults. */
  said?: string
}

const seconds = () => Math.floor(Date.now() / 1000)
const claims = (more: Json) => (): Bend => ({ claims: (honest) => ({ ...honest, ...more }) })
const without = (name: string) => (): Bend => ({ claims: (honest) => omitting(honest, name) })
const header = (more: Json) => (): Bend => ({ header: (honest) => ({ ...honest, ...more }) })
const callback = (change: (honest: URLSearchParams) => void) => (): Bend => ({ callback: change })
const parts = (token: string) => token.split('.') as [string, string, string]
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

const rsa =
  (key: KeyObject, hash = 'sha256', pss = false) =>
  (input: Buffer) =>
    createSign(hash)
      .update(input)
      .sign({ key, ...(pss && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }) })
/** A token over the honest payload, with this header, signed so. */
const forged =
  (
    make: (idp: FakeIdp) => {
      header: Json
      sign: (input: Buffer) => Uint8Array
      payload?: (honest: Json) => Json | string
    },
  ) =>
  (idp: FakeIdp): Bend => ({
    idToken(_, payload) {
      const { header: own, sign, payload: change } = make(idp)
      return compactJws(own, change?.(payload) ?? payload, sign)
    },
  })
const token = (change: (honest: string) => unknown) => (): Bend => ({ idToken: change })
const evil = keysFor('evil')
const small = keysFor('small', 'rsa-1024')

type Unanswered = { title: string; world?: Omit<World, 'bend'>; bend: (idp: FakeIdp) => Bend }

/** A place an attacker would like us to call; it must never be asked anything. */
const trap = {
  origin: '',
  hits: 0,
  server: createServer((_, res: ServerResponse) => void ((trap.hits += 1), res.end('{}'))),
}
beforeAll(async () => {
  await new Promise<void>((resolve) => trap.server.listen(0, '127.0.0.1', resolve))
  trap.origin = `http://127.0.0.1:${(trap.server.address() as AddressInfo).port}`
})
afterAll(() => void trap.server.close())

const CALLBACKS: Row[] = [
  {
    title: 'another state (O-12)',
    bend: callback((back) => back.set('state', '0a1b2c3d.somebody-elses-attempt-000')),
    reason: 'oauth_invalid_response',
  },
  { title: 'no state (O-12)', bend: callback((back) => back.delete('state')), reason: 'oauth_invalid_response' },
  {
    title: 'the state of another browser (O-12, O-17)',
    pending: { state: '0a1b2c3d.another' },
    reason: 'oauth_invalid_response',
  },
  { title: 'no code', bend: callback((back) => back.delete('code')), reason: 'oauth_invalid_response' },
  {
    title: 'a code the IdP did not give',
    bend: callback((back) => back.set('code', 'stolen')),
    reason: 'idp_error:invalid_grant',
  },
  {
    title: 'the code verifier of another attempt (O-11)',
    pending: { codeVerifier: randomBytes(32).toString('base64url') },
    reason: 'idp_error:invalid_grant',
  },
  {
    title: "the IdP's own refusal",
    bend: callback(
      (back) => (
        back.delete('code'),
        back.set('error', 'access_denied'),
        back.set('error_description', 'secret words')
      ),
    ),
    reason: 'idp_error:access_denied',
  },
  {
    title: 'an error together with a code (O-16)',
    bend: callback((back) => back.set('error', 'server_error')),
    reason: 'idp_error:server_error',
  },
  {
    title: 'an error of a thousand letters, cut (O-16)',
    bend: callback((back) => back.set('error', 'x'.repeat(1000))),
    reason: `idp_error:${'x'.repeat(60)}`,
  },
  {
    title: 'another iss parameter, where one is promised (O-13)',
    world: { issParameter: true },
    bend: callback((back) => back.set('iss', 'https://evil.example')),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'no iss parameter, where one is promised (O-13)',
    world: { issParameter: true },
    bend: callback((back) => back.delete('iss')),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'another iss parameter, where none is promised (O-13)',
    bend: callback((back) => back.set('iss', 'https://evil.example')),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'an ID token through the browser (O-18)',
    bend: callback((back) => (back.delete('code'), back.set('id_token', 'a.b.c'))),
    reason: 'oauth_unsupported_operation',
  },
  {
    title: 'an unasked response= (O-18)',
    bend: callback((back) => back.set('response', 'a.b.c')),
    reason: 'oauth_invalid_response',
  },
]

const CLAIMS: Row[] = [
  { title: 'another nonce (O-8)', bend: claims({ nonce: 'another' }), reason: 'oauth_jwt_claim_comparison_failed' },
  { title: 'no nonce (O-8)', bend: without('nonce'), reason: 'oauth_invalid_response' },
  {
    title: 'a nonce that is a list (O-8)',
    bend: () => ({ claims: (honest) => ({ ...honest, nonce: [honest.nonce] }) }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  {
    title: 'the nonce of another attempt (O-8)',
    pending: { nonce: 'another' },
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  {
    title: 'another issuer (O-5)',
    bend: claims({ iss: 'https://evil.example' }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  {
    title: 'the issuer with a slash more (O-5)',
    bend: () => ({ claims: (honest) => ({ ...honest, iss: `${String(honest.iss)}/` }) }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  { title: 'no issuer (O-5)', bend: without('iss'), reason: 'oauth_invalid_response' },
  {
    title: 'another audience (O-6)',
    bend: claims({ aud: 'another-app' }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  {
    title: 'our client id in another case (O-6)',
    bend: claims({ aud: 'ROLEGATE' }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  { title: 'no audience (O-6)', bend: without('aud'), reason: 'oauth_invalid_response' },
  {
    title: 'audiences without us (O-6)',
    bend: claims({ aud: ['a', 'b'], azp: 'rolegate' }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  { title: 'no audience in a list (O-6)', bend: claims({ aud: [] }), reason: 'oauth_jwt_claim_comparison_failed' },
  {
    title: 'several audiences and no azp (O-6)',
    bend: claims({ aud: ['rolegate', 'another-app'] }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  {
    title: 'several audiences and another azp (O-6)',
    bend: claims({ aud: ['rolegate', 'another-app'], azp: 'another-app' }),
    reason: 'oauth_jwt_claim_comparison_failed',
  },
  {
    title: 'us as the audience, and another azp (O-6)',
    bend: claims({ azp: 'another-app' }),
    reason: 'authorized_party',
  },
  {
    title: 'us as the only one of a list, and another azp (O-6)',
    bend: claims({ aud: ['rolegate'], azp: 'another-app' }),
    reason: 'authorized_party',
  },
  { title: 'an azp that is no text (O-6)', bend: claims({ azp: null }), reason: 'authorized_party' },
  {
    title: 'a token that has expired (O-7)',
    bend: () => claims({ iat: seconds() - 300, exp: seconds() - 90 })(),
    reason: 'oauth_jwt_timestamp_check_failed',
  },
  { title: 'no expiry (O-7)', bend: without('exp'), reason: 'oauth_invalid_response' },
  {
    title: 'an expiry in text (O-7)',
    bend: () => claims({ exp: String(seconds() + 300) })(),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'a token that is not valid yet (O-7)',
    bend: () => claims({ nbf: seconds() + 300 })(),
    reason: 'oauth_jwt_timestamp_check_failed',
  },
  {
    title: 'a token issued in the future (O-7)',
    bend: () => claims({ iat: seconds() + 120, exp: seconds() + 600 })(),
    reason: 'issued_in_the_future',
  },
  {
    title: 'a token issued too long ago (O-7)',
    bend: () => claims({ iat: seconds() - 660, exp: seconds() + 600 })(),
    reason: 'issued_too_long_ago',
  },
  { title: 'no time of issue (O-7)', bend: without('iat'), reason: 'oauth_invalid_response' },
  {
    title: 'a time of issue in text (O-7)',
    bend: () => claims({ iat: String(seconds()) })(),
    reason: 'oauth_invalid_response',
  },
  { title: 'no subject (O-9)', bend: without('sub'), reason: 'oauth_invalid_response' },
  { title: 'an empty subject (O-9)', bend: claims({ sub: '' }), reason: 'subject_unusable' },
  { title: 'a subject of 256 letters (O-9)', bend: claims({ sub: 'x'.repeat(256) }), reason: 'subject_unusable' },
  { title: 'a subject that is a number (O-9)', bend: claims({ sub: 7 }), reason: 'oauth_invalid_response' },
  { title: 'a subject that is a list (O-9)', bend: claims({ sub: ['00u-alice'] }), reason: 'oauth_invalid_response' },
]

const SIGNATURES: Row[] = [
  {
    title: 'claims that were changed after signing (O-1)',
    bend: token((honest) => {
      const [h, p, s] = parts(honest)
      return `${h}.${encode({ ...(JSON.parse(Buffer.from(p, 'base64url').toString()) as Json), sub: 'ceo' })}.${s}`
    }),
    reason: 'oauth_invalid_response',
    said: 'JWT signature verification failed',
  },
  {
    title: 'a signature with a bit flipped (O-1)',
    bend: token((honest) => {
      const [h, p, s] = parts(honest)
      const bytes = Buffer.from(s, 'base64url')
      bytes[9] = (bytes[9] ?? 0) ^ 1
      return `${h}.${p}.${bytes.toString('base64url')}`
    }),
    reason: 'oauth_invalid_response',
    said: 'JWT signature verification failed',
  },
  {
    title: 'an empty signature (O-1)',
    bend: token((honest) => `${parts(honest).slice(0, 2).join('.')}.`),
    reason: 'oauth_invalid_response',
    said: 'JWT signature verification failed',
  },
  {
    title: 'a key nobody published, under the name of the right one (O-1)',
    bend: forged(({ kid }) => ({ header: { alg: 'RS256', kid }, sign: rsa(evil.privateKey) })),
    reason: 'oauth_invalid_response',
    said: 'JWT signature verification failed',
  },
  {
    title: 'a key nobody published, under its own name (O-1)',
    bend: forged(() => ({ header: { alg: 'RS256', kid: 'evil' }, sign: rsa(evil.privateKey) })),
    reason: 'oauth_key_selection_failed',
  },
  {
    title: 'a key nobody published, without a name (O-1)',
    bend: forged(() => ({ header: { alg: 'RS256' }, sign: rsa(evil.privateKey) })),
    reason: 'oauth_invalid_response',
    said: 'JWT signature verification failed',
  },
  {
    title: 'alg none and no signature (O-2)',
    bend: forged(() => ({ header: { alg: 'none' }, sign: () => Buffer.alloc(0) })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'alg nOnE (O-2)',
    bend: forged(() => ({ header: { alg: 'nOnE' }, sign: () => Buffer.alloc(0) })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'alg none and an honest signature (O-2)',
    bend: token((honest) => `${encode({ alg: 'none' })}.${parts(honest).slice(1).join('.')}`),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'no alg at all (O-2)',
    bend: token((honest) => `${encode({ typ: 'JWT' })}.${parts(honest).slice(1).join('.')}`),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'HS256 under our client secret (O-2)',
    bend: forged(() => ({ header: { alg: 'HS256' }, sign: hs256(CLIENT_SECRET) })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'HS256 under the public key as PEM (O-2)',
    bend: forged(({ kid, keys }) => ({
      header: { alg: 'HS256', kid },
      sign: hs256(keys.publicKey.export({ type: 'spki', format: 'pem' })),
    })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'HS256 under the public key as DER (O-2)',
    bend: forged(({ kid, keys }) => ({
      header: { alg: 'HS256', kid },
      sign: hs256(keys.publicKey.export({ type: 'spki', format: 'der' })),
    })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'HS256 under a secret the JWKS publishes (O-2, O-24)',
    bend: (idp) => ({
      ...forged(() => ({ header: { alg: 'HS256', kid: 'oct' }, sign: hs256('published') }))(idp),
      jwks: ({ keys }) => ({
        keys: [...keys, { kty: 'oct', kid: 'oct', k: Buffer.from('published').toString('base64url') }],
      }),
    }),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: "RS512 by the IdP's own key, where RS256 is what is allowed (O-2)",
    bend: forged(({ kid, keys }) => ({ header: { alg: 'RS512', kid }, sign: rsa(keys.privateKey, 'sha512') })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: "PS256 by the IdP's own key, where RS256 is what is allowed (O-2)",
    bend: forged(({ kid, keys }) => ({ header: { alg: 'PS256', kid }, sign: rsa(keys.privateKey, 'sha256', true) })),
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'ES256, where RS256 is what is allowed (O-2)',
    world: { algorithm: 'ES256', settings: { algorithms: ['RS256'] } },
    reason: 'oauth_invalid_response',
    said: 'unexpected JWT "alg" header parameter',
  },
  {
    title: 'a key the token brings along as jwk (O-3)',
    bend: forged(() => ({
      header: { alg: 'RS256', jwk: evil.publicKey.export({ format: 'jwk' }) },
      sign: rsa(evil.privateKey),
    })),
    reason: 'oauth_invalid_response',
    said: 'JWT signature verification failed',
  },
  {
    title: 'a key the token sends us to fetch by jku and x5u (O-3)',
    bend: forged(() => ({
      header: { alg: 'RS256', kid: 'evil', jku: `${trap.origin}/jwks`, x5u: `${trap.origin}/x5u` },
      sign: rsa(evil.privateKey),
    })),
    reason: 'oauth_key_selection_failed',
  },
  {
    title: 'an unknown crit (O-4)',
    bend: header({ crit: ['x-unknown'], 'x-unknown': 1 }),
    reason: 'oauth_unsupported_operation',
  },
  {
    title: 'crit that is not a list (O-4)',
    bend: forged(({ kid, keys }) => ({ header: { alg: 'RS256', kid, crit: 'x' }, sign: rsa(keys.privateKey) })),
    reason: 'oauth_unsupported_operation',
  },
  {
    title: 'an unencoded payload, b64 false (O-4)',
    bend: forged(({ kid, keys }) => ({
      header: { alg: 'RS256', kid, b64: false, crit: ['b64'] },
      sign: rsa(keys.privateKey),
    })),
    reason: 'oauth_unsupported_operation',
  },
  {
    title: 'typ at+jwt (O-27)',
    bend: header({ typ: 'at+jwt' }),
    reason: 'not_an_id_token',
  },
  {
    title: 'typ logout+jwt (O-27)',
    bend: header({ typ: 'logout+jwt' }),
    reason: 'not_an_id_token',
  },
  {
    title: 'typ application/at+jwt (O-27)',
    bend: header({ typ: 'application/at+jwt' }),
    reason: 'not_an_id_token',
  },
  {
    title: 'a typ that is no text (O-27)',
    bend: forged(({ kid, keys }) => ({ header: { alg: 'RS256', kid, typ: ['JWT'] }, sign: rsa(keys.privateKey) })),
    reason: 'not_an_id_token',
  },
]

const SHAPES: Row[] = [
  {
    title: 'a token of five parts, like a JWE (O-4)',
    bend: token((honest) => `${honest}.AAAA.BBBB`),
    reason: 'oauth_unsupported_operation',
  },
  {
    title: 'a token of two parts (O-4)',
    bend: token((honest) => parts(honest).slice(0, 2).join('.')),
    reason: 'oauth_invalid_response',
  },
  { title: 'a token of one part (O-4)', bend: token(() => 'AAAA'), reason: 'oauth_invalid_response' },
  {
    title: 'a JSON-serialised token (O-4)',
    bend: token((honest) => {
      const [h, p, s] = parts(honest)
      return { protected: h, payload: p, signature: s }
    }),
    reason: 'oauth_invalid_response',
  },
  { title: 'an empty token', bend: token(() => ''), reason: 'oauth_invalid_response' },
  { title: 'a token that is a number', bend: token(() => 7), reason: 'oauth_invalid_response' },
  { title: 'no ID token', bend: token(() => undefined), reason: 'oauth_invalid_response' },
  {
    title: 'a payload that is no JSON',
    bend: forged(({ kid, keys }) => ({
      header: { alg: 'RS256', kid },
      sign: rsa(keys.privateKey),
      payload: () => 'no json',
    })),
    reason: 'oauth_parse_error',
  },
  {
    title: 'a payload that is a list',
    bend: forged(({ kid, keys }) => ({
      header: { alg: 'RS256', kid },
      sign: rsa(keys.privateKey),
      payload: () => '[1]',
    })),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'padding and line ends in the token',
    bend: token((honest) => `${honest}=\n`),
    reason: 'err_invalid_arg_value',
  },
  {
    title: 'no access token',
    bend: () => ({ tokens: (honest) => omitting(honest, 'access_token') }),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'no token type',
    bend: () => ({ tokens: (honest) => omitting(honest, 'token_type') }),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'a token answer that is a list',
    bend: () => ({ tokens: (honest) => [honest] }),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'a token answer that is a page',
    bend: () => ({
      instead: { '/token': (_, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>') },
    }),
    reason: 'oauth_response_is_not_json',
  },
  {
    title: 'a token answer that is empty',
    bend: () => ({ instead: { '/token': (_, res) => void res.writeHead(204).end() } }),
    reason: 'oauth_response_is_not_conform',
  },
]

const JWKS: Row[] = [
  { title: 'an empty JWKS (O-1)', bend: () => ({ jwks: () => ({ keys: [] }) }), reason: 'oauth_key_selection_failed' },
  { title: 'a JWKS that is no JSON (O-1)', bend: () => ({ jwks: () => 'keys' }), reason: 'oauth_invalid_response' },
  {
    title: 'a JWKS that is not there (O-1)',
    bend: () => ({ instead: { '/jwks': (_, res) => void res.writeHead(404).end() } }),
    reason: 'oauth_response_is_not_conform',
  },
  {
    title: 'a key for encryption (O-24)',
    bend: () => ({ jwks: ({ keys }) => ({ keys: keys.map((key) => ({ ...key, use: 'enc' })) }) }),
    reason: 'oauth_key_selection_failed',
  },
  {
    title: 'a key that may not verify (O-24)',
    bend: () => ({ jwks: ({ keys }) => ({ keys: keys.map((key) => ({ ...key, key_ops: ['encrypt'] })) }) }),
    reason: 'oauth_key_selection_failed',
  },
  {
    title: 'an RSA key of 1024 bits (O-24)',
    bend: (idp) => ({
      ...forged(() => ({ header: { alg: 'RS256', kid: 'small' }, sign: rsa(small.privateKey) }))(idp),
      jwks: () => ({
        keys: [{ ...small.publicKey.export({ format: 'jwk' }), kid: 'small', alg: 'RS256', use: 'sig' }],
      }),
    }),
    reason: 'oauth_unsupported_operation',
  },
  {
    title: 'a key for another algorithm',
    bend: () => ({ jwks: ({ keys }) => ({ keys: keys.map((key) => ({ ...key, alg: 'RS512' })) }) }),
    reason: 'oauth_key_selection_failed',
  },
]

const userinfo = { settings: { groupsFrom: 'userinfo' } } satisfies World
const USERINFO: Row[] = [
  {
    title: 'userinfo about somebody else (O-25)',
    world: userinfo,
    bend: () => ({ userinfo: (honest) => ({ ...honest, sub: 'ceo', groups: ['admins'] }) }),
    reason: 'oauth_json_attribute_comparison_failed',
  },
  {
    title: 'userinfo about nobody (O-25)',
    world: userinfo,
    bend: () => ({ userinfo: () => ({ groups: ['admins'] }) }),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'userinfo about a subject in another case (O-25)',
    world: userinfo,
    bend: () => ({ userinfo: (honest) => ({ ...honest, sub: '00U-ALICE' }) }),
    reason: 'oauth_json_attribute_comparison_failed',
  },
  {
    title: 'userinfo that is a list',
    world: userinfo,
    bend: () => ({ userinfo: (honest) => [honest] }),
    reason: 'oauth_invalid_response',
  },
  {
    title: 'userinfo that is a page',
    world: userinfo,
    bend: () => ({
      instead: { '/userinfo': (_, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>') },
    }),
    reason: 'oauth_response_is_not_json',
  },
  {
    title: 'userinfo that is an unsigned token',
    world: userinfo,
    bend: () => ({
      instead: {
        '/userinfo': (_, res) =>
          void res
            .writeHead(200, { 'content-type': 'application/jwt' })
            .end(compactJws({ alg: 'none' }, { sub: '00u-alice' }, () => Buffer.alloc(0))),
      },
    }),
    reason: 'unverifiable',
  },
  {
    title: 'userinfo that refuses our token',
    world: userinfo,
    bend: () => ({
      instead: {
        '/userinfo': (_, res) => void res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end(),
      },
    }),
    reason: 'oauth_www_authenticate_challenge',
  },
  {
    title: 'no userinfo endpoint though groups come from there',
    world: userinfo,
    bend: () => ({ discovery: (honest) => omitting(honest, 'userinfo_endpoint') }),
    reason: 'oauth_missing_server_metadata',
  },
]

describe.each<[string, Row[]]>([
  ['a callback', CALLBACKS],
  ['the claims of an ID token', CLAIMS],
  ['the signature and header of an ID token', SIGNATURES],
  ['the shape of what the token endpoint says', SHAPES],
  ["the IdP's keys", JWKS],
  ['userinfo', USERINFO],
])('sign_in_rejected, security.md table 1: %s', (__, rows) => {
  it.each(rows.map((row) => [row.title, row] as const))(
    '%s',
    async (_, { world = {}, bend, pending, reason, said = '' }) => {
      const { idp, back, complete, pending: own } = await aSignIn({ ...world, ...(bend && { bend }) })
      const code = back.searchParams.get('code') ?? ''
      const refused = await refusalOf(complete(pending), idp, [code, own.codeVerifier, own.nonce, own.state])
      expect(refused.code).toBe('sign_in_rejected')
      expect(refused.reason).toBe(reason)
      expect(refused.reason).toMatch(/^[\w:.-]{3,80}$/)
      expect(refused.values).toEqual({})
      expect(inspect(refused.cause, { depth: 6 })).toContain(said)
      expect(trap.hits).toBe(0)
    },
  )
})

describe('an answer that was taken once', () => {
  it('is refused the second time: the IdP gives a code once', async () => {
    const { idp, complete } = await aSignIn()
    await complete()
    expect(await refusalOf(complete(), idp)).toMatchObject({
      code: 'sign_in_rejected',
      reason: 'idp_error:invalid_grant',
    })
  })

  it('asks the token endpoint nothing when the callback is not ours (O-12)', async () => {
    const { idp, complete } = await aSignIn({ bend: callback((back) => back.set('state', 'x')) })
    await refusalOf(complete(), idp)
    expect(idp.countOf('/token')).toBe(0)
  })
})

/** Bounds that are over at once for one path, and the real ones for all others: nobody waits for a clock. */
function impatientAbout(path: string): typeof fetch {
  const [hurried, patient] = [makeBoundedFetch({ ...IDP_BOUNDS, seconds: 0.25 }), makeBoundedFetch(IDP_BOUNDS)]
  return (input, init) =>
    (new URL(input instanceof Request ? input.url : input).pathname === path ? hurried : patient)(input, init)
}

const instead = (path: string, handle: (res: ServerResponse) => void) => (): Bend => ({
  instead: { [path]: (_, res) => handle(res) },
})
const redirect = (path: string) =>
  instead(path, (res) => void res.writeHead(302, { location: `${trap.origin}${path}` }).end())
const status = (path: string, code: number) =>
  instead(
    path,
    (res) => void res.writeHead(code, { 'content-type': 'application/json' }).end('{"error":"server_error"}'),
  )
const hangs = (): void => undefined

describe('idp_unavailable: the IdP does not answer in a way we can take', () => {
  it.each(
    (
      [
        { title: 'a 500 from the token endpoint', bend: status('/token', 500) },
        { title: 'a 503 from the token endpoint', bend: status('/token', 503) },
        { title: 'a 302 from the token endpoint, not followed (O-20)', bend: redirect('/token') },
        { title: 'a token endpoint that breaks off', bend: instead('/token', (res) => void res.destroy()) },
        {
          title: 'a token endpoint that hangs (O-22)',
          world: { fetch: impatientAbout('/token') },
          bend: instead('/token', hangs),
        },
        {
          title: 'a token endpoint that hangs in its body (O-22)',
          world: { fetch: impatientAbout('/token') },
          bend: instead('/token', (res) => void res.writeHead(200, { 'content-type': 'application/json' }).write('{')),
        },
        {
          title: 'a token answer that inflates past the bound (O-22)',
          bend: instead(
            '/token',
            (res) =>
              void res
                .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
                .end(gzipSync(Buffer.alloc(50_000_000, ' '))),
          ),
        },
        { title: 'a JWKS that hangs (O-22)', world: { fetch: impatientAbout('/jwks') }, bend: instead('/jwks', hangs) },
        { title: 'a 500 for the JWKS', bend: status('/jwks', 500) },
        { title: 'a 302 for the JWKS, not followed (O-20)', bend: redirect('/jwks') },
        { title: 'a 500 from userinfo', world: userinfo, bend: status('/userinfo', 500) },
        { title: 'a 302 from userinfo, not followed (O-20)', world: userinfo, bend: redirect('/userinfo') },
      ] satisfies Unanswered[] as Unanswered[]
    ).map((row) => [row.title, row] as const),
  )('%s', async (_, { world = {}, bend }) => {
    const { idp, back, complete, pending } = await aSignIn({ ...world, bend })
    const refused = await refusalOf(complete(), idp, [
      back.searchParams.get('code') ?? '',
      pending.codeVerifier,
      pending.nonce,
    ])
    expect(refused).toMatchObject({ code: 'idp_unavailable', values: { idp: 'entra', retryAfterSeconds: 5 } })
    expect(refused.cause).toBeInstanceOf(Error)
    expect(trap.hits).toBe(0)
  })

  it('a token answer of 300 MB, given up after the first one (O-22, security.md finding 8)', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const sent = { bytes: 0, closed: false }
    const { idp, complete } = await aSignIn({
      bend: instead('/token', (res) => {
        res.writeHead(200, { 'content-type': 'application/json' })
        res.on('close', () => (sent.closed = true))
        const more = (): void => {
          while (sent.bytes < 300 * chunk.length && !sent.closed) {
            sent.bytes += chunk.length
            if (!res.write(chunk)) return void res.once('drain', more)
          }
          res.end()
        }
        more()
      }),
    })
    expect(await refusalOf(complete(), idp)).toMatchObject({ code: 'idp_unavailable' })
    // What the sockets between us hold is all that was sent.
    expect(sent.bytes).toBeLessThan(32 * chunk.length)
  })
})

const document = (more: Json) => (): Bend => ({ discovery: (honest) => ({ ...honest, ...more }) })
const lacking = (name: string) => (): Bend => ({ discovery: (honest) => omitting(honest, name) })

describe('metadata that is not taken: begin fails with idp_unavailable, and the log hears why', () => {
  it.each(
    (
      [
        {
          title: 'an issuer that differs by a slash (O-19)',
          bend: ({ issuer }) => document({ issuer: `${issuer}/` })(),
        },
        { title: 'an issuer that differs by its host (O-19)', bend: document({ issuer: 'https://evil.example' }) },
        { title: 'no issuer (O-19)', bend: lacking('issuer') },
        { title: 'an issuer that is no text (O-19)', bend: document({ issuer: 7 }) },
        { title: 'a token endpoint on http (O-21)', bend: document({ token_endpoint: 'http://idp.example/token' }) },
        {
          title: 'an authorization endpoint on http (O-21)',
          bend: document({ authorization_endpoint: 'http://idp.example/authorize' }),
        },
        { title: 'a JWKS on http (O-21)', bend: document({ jwks_uri: 'http://idp.example/jwks' }) },
        { title: 'userinfo on http (O-21)', bend: document({ userinfo_endpoint: 'http://idp.example/userinfo' }) },
        {
          title: 'an authorization endpoint that is a script (O-21)',
          bend: document({ authorization_endpoint: 'javascript:alert(1)//127.0.0.1' }),
        },
        {
          title: 'a sign-out page that is a script (O-21)',
          bend: document({ end_session_endpoint: 'javascript:alert(1)' }),
        },
        { title: 'a JWKS that is a file (O-21)', bend: document({ jwks_uri: 'file:///etc/passwd' }) },
        {
          title: 'a token endpoint on http whose name only starts like loopback (O-21)',
          bend: document({ token_endpoint: 'http://127.0.0.1.evil.example/token' }),
        },
        {
          title: 'a token endpoint on http with loopback for a user name (O-21)',
          bend: document({ token_endpoint: 'http://127.0.0.1@evil.example/token' }),
        },
        {
          title: 'an endpoint that is no text (O-21)',
          bend: document({ token_endpoint: ['https://idp.example/token'] }),
        },
        { title: 'an endpoint that is no address (O-21)', bend: document({ token_endpoint: 'https://' }) },
        { title: 'no token endpoint', bend: lacking('token_endpoint') },
        { title: 'no authorization endpoint', bend: lacking('authorization_endpoint') },
        { title: 'no JWKS', bend: lacking('jwks_uri') },
        { title: 'metadata that is a list', bend: () => ({ discovery: (honest) => [honest] }) },
        {
          title: 'metadata that is a page',
          bend: instead(
            '/.well-known/openid-configuration',
            (res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
          ),
        },
        { title: 'metadata past the bound (O-22)', bend: document({ filler: 'x'.repeat(1024 * 1024) }) },
        {
          title: 'metadata that hangs (O-22)',
          world: { fetch: impatientAbout('/.well-known/openid-configuration') },
          bend: instead('/.well-known/openid-configuration', hangs),
        },
        { title: 'a 404', bend: status('/.well-known/openid-configuration', 404) },
        { title: 'a 500', bend: status('/.well-known/openid-configuration', 500) },
        { title: 'a 302, not followed (O-20)', bend: redirect('/.well-known/openid-configuration') },
        {
          title: 'an issuer on http that nobody allowed (K-5)',
          world: { settings: { allowHttp: false } },
          bend: () => ({}),
        },
        {
          title: 'an issuer on http that is not loopback, though allowed (K-5)',
          world: { settings: { issuer: 'http://idp.example' } },
          bend: () => ({}),
        },
        {
          title: 'a private key that is none',
          world: { authentication: { method: 'private_key_jwt', pem: 'no key' } },
          bend: () => ({}),
        },
      ] satisfies Unanswered[] as Unanswered[]
    ).map((row) => [row.title, row] as const),
  )('%s', async (_, { world = {}, bend }) => {
    const { idp, provider, failures } = await aProvider({ ...world, bend })
    const refused = await refusalOf(provider.begin('0a1b2c3d'), idp)
    expect(refused).toMatchObject({
      code: 'idp_unavailable',
      values: { idp: 'entra', label: 'Example Inc.', retryAfterSeconds: 5 },
    })
    expect(failures.map(([what]) => what)).toEqual(['discovery'])
    expect(provider.isReady()).toBe(false)
    expect(trap.hits).toBe(0)
  })

  it('an endpoint on http next to an issuer on https (O-21)', async () => {
    const { idp } = await aProvider()
    const { provider, failures } = await aProvider({
      settings: { issuer: 'https://idp.example', allowHttp: false },
      // Stands in for TLS: what is asked of idp.example is answered by the fake.
      fetch: (input, init) => {
        const asked = new URL(input instanceof Request ? input.url : input)
        return makeBoundedFetch(IDP_BOUNDS)(`${idp.origin}${asked.pathname}`, init)
      },
    })
    idp.bend({ discovery: (honest) => ({ ...honest, issuer: 'https://idp.example' }) })
    await expect(provider.begin('0a1b2c3d')).rejects.toMatchObject({ code: 'idp_unavailable' })
    expect(failures[0]?.[1]).toBeInstanceOf(UpstreamFailure)
  })
})

it('has a key of its own for every hostile row', () => {
  const prints = [keysFor('idp'), evil, small].map(({ publicKey }) =>
    createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  )
  expect(new Set(prints).size).toBe(3)
})
