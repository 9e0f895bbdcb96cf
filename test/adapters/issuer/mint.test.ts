import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { issuerDocuments } from '../../../src/adapters/issuer/documents.ts'
import { makeMint } from '../../../src/adapters/issuer/mint.ts'
import { loadSigningKey, type SigningAlgorithm, type StoredKey } from '../../../src/adapters/issuer/signing-keys.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { MOST_TOKEN_SECONDS, webIdentityClaims } from '../../../src/domain/aws/web-identity-token.ts'
import { aClock } from '../../support/store-contract.ts'

const issuer = 'https://aws.example.com'
const audience = 'sts.amazonaws.com'
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256']
const clock = aClock()

async function anIssuer(algorithm: SigningAlgorithm) {
  const keys = makeTable<StoredKey>(makeMemoryStore(clock), 'signing-keys')
  const key = await loadSigningKey({ keys, issuer, algorithm })
  const jwks = JSON.parse(issuerDocuments({ issuer, keys: [key] }).jwks.toString()) as JSONWebKeySet
  const verify = (token: string) =>
    jwtVerify(token, createLocalJWKSet(jwks), {
      issuer,
      audience,
      algorithms: [algorithm],
      currentDate: clock.now(),
      typ: 'JWT',
    })
  return { key, mint: makeMint(key), verify }
}

const claims = webIdentityClaims(
  {
    issuer,
    audience,
    accountId: '111111111111',
    roleName: 'team/Admin',
    principal: {
      idp: 'entra',
      issuer: 'https://idp.example.com',
      subject: '00u1',
      subjectClaim: 'sub',
      username: 'ålice@example.com',
      groups: { state: 'stated', names: ['Secret Team'] },
      claims: {},
    },
    sourceIdentity: 'alice+0a1b2c',
    sessionTags: { team: 'zahlungen-münchen' },
    transitiveTags: ['team'],
    jti: 'jti-1',
    issuedAt: clock.now(),
    lifetimeSeconds: 3600,
  },
  (text) => createHash('sha256').update(text).digest(),
)

describe.each(ALGORITHMS)('mint with %s', (algorithm) => {
  it('signs what a verifier with our JWKS accepts, whole', async () => {
    const { mint, verify } = await anIssuer(algorithm)
    const { payload } = await verify(await mint(claims))
    expect(payload).toEqual(claims)
  })

  it('names algorithm, key and kind in the header, and nothing else (threats.md F4)', async () => {
    const { mint, key } = await anIssuer(algorithm)
    expect(decodeProtectedHeader(await mint(claims))).toEqual({ alg: algorithm, kid: key.kid, typ: 'JWT' })
  })

  it('carries one audience, no azp, no nbf, no group, and two minutes at most (threats.md F2, F4)', async () => {
    const { mint, verify } = await anIssuer(algorithm)
    const { payload } = await verify(await mint(claims))
    expect([payload.aud, payload.azp, payload.nbf]).toEqual([audience, undefined, undefined])
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(MOST_TOKEN_SECONDS)
    expect(JSON.stringify(payload)).not.toMatch(/Secret Team|@example\.com/)
  })

  it('signs for no other key (threats.md F4)', async () => {
    const [ours, theirs] = [await anIssuer(algorithm), await anIssuer(algorithm)]
    await expect(theirs.verify(await ours.mint(claims))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
  })

  it('signs every token of many made at once', async () => {
    const { mint, verify } = await anIssuer(algorithm)
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => mint({ ...claims, jti: `jti-${i}` })))
    const verified = await Promise.all(tokens.map(verify))
    expect(verified.map(({ payload }) => payload.jti)).toEqual(Array.from({ length: 20 }, (_, i) => `jti-${i}`))
  })

  it('covers header and claims by the signature', async () => {
    const { mint, verify } = await anIssuer(algorithm)
    const [header = '', , signature = ''] = (await mint(claims)).split('.')
    const other = Buffer.from(JSON.stringify({ ...claims, sub: '111111111111:Admin:somebody' })).toString('base64url')
    await expect(verify(`${header}.${other}.${signature}`)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    })
  })
})
