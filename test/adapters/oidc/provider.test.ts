import { createHash, createSign, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { compactJws, keysFor, omitting } from '../../support/fake-idp.ts'
import { selfSigned } from '../../support/saml/a-certificate.ts'
import { aProvider, aSignIn, CALLBACK, CLIENT_SECRET, refusalOf, type World } from './a-sign-in.ts'

const pem = (keys: ReturnType<typeof keysFor>) => keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

describe('begin', () => {
  it('sends the browser to the IdP with all that the answer will be held to', async () => {
    const { move, pending, idp } = await aSignIn()
    expect(move.origin + move.pathname).toBe(`${idp.origin}/authorize`)
    expect(Object.fromEntries(move.searchParams)).toEqual({
      client_id: 'rolegate',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid profile',
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: createHash('sha256').update(pending.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
  })

  it('asks when they showed who they are where a rule may want to know, and makes nobody do it again', async () => {
    const { move } = await aSignIn({
      settings: { mapping: { groups: { claim: 'groups' }, mfa: { claim: 'amr', anyOf: ['mfa'] } } },
    })
    expect(move.searchParams.get('max_age')).toBe(String(365 * 24 * 3600))
    expect(move.searchParams.has('prompt')).toBe(false)
  })

  it('asks for a fresh proof in both words there are, in place of a year’s (threats.md I6)', async () => {
    const mapping = { groups: { claim: 'groups' }, mfa: { claim: 'amr', anyOf: ['mfa'] } }
    for (const settings of [{}, { mapping }]) {
      const { provider } = await aProvider({ settings })
      const { searchParams } = new URL((await provider.begin('0a1b2c3d', { isFresh: true })).move.url)
      expect([searchParams.getAll('prompt'), searchParams.getAll('max_age')]).toEqual([['login'], ['0']])
    }
  })

  it('keeps the code verifier and the client secret at home (security.md O-11)', async () => {
    const { move, pending } = await aSignIn()
    expect(move.href).not.toContain(pending.codeVerifier)
    expect(decodeURIComponent(move.href)).not.toContain(CLIENT_SECRET)
  })

  it('names the attempt in state, beside 128 bits of chance that are new each time (security.md O-12)', async () => {
    const { provider } = await aProvider()
    const attempts = await Promise.all(Array.from({ length: 20 }, () => provider.begin('0a1b2c3d')))
    for (const { pending } of attempts) expect(pending.state).toMatch(/^0a1b2c3d\.[\w-]{22}$/)
    for (const memory of ['state', 'nonce', 'codeVerifier'] as const) {
      expect(new Set(attempts.map(({ pending }) => pending[memory])).size).toBe(20)
    }
  })

  it.each([undefined, [], ['plain']])(
    'asks for PKCE by S256 whatever the metadata lists: %j (security.md O-11)',
    async (listed) => {
      const { move } = await aSignIn({
        bend: () => ({ discovery: (honest) => ({ ...honest, code_challenge_methods_supported: listed }) }),
      })
      expect(move.searchParams.get('code_challenge_method')).toBe('S256')
    },
  )
})

describe('complete', () => {
  it('gives the claims of the ID token, under the issuer as configured', async () => {
    const { idp, complete } = await aSignIn({
      person: { sub: '00u-alice', idToken: { groups: ['platform'], email: 'alice@example.com' } },
    })
    const verified = await complete()
    expect(verified.issuer).toBe(idp.issuer)
    expect(verified.claims).toMatchObject({
      iss: idp.issuer,
      sub: '00u-alice',
      groups: ['platform'],
      email: 'alice@example.com',
    })
    expect(idp.countOf('/userinfo')).toBe(0)
  })

  it('lets somebody in whose IdP says 0: only what depends on it stays shut (idps.md)', async () => {
    const { complete } = await aSignIn({ person: { sub: '00u-alice', idToken: { auth_time: 0 } } })
    expect((await complete()).authentication.at).toBe(0)
  })

  it('takes how and when they signed in from the ID token alone, whatever userinfo adds (threats.md I6)', async () => {
    const at = Math.floor(Date.now() / 1000)
    const { complete } = await aSignIn({
      settings: { groupsFrom: 'userinfo' },
      person: {
        sub: '00u-alice',
        idToken: { acr: 'silver' },
        userinfo: { groups: ['platform'], auth_time: at, amr: ['mfa'] },
      },
    })
    const { authentication } = await complete()
    expect(authentication.at).toBeUndefined()
    expect(authentication.claims).toMatchObject({ acr: 'silver' })
    expect(authentication.claims).not.toHaveProperty('amr')
  })

  it('adds the claims of userinfo where groups come from there; the ID token stays on top (security.md O-25)', async () => {
    const { idp, complete } = await aSignIn({
      settings: { groupsFrom: 'userinfo' },
      person: {
        sub: '00u-alice',
        idToken: { email: 'alice@example.com' },
        userinfo: { groups: ['platform'], email: 'ceo@example.com', iss: 'https://evil.example', aud: 'another' },
      },
    })
    const { claims } = await complete()
    expect(claims).toMatchObject({
      sub: '00u-alice',
      groups: ['platform'],
      email: 'alice@example.com',
      iss: idp.issuer,
      aud: 'rolegate',
    })
  })

  it('keeps no token of the IdP (security.md O-31)', async () => {
    const { idp, complete } = await aSignIn({ settings: { groupsFrom: 'userinfo' } })
    const verified = JSON.stringify(await complete())
    for (const secret of idp.secrets) expect(verified).not.toContain(secret)
  })

  it('carries 900 groups (idps.md)', async () => {
    const groups = Array.from({ length: 900 }, (_, i) => `CN=Group-${i},OU=Groups,DC=example,DC=com`)
    const { complete } = await aSignIn({ person: { sub: '00u-alice', idToken: { groups } } })
    expect((await complete()).claims.groups).toEqual(groups)
  })

  it('takes a member called __proto__ for a claim like any other', async () => {
    const { complete } = await aSignIn({
      bend: () => ({ claims: (honest) => ({ ...honest, ['__proto__']: { admin: true } }) }),
    })
    expect((await complete()).claims.admin).toBeUndefined()
  })

  it('reads a doubled member as the last one, everywhere (security.md O-28)', async () => {
    const { complete } = await aSignIn({
      bend: ({ kid, keys }) => ({
        idToken: (_, payload) =>
          compactJws(
            { alg: 'RS256', kid },
            JSON.stringify({ ...payload, sub: 'first' }).replace('"sub":"first"', '"sub":"first","sub":"last"'),
            (input) => createSign('sha256').update(input).sign(keys.privateKey),
          ),
      }),
    })
    expect((await complete()).claims.sub).toBe('last')
  })

  const seconds = () => Math.floor(Date.now() / 1000)
  const claims = (more: () => object): World => ({ bend: () => ({ claims: (honest) => ({ ...honest, ...more() }) }) })
  it.each<[string, World]>([
    ['our client id as the audience', claims(() => ({ aud: 'rolegate' }))],
    ['our client id in a list', claims(() => ({ aud: ['rolegate'] }))],
    ['several audiences, and azp ours', claims(() => ({ aud: ['another', 'rolegate'], azp: 'rolegate' }))],
    ['one audience, and azp ours', claims(() => ({ azp: 'rolegate' }))],
    ['a subject of 255 letters', claims(() => ({ sub: 'x'.repeat(255) }))],
    ['a clock half a minute behind ours', claims(() => ({ iat: seconds() - 330, exp: seconds() - 30 }))],
    ['a clock half a minute before ours', claims(() => ({ iat: seconds() + 30, nbf: seconds() + 30 }))],
    ['a typ in small letters', { bend: () => ({ header: (honest) => ({ ...honest, typ: 'jwt' }) }) }],
    ['no typ', { bend: () => ({ header: (honest) => omitting(honest, 'typ') }) }],
    ['no kid, where the JWKS has one key', { bend: () => ({ header: (honest) => omitting(honest, 'kid') }) }],
    ['ES256, where the operator allows it', { algorithm: 'ES256' }],
    ['PS256, where the operator allows it', { algorithm: 'PS256' }],
    ['an iss parameter that was promised', { issParameter: true }],
    [
      'an iss parameter that was not promised',
      {
        issParameter: true,
        bend: () => ({ discovery: (honest) => omitting(honest, 'authorization_response_iss_parameter_supported') }),
      },
    ],
    [
      'metadata with an endpoint or an answer we never heard of',
      { bend: () => ({ discovery: (honest) => ({ ...honest, check_session_iframe: 'x', grant_types_supported: 7 }) }) },
    ],
    [
      'no userinfo endpoint, where nobody asks for one',
      { bend: () => ({ discovery: (honest) => omitting(honest, 'userinfo_endpoint') }) },
    ],
    [
      'keys of several kinds side by side, without alg',
      {
        bend: () => ({
          jwks: ({ keys }) => ({
            keys: [
              { ...keysFor('other', 'ec').publicKey.export({ format: 'jwk' }), kid: 'default' },
              ...keys.map((key) => omitting(key, 'alg', 'use')),
              { kty: 'unheard-of', kid: 'odd' },
            ],
          }),
        }),
      },
    ],
  ])('accepts %s', async (_, world) => {
    const { complete } = await aSignIn(world)
    expect((await complete()).claims.groups).toEqual(['platform'])
  })

  it('ignores jku, x5u, jwk and x5c beside an honest signature, and calls nobody (security.md O-3)', async () => {
    const { idp, complete } = await aSignIn({
      bend: ({ origin }) => ({
        header: (honest) => ({
          ...honest,
          jku: `${origin}/lured`,
          x5u: `${origin}/lured`,
          jwk: keysFor('evil').publicKey.export({ format: 'jwk' }),
          x5c: ['AAAA'],
        }),
      }),
    })
    expect((await complete()).claims.sub).toBe('00u-alice')
    expect(idp.countOf('/lured')).toBe(0)
  })

  it('checks the signature of every sign-in with keys it fetched once (security.md O-1)', async () => {
    const { idp, provider, complete } = await aSignIn()
    await complete()
    const again = await provider.begin('0a1b2c3e')
    const back = await idp.signIn(again.move.url)
    await provider.complete({ parameters: new Map(back.searchParams) }, again.pending)
    expect(idp.countOf('/jwks')).toBe(1)
  })
})

describe('client authentication', () => {
  const rsa = keysFor('client')
  const ec = keysFor('client', 'ec')
  const secret = (method: 'client_secret_basic' | 'client_secret_post'): World => ({
    client: { id: 'role:gate', method, secret: CLIENT_SECRET },
    authentication: { method, secret: CLIENT_SECRET },
    settings: { clientId: 'role:gate' },
  })
  const privateKey = (keys: typeof rsa, known = keys): World => ({
    client: { id: 'rolegate', method: 'private_key_jwt', publicKey: known.publicKey },
    authentication: { method: 'private_key_jwt', pem: pem(keys) },
  })

  it.each<[string, World]>([
    ['client_secret_basic, form-encoded (RFC 6749 §2.3.1)', secret('client_secret_basic')],
    ['client_secret_post', secret('client_secret_post')],
    ['private_key_jwt by RSA', privateKey(rsa)],
    ['private_key_jwt by P-256', privateKey(ec)],
  ])('proves who we are by %s', async (_, world) => {
    const { complete } = await aSignIn(world)
    expect((await complete()).claims.sub).toBe('00u-alice')
  })

  it('sends no secret with private_key_jwt, and a new assertion each time', async () => {
    const { idp, provider } = await aProvider(privateKey(rsa))
    for (const attempt of ['00000001', '00000002']) {
      const { move, pending } = await provider.begin(attempt)
      const back = await idp.signIn(move.url)
      await provider.complete({ parameters: new Map(back.searchParams) }, pending)
    }
    const assertions = idp.seen.filter(({ path }) => path === '/token').map(({ body }) => body.get('client_assertion'))
    expect(new Set(assertions).size).toBe(2)
  })

  it('names the key by its certificate where there is one, as Entra asks (RFC 7515 §4.1.7, §4.1.8)', async () => {
    const certificatePem = selfSigned('rolegate', 1, rsa)
    const world = privateKey(rsa)
    const headerOf = async (more: object) => {
      const { idp, complete } = await aSignIn({
        ...world,
        authentication: { method: 'private_key_jwt', pem: pem(rsa), ...more },
      })
      await complete()
      const [header = ''] =
        idp.seen
          .find(({ path }) => path === '/token')
          ?.body.get('client_assertion')
          ?.split('.') ?? []
      return JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>
    }
    const { raw } = new X509Certificate(certificatePem)
    expect(await headerOf({ certificatePem })).toMatchObject({
      alg: 'RS256',
      x5t: createHash('sha1').update(raw).digest('base64url'),
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
    })
    expect(await headerOf({})).not.toHaveProperty('x5t')
  })

  it.each<[string, World]>([
    ['another secret', { authentication: { method: 'client_secret_basic', secret: 'another-secret' } }],
    ['a key the IdP does not know', privateKey(rsa, keysFor('client of another'))],
  ])('fails the sign-in with %s, in words of the IdP', async (_, world) => {
    const { idp, complete } = await aSignIn(world)
    const refused = await refusalOf(complete(), idp, ['another-secret'])
    expect(refused).toMatchObject({ code: 'sign_in_rejected', reason: 'idp_error:invalid_client' })
  })
})

describe('an IdP that is down (security.md O-30, V-7)', () => {
  it('at start costs its people a sign-in and nobody anything else, and is asked again three seconds later', async () => {
    const { idp, provider, clock, failures } = await aProvider()
    await idp.stop()
    await expect(provider.begin('0a1b2c3d')).rejects.toMatchObject({
      code: 'idp_unavailable',
      values: { idp: 'entra', label: 'Example Inc.', retryAfterSeconds: 5 },
    })
    expect([provider.isReady(), provider.signOutUrl()]).toEqual([false, undefined])

    await idp.startAgain()
    clock.offset = 2_900
    await expect(provider.begin('0a1b2c3d')).rejects.toMatchObject({ code: 'idp_unavailable' })
    expect([idp.seen.length, failures.length]).toEqual([0, 1])

    clock.offset = 3_100
    expect((await provider.begin('0a1b2c3d')).move.url).toContain(idp.origin)
    expect([provider.isReady(), provider.signOutUrl()]).toEqual([true, `${idp.origin}/sign-out`])
  })

  it('while somebody is away fails his return, and takes it when he tries again', async () => {
    const { idp, provider, back, pending, complete } = await aSignIn()
    idp.bend({ instead: { '/token': (_, res) => void res.writeHead(503).end() } })
    await expect(complete()).rejects.toMatchObject({ code: 'idp_unavailable' })
    idp.bend({})
    const verified = await provider.complete({ parameters: new Map(back.searchParams) }, pending)
    expect(verified.claims.sub).toBe('00u-alice')
  })

  it('is asked for its metadata once, though twenty begin at once (security.md V-15)', async () => {
    const { idp, provider } = await aProvider()
    await Promise.all(Array.from({ length: 20 }, () => provider.begin('0a1b2c3d')))
    expect(idp.countOf('/.well-known/openid-configuration')).toBe(1)
  })

  it('is asked once, though twenty begin while it is down', async () => {
    const { idp, provider, failures } = await aProvider({
      bend: () => ({ instead: { '/.well-known/openid-configuration': (_, res) => void res.writeHead(503).end() } }),
    })
    const begun = await Promise.allSettled(Array.from({ length: 20 }, () => provider.begin('0a1b2c3d')))
    expect(begun.every(({ status }) => status === 'rejected')).toBe(true)
    expect([idp.countOf('/.well-known/openid-configuration'), failures.length]).toEqual([1, 1])
  })

  it('is asked anew after an hour, and its last good metadata serve while it does not answer', async () => {
    const { idp, provider, clock, failures } = await aProvider()
    await provider.begin('0a1b2c3d')
    clock.offset = 59 * 60_000
    await provider.begin('0a1b2c3d')
    expect(idp.countOf('/.well-known/openid-configuration')).toBe(1)

    idp.bend({ instead: { '/.well-known/openid-configuration': (_, res) => void res.writeHead(503).end() } })
    clock.offset = 61 * 60_000
    expect((await provider.begin('0a1b2c3d')).move.url).toContain(`${idp.origin}/authorize`)
    await provider.warmUp()
    expect([provider.isReady(), failures.length]).toEqual([true, 1])

    idp.bend({ discovery: (honest) => ({ ...honest, authorization_endpoint: `${idp.origin}/moved` }) })
    clock.offset += 3_000
    await provider.warmUp()
    expect((await provider.begin('0a1b2c3d')).move.url).toContain(`${idp.origin}/moved`)
  })

  it('does not lend its last good metadata to another issuer that answers later (security.md O-19)', async () => {
    const { idp, provider, clock } = await aProvider()
    await provider.begin('0a1b2c3d')
    idp.bend({
      discovery: (honest) => ({
        ...honest,
        issuer: 'https://evil.example',
        authorization_endpoint: 'https://evil.example/authorize',
      }),
    })
    clock.offset = 61 * 60_000
    expect((await provider.begin('0a1b2c3d')).move.url).toContain(`${idp.origin}/authorize`)
  })
})

describe('hosted domains (threats.md I2)', () => {
  const at = (hd: unknown, hostedDomains: readonly string[] | undefined) =>
    aSignIn({
      person: {
        sub: '1',
        idToken: { email: 'alice@example.com', ...(hd !== undefined && { hd }) },
        userinfo: { hd: 'example.com' },
      },
      settings: { ...(hostedDomains !== undefined && { hostedDomains }), groupsFrom: 'userinfo' },
    })

  it('let their own people in, and everybody where none is configured', async () => {
    await expect((await at('example.com', ['example.org', 'example.com'])).complete()).resolves.toBeDefined()
    await expect((await at(undefined, undefined)).complete()).resolves.toBeDefined()
  })

  it.each([
    ['another domain', 'evil.example'],
    ['a domain below', 'x.example.com'],
    ['another spelling', 'EXAMPLE.com'],
    ['a list', ['example.com']],
    ['nothing, as private accounts have, whatever the address and userinfo say', undefined],
  ])('keep out whoever is of %s', async (_, hd) => {
    const { complete, idp } = await at(hd, ['example.com'])
    const refusal = await refusalOf(complete(), idp)
    expect([refusal.code, refusal.reason]).toEqual(['sign_in_rejected', 'other_hosted_domain'])
    expect(idp.countOf('/userinfo')).toBe(0)
  })
})
