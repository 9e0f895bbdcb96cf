import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  loadSamlKey,
  requirePurpose,
  type SamlKeyPurpose,
  type StoredSamlKey,
} from '../../../src/adapters/issuer/saml-keys.ts'
import { selfSignedCertificate } from '../../../src/adapters/issuer/self-signed.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSealedStore } from '../../../src/adapters/store/sealed.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { Store } from '../../../src/usecases/ports/store.ts'
import { aClock } from '../../support/store-contract.ts'

const name = 'https://aws.example.com'
const PURPOSES: readonly SamlKeyPurpose[] = ['aws-saml', 'saml-sp-sign', 'saml-sp-decrypt']
const clock = aClock()

/** Rows that several replicas share, each under the sealing key it was given. */
function aStore() {
  const raw = makeMemoryStore(clock)
  const keysUnder = (...keys: Buffer[]) =>
    makeTable<StoredSamlKey>(
      makeSealedStore({ store: raw, keys, issuer: name, onTampered: () => undefined }),
      'signing-keys',
    )
  return { raw, keysUnder }
}

const load = (keys: ReturnType<ReturnType<typeof aStore>['keysUnder']>, purpose: SamlKeyPurpose = 'aws-saml') =>
  loadSamlKey({ keys, purpose, name, now: clock.now })

const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => 'accepted',
    (thrown: unknown) => (thrown instanceof RolegateError ? { code: thrown.code, reason: thrown.reason } : thrown),
  )

