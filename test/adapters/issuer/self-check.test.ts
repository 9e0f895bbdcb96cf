import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { issuerDocuments } from '../../../src/adapters/issuer/documents.ts'
import { makeLookAtIssuer } from '../../../src/adapters/issuer/self-check.ts'
import { loadSigningKey, type SigningAlgorithm, type StoredKey } from '../../../src/adapters/issuer/signing-keys.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { aClock } from '../../support/store-contract.ts'

/** Whoever answers under the issuer's name. */
const answers = new Map<string, { status: number; text: string }>()
const server = createServer((req, res) => {
  const { status, text } = answers.get(req.url ?? '') ?? { status: 404, text: 'nothing here' }
  res.writeHead(status).end(text)
})
let issuer = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => answers.clear())

const DISCOVERY = '/.well-known/openid-configuration'
const JWKS = '/.well-known/jwks.json'

type Jwk = Readonly<Record<string, unknown>>

async function anIssuer(algorithm: SigningAlgorithm = 'ES256') {
  const keys = makeTable<StoredKey>(makeMemoryStore(aClock()), 'signing-keys')
  const key = await loadSigningKey({ keys, issuer, algorithm })
  const say = (path: string, text: string, status = 200) => void answers.set(path, { status, text })
  const { discovery, jwks } = issuerDocuments({ issuer, keys: [key] })
  say(DISCOVERY, discovery.toString())
  say(JWKS, jwks.toString())
  return {
    keys,
    ours: key.publicJwk,
    say,
    sayDiscovery: (changes: Jwk) => say(DISCOVERY, JSON.stringify({ ...JSON.parse(discovery.toString()), ...changes })),
    sayKeys: (...these: readonly unknown[]) => say(JWKS, JSON.stringify({ keys: these })),
    look: makeLookAtIssuer({ issuer, algorithm, keys, fetch }),
  }
}

const aStrangersKey = (): Jwk => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

describe('our issuer, as AWS sees it (threats.md K4)', () => {
  it.each(['ES256', 'RS256'] as const)('is ours where it says what we say: %s', async (algorithm) => {
    const { look } = await anIssuer(algorithm)
    expect(await look()).toEqual({ state: 'ours' })
  })

  it('is ours with a key beside it that we signed with before', async () => {
    const { look, sayKeys, ours, keys } = await anIssuer()
    const former = await loadSigningKey({ keys, issuer, algorithm: 'RS256' })
    sayKeys(former.publicJwk, ours)
    expect(await look()).toEqual({ state: 'ours' })
  })

  it('is tampered with where it is called otherwise, or has its keys elsewhere', async () => {
    const { look, sayDiscovery } = await anIssuer()
    sayDiscovery({ issuer: `${issuer}/` })
    expect(await look()).toEqual({ state: 'tampered', what: 'issuer' })
    sayDiscovery({ jwks_uri: 'https://evil.example.com/jwks.json' })
    expect(await look()).toEqual({ state: 'tampered', what: 'jwks_uri' })
  })

  it.each<[string, string, (ours: Jwk) => readonly unknown[]]>([
    ['beside ours', 'key_beside_ours', (ours) => [ours, aStrangersKey()]],
    ['in place of ours', 'key', () => [aStrangersKey()]],
    ['under the kid of ours', 'key', ({ kid }) => [{ ...aStrangersKey(), kid }]],
    ['that cannot be read', 'key_beside_ours', (ours) => [ours, { kty: 'EC' }]],
    ['that is no key', 'key_beside_ours', (ours) => [ours, null]],
    ['behind more than anybody has', 'key_beside_ours', (ours) => [...Array.from({ length: 20 }, () => ours), ours]],
  ])('is tampered with where a key stands %s: %s', async (_, what, keysThere) => {
    const { look, sayKeys, ours } = await anIssuer()
    sayKeys(...keysThere(ours))
    expect(await look()).toEqual({ state: 'tampered', what })
  })

  it('is tampered with for a gateway on another store, whose key is not there (a start of staging with the file of production)', async () => {
    await anIssuer()
    const elsewhere = makeTable<StoredKey>(makeMemoryStore(aClock()), 'signing-keys')
    await loadSigningKey({ keys: elsewhere, issuer, algorithm: 'ES256' })
    const look = makeLookAtIssuer({ issuer, algorithm: 'ES256', keys: elsewhere, fetch })
    expect(await look()).toEqual({ state: 'tampered', what: 'key' })
  })

  it('is incomplete without the key that signs', async () => {
    const { look, sayKeys, keys } = await anIssuer()
    sayKeys()
    expect(await look()).toEqual({ state: 'incomplete' })
    const former = await loadSigningKey({ keys, issuer, algorithm: 'RS256' })
    sayKeys(former.publicJwk)
    expect(await look()).toEqual({ state: 'incomplete' })
  })

  it('is unseen where nobody, or nothing that is a document, answers', async () => {
    const { look, say } = await anIssuer()
    say(JWKS, '<html>maintenance</html>')
    expect(await look()).toEqual({ state: 'unseen', why: 'is no JSON' })
    say(JWKS, '{"keys":"none"}')
    expect(await look()).toEqual({ state: 'unseen', why: 'is no JWKS' })
    say(JWKS, '', 503)
    expect(await look()).toEqual({ state: 'unseen', why: 'answered 503' })
    const nowhere = makeLookAtIssuer({
      issuer,
      algorithm: 'ES256',
      keys: { get: async () => undefined },
      fetch: () => Promise.reject(new Error('no route')),
    })
    expect(await nowhere()).toEqual({ state: 'unseen', why: 'did not answer' })
  })
})
