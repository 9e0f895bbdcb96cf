import { calculateJwkThumbprint } from 'jose'
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  loadSigningKey,
  requireSameIssuer,
  type SigningAlgorithm,
  type StoredKey,
} from '../../../src/adapters/issuer/signing-keys.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSealedStore } from '../../../src/adapters/store/sealed.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { Store } from '../../../src/usecases/ports/store.ts'
import { aClock } from '../../support/store-contract.ts'

const issuer = 'https://aws.example.com'
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256']

/** Rows that several replicas share, each under the sealing key it was given. */
function aStore() {
  const raw = makeMemoryStore(aClock())
  const tampered: string[] = []
  const sealedUnder = (...keys: Buffer[]) =>
    makeSealedStore({ store: raw, keys, issuer, onTampered: (table) => tampered.push(table) })
  const keysIn = (store: Store) => makeTable<StoredKey>(store, 'signing-keys')
  return { raw, tampered, sealedUnder, keysIn }
}

const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => 'accepted',
    (thrown: unknown) => (thrown instanceof RolegateError ? { code: thrown.code, reason: thrown.reason } : thrown),
  )

describe('the signing key', () => {
  it.each(ALGORITHMS)('is made on first start and found again by every later one: %s', async (algorithm) => {
    const { sealedUnder, keysIn } = aStore()
    const keys = keysIn(sealedUnder(randomBytes(32)))
    const first = await loadSigningKey({ keys, issuer, algorithm })
    const later = await loadSigningKey({ keys, issuer, algorithm })
    expect(later.kid).toBe(first.kid)
    expect(later.privateKey.equals(first.privateKey)).toBe(true)
    expect(first.algorithm).toBe(algorithm)
  })

  it.each(ALGORITHMS)(
    'is one, though two replicas start at once, ten times over (threats.md K3): %s',
    async (algorithm) => {
      const { sealedUnder, keysIn } = aStore()
      const master = randomBytes(32)
      const replicas = [keysIn(sealedUnder(master)), keysIn(sealedUnder(master))]
      const loaded = await Promise.all(
        Array.from({ length: algorithm === 'RS256' ? 4 : 20 }, (_, i) =>
          loadSigningKey({ keys: replicas[i % 2] ?? keysIn(sealedUnder(master)), issuer, algorithm }),
        ),
      )
      expect(new Set(loaded.map(({ kid }) => kid)).size).toBe(1)
    },
  )

  it('is P-256 for ES256 and RSA of 2048 bits or more for RS256 (security.md K-8)', async () => {
    const { sealedUnder, keysIn } = aStore()
    const keys = keysIn(sealedUnder(randomBytes(32)))
    const [es, rs] = [
      await loadSigningKey({ keys, issuer, algorithm: 'ES256' }),
      await loadSigningKey({ keys, issuer, algorithm: 'RS256' }),
    ]
    expect(es.privateKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
    expect(rs.privateKey.asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(2048)
    expect(es.kid).not.toBe(rs.kid)
  })

  it('is another for another issuer', async () => {
    const keys = makeTable<StoredKey>(makeMemoryStore(aClock()), 'signing-keys')
    const [one, two] = [
      await loadSigningKey({ keys, issuer, algorithm: 'ES256' }),
      await loadSigningKey({ keys, issuer: `${issuer}/`, algorithm: 'ES256' }),
    ]
    expect(one.kid).not.toBe(two.kid)
  })

  it.each(ALGORITHMS)('is named by its RFC 7638 thumbprint (security.md K-8): %s', async (algorithm) => {
    const { sealedUnder, keysIn } = aStore()
    const key = await loadSigningKey({ keys: keysIn(sealedUnder(randomBytes(32))), issuer, algorithm })
    expect(key.kid).toBe(
      await calculateJwkThumbprint(createPublicKey(key.privateKey).export({ format: 'jwk' }) as object, 'sha256'),
    )
  })

  it.each(ALGORITHMS)(
    'publishes public members and what a verifier needs, nothing else (security.md T-16): %s',
    async (algorithm) => {
      const { sealedUnder, keysIn } = aStore()
      const { publicJwk, kid } = await loadSigningKey({ keys: keysIn(sealedUnder(randomBytes(32))), issuer, algorithm })
      const own = algorithm === 'ES256' ? ['crv', 'x', 'y'] : ['e', 'n']
      expect(Object.keys(publicJwk).toSorted()).toEqual(['alg', 'kid', 'kty', 'use', ...own].toSorted())
      expect(publicJwk).toMatchObject({ alg: algorithm, kid, use: 'sig' })
    },
  )

  it('is not made anew under a wrong master key: the start fails and the old key stays (threats.md K2)', async () => {
    const { sealedUnder, keysIn, tampered, raw } = aStore()
    const [right, wrong] = [randomBytes(32), randomBytes(32)]
    const before = await loadSigningKey({ keys: keysIn(sealedUnder(right)), issuer, algorithm: 'ES256' })
    expect(await refusal(loadSigningKey({ keys: keysIn(sealedUnder(wrong)), issuer, algorithm: 'ES256' }))).toEqual({
      code: 'config_invalid',
      reason: 'sealing_key_mismatch',
    })
    expect(tampered).toContain('signing-keys')
    const after = await loadSigningKey({ keys: keysIn(sealedUnder(right)), issuer, algorithm: 'ES256' })
    expect(after.kid).toBe(before.kid)
    await raw.close()
  })

  it('opens under a former master key that is still listed (threats.md K2)', async () => {
    const { sealedUnder, keysIn } = aStore()
    const [former, current] = [randomBytes(32), randomBytes(32)]
    const before = await loadSigningKey({ keys: keysIn(sealedUnder(former)), issuer, algorithm: 'ES256' })
    const after = await loadSigningKey({ keys: keysIn(sealedUnder(current, former)), issuer, algorithm: 'ES256' })
    expect(after.kid).toBe(before.kid)
  })

  it('planted in the store unsealed is neither used nor published (threats.md K1)', async () => {
    const { raw, sealedUnder, keysIn } = aStore()
    const rows: string[] = []
    const master = randomBytes(32)
    const watched = {
      ...raw,
      createIfAbsent: (...all: Parameters<Store['createIfAbsent']>) => (rows.push(all[1]), raw.createIfAbsent(...all)),
    }
    await loadSigningKey({
      keys: keysIn(makeSealedStore({ store: watched, keys: [master], issuer, onTampered: () => undefined })),
      issuer,
      algorithm: 'ES256',
    })
    const planted: StoredKey = {
      purpose: 'aws-oidc',
      algorithm: 'ES256',
      privateJwk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    }
    await raw.put('signing-keys', rows[0] ?? '', Buffer.from(JSON.stringify(planted)))
    expect(
      await refusal(loadSigningKey({ keys: keysIn(sealedUnder(master)), issuer, algorithm: 'ES256' })),
    ).toMatchObject({
      code: 'config_invalid',
    })
  })

  it('throws when it was made for another purpose (threats.md K7)', async () => {
    const { sealedUnder, keysIn } = aStore()
    const keys = keysIn(sealedUnder(randomBytes(32)))
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const foreign = {
      purpose: 'checkpoint',
      algorithm: 'ES256',
      privateJwk: privateKey.export({ format: 'jwk' }),
    } as unknown as StoredKey
    await keys.put(`aws-oidc/ES256/${issuer}`, foreign)
    expect(await refusal(loadSigningKey({ keys, issuer, algorithm: 'ES256' }))).toEqual({
      code: 'config_invalid',
      reason: 'key_of_another_purpose',
    })
  })

  it('is asked for again when the store did not answer, and nothing is made up meanwhile', async () => {
    const down = () => Promise.reject(new RolegateError('store_unavailable'))
    const loading = loadSigningKey({ keys: { get: down, createIfAbsent: down }, issuer, algorithm: 'ES256' })
    expect(await refusal(loading)).toMatchObject({ code: 'store_unavailable' })
  })
})

describe('requireSameIssuer (threats.md K6)', () => {
  const accepted = 'accepted'
  const changed = { code: 'config_invalid', reason: 'issuer_changed' }

  it.each([
    { then: issuer, now: issuer, acceptNew: false, answer: accepted, why: 'the same issuer starts again' },
    { then: issuer, now: `${issuer}/`, acceptNew: false, answer: changed, why: 'a slash makes another issuer' },
    {
      then: issuer,
      now: 'https://AWS.example.com',
      acceptNew: false,
      answer: changed,
      why: 'case makes another issuer',
    },
    {
      then: issuer,
      now: 'https://new.example.com',
      acceptNew: false,
      answer: changed,
      why: 'a new host refuses to start',
    },
    {
      then: issuer,
      now: 'https://new.example.com',
      acceptNew: true,
      answer: accepted,
      why: 'the operator may accept a new one',
    },
    {
      then: issuer,
      now: issuer,
      acceptNew: true,
      answer: accepted,
      why: 'accepting changes nothing when nothing changed',
    },
  ])('$why', async ({ then, now, acceptNew, answer }) => {
    const store = makeMemoryStore(aClock())
    await requireSameIssuer({ store, issuer: then, acceptNew: false })
    expect(await refusal(requireSameIssuer({ store, issuer: now, acceptNew }))).toEqual(answer)
  })

  it('names both issuers, so that the operator sees what changed', async () => {
    const store = makeMemoryStore(aClock())
    await requireSameIssuer({ store, issuer, acceptNew: false })
    await expect(
      requireSameIssuer({ store, issuer: 'https://new.example.com', acceptNew: false }),
    ).rejects.toMatchObject({
      values: { former: issuer, issuer: 'https://new.example.com' },
    })
  })

  it('records nothing for one who only looks, and accepts nothing from them', async () => {
    const store = makeMemoryStore(aClock())
    const looks = (now: string) => requireSameIssuer({ store, issuer: now, acceptNew: true, onlyLooks: true })
    await looks('https://new.example.com')
    expect(await store.get('installation', 'issuer')).toBeUndefined()
    await requireSameIssuer({ store, issuer, acceptNew: false })
    await looks(issuer)
    expect(await refusal(looks('https://new.example.com'))).toEqual(changed)
    expect(await refusal(requireSameIssuer({ store, issuer, acceptNew: false }))).toBe(accepted)
  })

  it('holds the next start to the one accepted last', async () => {
    const store = makeMemoryStore(aClock())
    await requireSameIssuer({ store, issuer, acceptNew: false })
    await requireSameIssuer({ store, issuer: 'https://new.example.com', acceptNew: true })
    expect(await refusal(requireSameIssuer({ store, issuer: 'https://new.example.com', acceptNew: false }))).toBe(
      accepted,
    )
    expect(await refusal(requireSameIssuer({ store, issuer, acceptNew: false }))).toEqual(changed)
  })

  it.each([false, true])(
    'does not take a record it cannot open for no record, accepted or not: %s (threats.md K2)',
    async (acceptNew) => {
      const { sealedUnder } = aStore()
      const [right, wrong] = [randomBytes(32), randomBytes(32)]
      await requireSameIssuer({ store: sealedUnder(right), issuer, acceptNew: false })
      expect(
        await refusal(requireSameIssuer({ store: sealedUnder(wrong), issuer: 'https://new.example.com', acceptNew })),
      ).toEqual({
        code: 'config_invalid',
        reason: 'sealing_key_mismatch',
      })
      expect(await refusal(requireSameIssuer({ store: sealedUnder(right), issuer, acceptNew: false }))).toBe(accepted)
    },
  )

  it('lets one of two different issuers that start at once win', async () => {
    const store = makeMemoryStore(aClock())
    const both = await Promise.all(
      ['https://a.example.com', 'https://b.example.com'].map((each) =>
        refusal(requireSameIssuer({ store, issuer: each, acceptNew: false })),
      ),
    )
    expect(both).toContainEqual(accepted)
    expect(both).toContainEqual(changed)
  })
})