describe('a SAML key', () => {
  it('is made on first start and found again, certificate and all, by every later one', async () => {
    const keys = aStore().keysUnder(randomBytes(32))
    const [first, later] = [await load(keys), await load(keys)]
    expect(later.certificatePem).toBe(first.certificatePem)
    expect(later.privateKey.equals(first.privateKey)).toBe(true)
    expect(first.privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
    const certificate = new X509Certificate(first.certificatePem)
    expect(certificate.checkPrivateKey(first.privateKey)).toBe(true)
    expect(certificate.raw.toString('base64')).toBe(first.certificate)
    expect(certificate.subject).toBe('CN=aws.example.com')
  })

  it('is one, though two replicas start at once (threats.md K3)', async () => {
    const { keysUnder } = aStore()
    const master = randomBytes(32)
    const replicas = [keysUnder(master), keysUnder(master)]
    const loaded = await Promise.all([...replicas, ...replicas].map((keys) => load(keys)))
    expect(new Set(loaded.map(({ certificate }) => certificate)).size).toBe(1)
  })

  it('is another for each purpose and for each name (threats.md K7)', async () => {
    const keys = aStore().keysUnder(randomBytes(32))
    const loaded = await Promise.all([
      ...PURPOSES.map((purpose) => load(keys, purpose)),
      loadSamlKey({ keys, purpose: 'aws-saml', name: 'not a URL', now: clock.now }),
    ])
    expect(new Set(loaded.map(({ certificate }) => certificate)).size).toBe(4)
    expect(loaded.map(({ purpose }) => purpose)).toEqual([...PURPOSES, 'aws-saml'])
  })

  it('is not made anew under a wrong master key: the start fails and the old key stays (threats.md K2)', async () => {
    const { keysUnder } = aStore()
    const [right, wrong] = [randomBytes(32), randomBytes(32)]
    const before = await load(keysUnder(right))
    expect(await refusal(load(keysUnder(wrong)))).toEqual({ code: 'config_invalid', reason: 'sealing_key_mismatch' })
    expect((await load(keysUnder(right))).certificate).toBe(before.certificate)
  })

  it('planted in the store unsealed is not used (threats.md K1)', async () => {
    const { raw, keysUnder } = aStore()
    const rows: string[] = []
    const store: Store = { ...raw, createIfAbsent: (...all) => (rows.push(all[1]), raw.createIfAbsent(...all)) }
    const master = randomBytes(32)
    const sealed = makeSealedStore({ store, keys: [master], issuer: name, onTampered: () => undefined })
    const own = await load(makeTable<StoredSamlKey>(sealed, 'signing-keys'))
    const planted = { purpose: 'aws-saml', privateJwk: own.privateKey.export({ format: 'jwk' }), certificatePem: '' }
    await raw.put('signing-keys', rows[0] ?? '', Buffer.from(JSON.stringify(planted)))
    expect(await refusal(load(keysUnder(master)))).toMatchObject({ code: 'config_invalid' })
  })

  it('throws when it was made for another purpose (threats.md K7)', async () => {
    const keys = aStore().keysUnder(randomBytes(32))
    const { privateKey } = await load(keys, 'saml-sp-sign')
    const foreign = { privateJwk: privateKey.export({ format: 'jwk' }), certificatePem: '' }
    await keys.put(`aws-saml/${name}`, { purpose: 'saml-sp-sign', ...foreign })
    const another = { code: 'config_invalid', reason: 'key_of_another_purpose' }
    expect(await refusal(load(keys))).toEqual(another)
    expect(() => requirePurpose({ purpose: 'aws-oidc' }, 'aws-saml')).toThrowError(expect.objectContaining(another))
  })

  it('is asked for again when the store did not answer, and nothing is made up meanwhile', async () => {
    const down = () => Promise.reject(new RolegateError('store_unavailable'))
    const loading = loadSamlKey({
      keys: { get: down, createIfAbsent: down },
      purpose: 'aws-saml',
      name,
      now: clock.now,
    })
    expect(await refusal(loading)).toMatchObject({ code: 'store_unavailable' })
  })
})

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const DAY = 24 * 60 * 60 * 1000

describe.each([
  ['RSA', rsa],
  ['EC P-256', p256],
])('a self-signed certificate for %s', (_, make) => {
  const privateKey = make()
  const madeFor = (changes: Partial<Parameters<typeof selfSignedCertificate>[0]> = {}) =>
    selfSignedCertificate({ privateKey, commonName: 'aws.example.com', use: 'sign', now: clock.now(), ...changes })

  it('holds the key, verifies under it, and is nobody’s authority', () => {
    const certificate = new X509Certificate(madeFor())
    expect(certificate.checkPrivateKey(privateKey)).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect([certificate.subject, certificate.issuer, certificate.ca]).toEqual([
      'CN=aws.example.com',
      'CN=aws.example.com',
      false,
    ])
  })

  it.each(['2026-11-22T03:58:02Z', '2039-12-31T23:59:59Z', '2045-01-01T00:00:00Z'])(
    'is valid from a day before %s for ten years, past 2050 too',
    (at) => {
      const { validFrom, validTo } = new X509Certificate(madeFor({ now: new Date(at) }))
      expect(new Date(validFrom).getTime()).toBe(new Date(at).getTime() - DAY)
      expect(new Date(validTo).getTime()).toBe(new Date(at).getTime() - DAY + 3652 * DAY)
    },
  )

  it('has a serial number of its own each time', () => {
    const serials = Array.from({ length: 20 }, () => new X509Certificate(madeFor()).serialNumber)
    expect(new Set(serials).size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/)
  })

  it('takes any name, cut to what X.509 allows', () => {
    for (const commonName of ['a,CN=b', 'münchen.example', 'é'.repeat(64), 'h'.repeat(300)]) {
      const { subject } = new X509Certificate(madeFor({ commonName }))
      expect(subject).toMatch(/^CN=/)
      expect(subject.split('\n')).toHaveLength(1)
    }
  })

  it.skipIf(!existsSync('/usr/bin/openssl'))('reads as meant in openssl: version, usage, no unknown part', () => {
    const text = (use: 'sign' | 'decrypt') =>
      execFileSync('/usr/bin/openssl', ['x509', '-noout', '-text'], { input: madeFor({ use }) }).toString()
    expect(text('sign')).toMatch(/Version: 3 [^]*Key Usage: critical\n +Digital Signature\n/)
    expect(text('decrypt')).toMatch(/Key Usage: critical\n +Key Encipherment\n/)
    expect(text('sign')).toMatch(/Basic Constraints: critical\n +CA:FALSE\n/)
  })
})

it('a key no verifier takes gets no certificate', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  expect(() => selfSignedCertificate({ privateKey, commonName: 'x', use: 'sign', now: clock.now() })).toThrowError(
    expect.objectContaining({ code: 'internal' }),
  )
})
