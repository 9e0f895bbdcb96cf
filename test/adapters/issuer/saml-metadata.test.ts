import samlify from 'samlify'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadSamlKey, type SamlKey, type StoredSamlKey } from '../../../src/adapters/issuer/saml-keys.ts'
import { samlMetadata } from '../../../src/adapters/issuer/saml-metadata.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { noSchemas, schemaFaults } from '../../support/saml-schemas.ts'
import { aClock } from '../../support/store-contract.ts'

const clock = aClock()
const entityId = 'https://aws.example.com'
const location = 'https://gateway.example.com'

let now: SamlKey
let next: SamlKey
beforeAll(async () => {
  const keys = makeTable<StoredSamlKey>(makeMemoryStore(clock), 'signing-keys')
  const load = (name: string) => loadSamlKey({ keys, purpose: 'aws-saml', name, now: clock.now })
  ;[now, next] = [await load(entityId), await load(`${entityId}#next`)]
})

const metadataOf = (changes: Partial<Parameters<typeof samlMetadata>[0]> = {}) =>
  samlMetadata({ entityId, location, keys: [now], ...changes })

describe('the metadata an IAM SAML provider is made from', () => {
  it('is as long as IAM asks for, with no byte order mark (aws.md §4)', () => {
    const metadata = metadataOf()
    expect(metadata.length).toBeGreaterThanOrEqual(1_000)
    expect(metadata.subarray(0, 5).toString('latin1')).toBe('<?xml')
  })

  it('says who signs, with what, and where people sign in, to whoever reads SAML metadata', () => {
    const read = samlify.IdPMetadata(metadataOf())
    expect(read.getEntityID()).toBe(entityId)
    expect(read.getX509Certificate('signing')).toBe(now.certificate)
    expect(read.getNameIDFormat()).toContain('urn:oasis:names:tc:SAML:2.0:nameid-format:persistent')
    expect(['redirect', 'post'].map((binding) => read.getSingleSignOnService(binding))).toEqual([location, location])
    expect(read.isWantAuthnRequestsSigned()).toBe(false)
  })

  it('lists every certificate it is given, the first one first', () => {
    const { certificate } = now
    expect(samlify.IdPMetadata(metadataOf({ keys: [now, next] })).getX509Certificate('signing')).toEqual([
      certificate,
      next.certificate,
    ])
  })

  it('holds no private part of a key (security.md T-16)', () => {
    const secret = now.privateKey.export({ format: 'jwk' }).d ?? 'absent'
    expect(metadataOf().toString()).not.toContain(Buffer.from(secret, 'base64url').toString('base64').slice(0, 20))
    expect(metadataOf().toString()).not.toContain('PRIVATE')
  })

  it('says the entity id byte for byte, whatever is in it', () => {
    const odd = 'https://Aws.example.com/a?b=1&c="<>'
    expect(samlify.IdPMetadata(metadataOf({ entityId: odd })).getEntityID()).toBe(odd)
  })

  it.skipIf(noSchemas)(
    `is metadata by its schema, with one certificate and with two${noSchemas === undefined ? '' : ` (${noSchemas})`}`,
    () => {
      for (const keys of [[now], [now, next]]) expect(schemaFaults('metadata', metadataOf({ keys }))).toBe('')
    },
  )
})
