import { base64url } from 'jose'
import { createHmac, sign } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { IDP_BOUNDS, makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { digest } from '../../../src/adapters/store/keys.ts'
import { makeVerifyWorkloadToken, type WorkloadSettings } from '../../../src/adapters/workload/verify.ts'
import { aJobIssuer, GITHUB_CLAIMS, type JobIssuer } from '../../support/a-job-issuer.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aClock, NINE, secondsAfter } from '../../support/a-session.ts'
import { compactJws, keysFor } from '../../support/fake-idp.ts'

const EXCHANGE = 'https://aws.example.com/workloads'
const CONTAINER = 'https://aws.example.com/containers'

let issuer: JobIssuer
const clock = aClock()
beforeAll(async () => void (issuer = await aJobIssuer({ now: clock.now })))
afterAll(() => issuer.close())
afterEach(() => {
  for (const part of Object.keys(issuer.bend) as (keyof typeof issuer.bend)[]) delete issuer.bend[part]
})

const anEntry = (changes: Partial<WorkloadSettings & { id: string; require: Record<string, string[]> }> = {}) => {
  const { id = 'ci', require = { repository_id: ['74'], ref: ['refs/heads/main'] }, ...settings } = changes
  return {
    label: 'CI',
    audience: EXCHANGE,
    containerAudience: CONTAINER,
    algorithms: ['RS256', 'ES256'],
    allowHttp: true,
    maxSeconds: 3600,
    mapping: { id, issuer: issuer.issuer, require, keep: [...Object.keys(require), 'environment'] },
    ...settings,
  }
}
const aVerifier = (...entries: WorkloadSettings[]) =>
  makeVerifyWorkloadToken({
    workloads: entries.length > 0 ? entries : [anEntry()],
    fetch: makeBoundedFetch({ ...IDP_BOUNDS, seconds: 2 }),
    digest,
    now: clock.now,
    onFailure: () => undefined,
  })

/** `code reason` of a token that is refused. */
const refusalOfToken = async (token: string, door: 'exchange' | 'container' = 'exchange', verifier = aVerifier()) => {
  const { code, reason = '' } = await refusalFrom(verifier.verifyWorkloadToken(token, door))
  return `${code} ${reason}`.trim()
}
const NOW = NINE.getTime() / 1000
const job = (claims: Record<string, unknown> = {}, how: Parameters<JobIssuer['token']>[1] = {}) =>
  issuer.token({ aud: EXCHANGE, ...claims }, how)

describe('a job’s own token', () => {
  it.each(['RS256', 'ES256'])('signed with %s by its issuer becomes a principal of its entry', async (algorithm) => {
    const verified = await aVerifier().verifyWorkloadToken(await job({ jti: 'job-1' }, { algorithm }), 'exchange')
    expect(verified).toEqual({
      principal: {
        idp: 'ci',
        issuer: issuer.issuer,
        subject: GITHUB_CLAIMS['sub'],
        subjectClaim: 'sub',
        username: GITHUB_CLAIMS['sub'],
        groups: { state: 'stated', names: [] },
        claims: { repository_id: '74', ref: 'refs/heads/main', environment: 'production' },
        workload: true,
      },
      maxSeconds: 3600,
      tokenId: 'jti job-1',
      expiresAt: secondsAfter(NINE, 300),
      countsUntil: secondsAfter(NINE, 360),
    })
  })

  it.each([
    ['an audience in a list of its own', { aud: [EXCHANGE] }],
    ['no nbf', { nbf: undefined }],
    ['an age of ten minutes', { iat: NOW - 600, nbf: NOW - 600 }],
    ['a clock a minute ahead', { iat: NOW + 60, nbf: NOW + 60 }],
    ['an end a minute ago', { iat: NOW - 300, nbf: NOW - 300, exp: NOW - 59 }],
  ])('is taken with %s', async (_what, claims) => {
    await aVerifier().verifyWorkloadToken(await job(claims), 'exchange')
  })

  it('is taken with any spelling of its type, and without one', async () => {
    for (const typ of ['JWT', 'jwt', undefined])
      await aVerifier().verifyWorkloadToken(await job({}, { header: { typ } }), 'exchange')
  })

  it.each([
    ['another audience', { aud: 'https://github.com/acme' }, 'audience'],
    ['AWS’s audience', { aud: 'sts.amazonaws.com' }, 'audience'],
    ['ours among others', { aud: [EXCHANGE, 'https://elsewhere.example'] }, 'audience'],
    ['ours twice', { aud: [EXCHANGE, EXCHANGE] }, 'audience'],
    ['ours with a slash', { aud: `${EXCHANGE}/` }, 'audience'],
    ['the containers’ audience', { aud: CONTAINER }, 'audience'],
    ['no audience', { aud: undefined }, 'claim:aud'],
    ['an empty list of audiences', { aud: [] }, 'audience'],
    ['no end', { exp: undefined }, 'claim:exp'],
    ['no beginning', { iat: undefined }, 'claim:iat'],
    ['no subject', { sub: undefined }, 'claim:sub'],
    ['an end that is no number', { exp: 'tomorrow' }, 'claim:exp'],
    ['a beginning that is no number', { iat: 'today' }, 'claim:iat'],
    ['an end that is over', { exp: NOW - 61 }, 'err_jwt_expired'],
    ['an age over ten minutes', { iat: NOW - 601 }, 'issued_too_long_ago'],
    ['a beginning in the future', { iat: NOW + 61 }, 'issued_in_the_future'],
    ['a not-before in the future', { nbf: NOW + 61 }, 'claim:nbf'],
    ['an end before its beginning', { iat: NOW, exp: NOW - 10 }, 'ends_before_it_begins'],
    ['a jti that is no text', { jti: 7 }, 'jti_unusable'],
    ['an empty jti', { jti: '' }, 'jti_unusable'],
    ['another repository of that name', { repository_id: '75' }, 'required_claim:repository_id'],
    ['a branch nobody pinned', { ref: 'refs/heads/feature' }, 'required_claim:ref'],
    ['a fork’s pull request', { ref: 'refs/pull/7/merge', event_name: 'pull_request' }, 'required_claim:ref'],
  ])('is refused with %s (threats.md D16)', async (_what, claims, reason) => {
    expect(await refusalOfToken(await job(claims))).toBe(`sign_in_rejected ${reason}`)
  })

  it.each(['at+jwt', 'logout+jwt', 'secevent+jwt', 7])('is refused as typ %s (security.md O-27)', async (typ) => {
    expect(await refusalOfToken(await job({}, { header: { typ } }))).toBe('sign_in_rejected not_a_job_token')
  })

  it('a person’s own ID token of the same issuer is no job’s (threats.md D16)', async () => {
    const person = { ...GONE, sub: '110169484474386276334', email: 'alice@example.com', nonce: 'n' }
    // What Google or GitLab gives an application at sign-in, and what its owner could have asked for.
    expect(await refusalOfToken(await job({ ...person, aud: 'rolegate' }))).toBe('sign_in_rejected audience')
    expect(await refusalOfToken(await job(person))).toBe('sign_in_rejected required_claim:repository_id')
  })
})

/** The claims of a job, left out. */
const GONE = Object.fromEntries(Object.keys(GITHUB_CLAIMS).map((name) => [name, undefined]))

describe('what is no token of this issuer', () => {
  it.each([
    ['', 'not_a_signed_token'],
    ['rga_0123456789012345678901234567890123456789012', 'not_a_signed_token'],
    ['a.b', 'not_a_signed_token'],
    ['a.b.', 'not_a_signed_token'],
    ['a.b.c.d.e', 'not_a_signed_token'],
    ['a.b.c', 'not_a_signed_token'],
    [`${base64url.encode('{"alg":"RS256"}')}.${base64url.encode('[1]')}.AAAA`, 'not_a_signed_token'],
    [`${base64url.encode('{"alg":"RS256"}')}.${base64url.encode('{"sub":"x"}')}.AAAA`, 'no_issuer'],
    [
      `${base64url.encode('{"alg":"RS256"}')}.${base64url.encode('{"iss":"https://evil.example"}')}.AAAA`,
      'unknown_issuer',
    ],
    [`${base64url.encode('{"alg":"RS256"}')}.${base64url.encode('{"iss":["x"]}')}.AAAA`, 'no_issuer'],
  ])('%s', async (token, reason) => {
    expect(await refusalOfToken(token)).toBe(`sign_in_rejected ${reason}`)
  })

  it('is refused when its issuer has a slash more', async () => {
    expect(await refusalOfToken(await job({ iss: `${issuer.issuer}/` }))).toBe('sign_in_rejected unknown_issuer')
  })

  it('is refused when anything in it was changed', async () => {
    const [header = '', payload = '', signature = ''] = (await job()).split('.')
    const changed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const other = base64url.encode(JSON.stringify({ ...changed, ref: 'refs/heads/main ' }))
    for (const token of [
      `${header}.${other}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${base64url.encode('{"alg":"RS256","typ":"JWT"}')}.${payload}.${signature}`,
    ])
      expect(await refusalOfToken(token)).toMatch(/^sign_in_rejected err_j/)
  })

  it('is refused when another key signed it, with the right key’s id', async () => {
    const { kid = '' } = await issuer.jwkOf('jobs', 'rsa')
    expect(await refusalOfToken(await job({}, { key: 'stranger', header: { kid } }))).toBe(
      'sign_in_rejected err_jws_signature_verification_failed',
    )
  })

  it.each(['none', 'HS256', 'RS384', 'PS256'])('is refused as alg %s (security.md O-2)', async (alg) => {
    const { kid = '' } = await issuer.jwkOf('jobs', 'rsa')
    const pem = keysFor('jobs').publicKey.export({ type: 'spki', format: 'pem' })
    const payload = { iss: issuer.issuer, aud: EXCHANGE, iat: NOW, exp: NOW + 300, ...GITHUB_CLAIMS }
    // With the public key as HMAC’s secret: the oldest trick there is.
    const token = compactJws({ alg, kid, typ: 'JWT' }, payload, (input) =>
      createHmac('sha256', pem).update(input).digest(),
    )
    expect(await refusalOfToken(token)).toBe('sign_in_rejected err_jose_alg_not_allowed')
  })

  it.each([{ jwk: {} }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/cert' }])(
    'is not believed about where its key is: %o (security.md O-3)',
    async (header) => {
      const before = issuer.asked.length
      const jwk = await issuer.jwkOf('stranger', 'rsa')
      const hostile = 'jwk' in header ? { jwk } : header
      const token = await job(
        {},
        { key: 'stranger', header: { ...hostile, kid: (await issuer.jwkOf('jobs', 'rsa')).kid } },
      )
      expect(await refusalOfToken(token)).toBe('sign_in_rejected err_jws_signature_verification_failed')
      expect(issuer.asked.slice(before)).toEqual(['/.well-known/openid-configuration', '/jwks'])
    },
  )

  it('is refused with an unknown critical header, and with b64=false (security.md O-4)', async () => {
    const signed = (header: Record<string, unknown>) =>
      compactJws(header, { iss: issuer.issuer, aud: EXCHANGE, iat: NOW, exp: NOW + 300, ...GITHUB_CLAIMS }, (input) =>
        sign('sha256', input, keysFor('jobs').privateKey),
      )
    const { kid } = await issuer.jwkOf('jobs', 'rsa')
    for (const header of [
      { alg: 'RS256', kid, crit: ['x'], x: 1 },
      { alg: 'RS256', kid, crit: ['b64'], b64: false },
    ])
      expect(await refusalOfToken(signed(header))).toMatch(/^sign_in_rejected err_/)
  })

  it.each([
    ['is for encryption', { use: 'enc' }],
    ['says it may not verify', { key_ops: ['encrypt'] }],
    ['is for another algorithm', { alg: 'PS256' }],
  ])('is not verified by a key that %s (security.md O-24)', async (_what, change) => {
    issuer.bend.jwks = ({ keys }) => ({ keys: keys.map((jwk) => ({ ...jwk, ...change })) })
    expect(await refusalOfToken(await job())).toBe('sign_in_rejected err_jwks_no_matching_key')
  })

  it('is not verified by an RSA key of 1024 bits (security.md O-24)', async () => {
    const weak = { ...(await issuer.jwkOf('weak', 'rsa-1024')) }
    issuer.bend.jwks = () => ({ keys: [weak] })
    const token = compactJws(
      { alg: 'RS256', kid: weak.kid },
      { iss: issuer.issuer, aud: EXCHANGE, iat: NOW, exp: NOW + 300, ...GITHUB_CLAIMS },
      (input) => sign('sha256', input, keysFor('weak', 'rsa-1024').privateKey),
    )
    expect(await refusalOfToken(token)).toMatch(/^sign_in_rejected/)
  })
})

describe('several entries of one issuer', () => {
  const entries = () => [
    anEntry({ id: 'deploy', require: { repository_id: ['74'], environment: ['production'] } }),
    anEntry({ id: 'main', require: { repository_id: ['74'], ref: ['refs/heads/main'] }, algorithms: ['RS256'] }),
    anEntry({ id: 'other', audience: 'https://aws.example.com/other', require: { repository_id: ['74'] } }),
  ]
  it.each([
    ['the first whose claims fit', {}, 'RS256', 'deploy'],
    ['the next when the first’s do not', { environment: undefined }, 'RS256', 'main'],
    ['the one whose audience it has', { aud: 'https://aws.example.com/other' }, 'RS256', 'other'],
  ])('%s', async (_which, claims, algorithm, id) => {
    const { principal } = await aVerifier(...entries()).verifyWorkloadToken(
      await job(claims, { algorithm }),
      'exchange',
    )
    expect(principal.idp).toBe(id)
  })

  it('an entry’s own algorithms count, not its neighbours’', async () => {
    const token = await job({ environment: undefined }, { algorithm: 'ES256' })
    expect(await refusalOfToken(token, 'exchange', aVerifier(...entries()))).toBe(
      'sign_in_rejected algorithm_not_allowed',
    )
  })
})

describe('a container’s token', () => {
  const aged = (seconds: number, life = 3600) => ({
    aud: CONTAINER,
    iat: NOW - seconds,
    nbf: NOW - seconds,
    exp: NOW - seconds + life,
  })
  it('is taken through its hour, which is what a platform puts into a file', async () => {
    for (const seconds of [0, 601, 3600]) await aVerifier().verifyWorkloadToken(await job(aged(seconds)), 'container')
  })

  it.each([
    ['with the jobs’ audience', { aud: EXCHANGE }, 'audience'],
    ['when it lives longer than an hour', aged(0, 3601), 'lives_too_long'],
    ['when it lives for ever', aged(0, 1e300), 'lives_too_long'],
    ['after its end', aged(3661), 'err_jwt_expired'],
    ['without a required claim', { aud: CONTAINER, ref: 'refs/heads/x' }, 'required_claim:ref'],
  ])('is refused %s (threats.md D15)', async (_what, claims, reason) => {
    expect(await refusalOfToken(await job(claims), 'container')).toBe(`sign_in_rejected ${reason}`)
  })
})

describe('what counts once', () => {
  it('is the signed part where there is no jti: an ECDSA signature can be written otherwise', async () => {
    const token = await job({ jti: undefined }, { algorithm: 'ES256' })
    const [header = '', payload = '', signature = ''] = token.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    // (r, s) and (r, n − s) verify alike.
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`)
    const flipped = Buffer.concat([bytes.subarray(0, 32), Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex')])
    const verifier = aVerifier()
    const [one, other] = [
      await verifier.verifyWorkloadToken(token, 'exchange'),
      await verifier.verifyWorkloadToken(`${header}.${payload}.${flipped.toString('base64url')}`, 'exchange'),
    ]
    expect(one.tokenId).toBe(other.tokenId)
    expect(one.tokenId).not.toContain(payload)
  })

  it('is remembered for a day at most, whatever the token says of its end', async () => {
    for (const exp of [NOW + 10 ** 9, 1e18, 1e300]) {
      const { countsUntil, expiresAt } = await aVerifier().verifyWorkloadToken(await job({ exp }), 'exchange')
      expect(countsUntil).toEqual(secondsAfter(NINE, 24 * 3600 + 60))
      expect(expiresAt).toEqual(secondsAfter(NINE, 24 * 3600))
    }
  })
})
