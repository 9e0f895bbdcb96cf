import { describe, expect, it } from 'vitest'
import { issuerDocuments } from '../../../src/adapters/issuer/documents.ts'
import { loadSigningKey, type SigningAlgorithm, type StoredKey } from '../../../src/adapters/issuer/signing-keys.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { aClock } from '../../support/store-contract.ts'

async function theDocuments(issuer: string, ...algorithms: SigningAlgorithm[]) {
  const keys = makeTable<StoredKey>(makeMemoryStore(aClock()), 'signing-keys')
  const loaded = await Promise.all(algorithms.map((algorithm) => loadSigningKey({ keys, issuer, algorithm })))
  const { discovery, jwks } = issuerDocuments({ issuer, keys: loaded })
  return {
    loaded,
    discovery: JSON.parse(discovery.toString()) as Record<string, unknown>,
    jwks: JSON.parse(jwks.toString()) as { keys: Record<string, unknown>[] },
  }
}

describe('the discovery document', () => {
  it('has what a verifier needs and no endpoint besides: nobody can make us their sign-in (threats.md F12)', async () => {
    const { discovery } = await theDocuments('https://aws.example.com', 'ES256')
    expect(discovery).toEqual({
      issuer: 'https://aws.example.com',
      jwks_uri: 'https://aws.example.com/.well-known/jwks.json',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      claims_supported: ['iss', 'aud', 'sub', 'iat', 'exp', 'jti'],
    })
  })

  it('says the issuer byte for byte, with its path (threats.md K6)', async () => {
    const { discovery } = await theDocuments('https://Aws.example.com/issuer-1', 'ES256')
    expect(discovery).toMatchObject({
      issuer: 'https://Aws.example.com/issuer-1',
      jwks_uri: 'https://Aws.example.com/issuer-1/.well-known/jwks.json',
    })
  })

  it('lists each algorithm once', async () => {
    const { discovery } = await theDocuments('https://aws.example.com', 'ES256', 'RS256', 'ES256')
    expect(discovery.id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256'])
  })
})

describe('the JWKS', () => {
  it.each<SigningAlgorithm>(['ES256', 'RS256'])('holds no private member (security.md T-16): %s', async (algorithm) => {
    const { jwks, loaded } = await theDocuments('https://aws.example.com', algorithm)
    const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
    expect(jwks.keys).toHaveLength(1)
    expect(jwks.keys.flatMap((key) => secrets.filter((member) => member in key))).toEqual([])
    const privateMember = loaded[0]?.privateKey.export({ format: 'jwk' }).d ?? 'absent'
    expect(JSON.stringify(jwks)).not.toContain(privateMember)
  })

  it('gives the active key first (idps.md: some verifiers take no other)', async () => {
    const { jwks, loaded } = await theDocuments('https://aws.example.com', 'RS256', 'ES256')
    expect(jwks.keys.map(({ kid }) => kid)).toEqual(loaded.map(({ kid }) => kid))
  })
})
