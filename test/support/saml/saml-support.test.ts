import { webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { aResponse } from './a-response.ts'
import { idp, idpMetadata, nextIdp, secondsFromNow, sp } from './a-saml-world.ts'
import { hostileResponses, type HostileGroup } from './hostile-responses.ts'
import { legitimateResponses } from './legitimate-responses.ts'
import { asNodeSaml, asXmlsec1, hasXmlsec1 } from './oracles.ts'

const documentOf = (field: string) => Buffer.from(field, 'base64').toString()
const LONG = 120_000

describe('the legitimate responses', () => {
  it('are many, and each has a name of its own', () => {
    const names = legitimateResponses().map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(60)
    expect(new Set(names).size).toBe(names.length)
  })

  it('need between them everything that an operator can allow', () => {
    const needs = new Set(legitimateResponses().flatMap(({ needs = [] }) => needs))
    expect([...needs].toSorted()).toEqual(['cbc', 'decryption-key', 'second-certificate', 'sha1', 'subject-attribute'])
  })

  it('keep an attribute called __proto__ as any other', () => {
    const expected = legitimateResponses().map(({ expect: { attributes } }) => attributes)
    expect(expected.some((attributes) => Object.hasOwn(attributes, '__proto__'))).toBe(true)
  })

  it.skipIf(!hasXmlsec1())(
    'are signed as xmlsec1 understands it (skipped where there is no xmlsec1)',
    async () => {
      for (const { name, xml, signedIds } of legitimateResponses())
        for (const id of signedIds) expect([name, id, await asXmlsec1(xml, id)]).toEqual([name, id, true])
    },
    LONG,
  )

  it(
    'are taken by node-saml, but for two algorithms that it does not know',
    async () => {
      const refused: string[] = []
      for (const { name, field } of legitimateResponses()) {
        if ((await asNodeSaml(field)) !== 'accepts') refused.push(name)
      }
      expect(refused).toEqual(['RSA-SHA384', 'encrypted, OAEP with SHA-256'])
    },
    LONG,
  )

  it('encrypt with OAEP and SHA-256 as WebCrypto understands it', async () => {
    const { xml } = aResponse({ encryption: { keyTransport: 'rsa-oaep' } })
    const [wrapped = Buffer.alloc(0), sealed = Buffer.alloc(0)] = [
      ...xml.matchAll(/<xenc:CipherValue>(.*?)<\/xenc:CipherValue>/g),
    ].map(([, text = '']) => Buffer.from(text, 'base64'))
    const { subtle } = webcrypto
    const pkcs8 = sp.privateKey.export({ type: 'pkcs8', format: 'der' })
    const oaep = await subtle.importKey('pkcs8', pkcs8, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt'])
    const raw = await subtle.decrypt({ name: 'RSA-OAEP' }, oaep, wrapped)
    const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
    const plain = await subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(0, 12) }, key, sealed.subarray(12))
    expect(Buffer.from(plain).toString()).toMatch(/^<saml:Assertion .*<ds:Signature .*<\/saml:Assertion>$/)
  })
})

describe('the hostile responses', () => {
  it.each<[HostileGroup, number]>([
    ['xsw', 35],
    ['parser', 110],
    ['signature', 100],
    ['profile', 125],
    ['encryption', 55],
    ['size', 25],
    ['encoding', 25],
  ])('of the group %s are at least %i', (group, least) => {
    expect(hostileResponses().filter((hostile) => hostile.group === group).length).toBeGreaterThanOrEqual(least)
  })

  it('each have a name of their own in their group', () => {
    const names = hostileResponses().map(({ group, name }) => `${group}: ${name}`)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('each are another field, and none is a legitimate one', () => {
    const fields = hostileResponses().map(({ field }) => field)
    const plain = legitimateResponses().filter(({ needs = [] }) => needs.length === 0)
    const legitimate = new Set(plain.map(({ field }) => field))
    expect(new Set(fields).size).toBe(fields.length)
    expect(fields.filter((field) => legitimate.has(field))).toEqual([])
  })

  it('are made once', () => {
    expect(hostileResponses().map(({ field }) => field)).toEqual(hostileResponses().map(({ field }) => field))
  })

  it.skipIf(!hasXmlsec1())(
    'say that a signature is genuine only where xmlsec1 says so too (skipped where there is no xmlsec1)',
    async () => {
      const untrue: string[] = []
      for (const { name, field, genuine } of hostileResponses())
        if (genuine !== undefined && !(await asXmlsec1(documentOf(field), genuine))) untrue.push(name)
      expect(untrue).toEqual([])
    },
    LONG,
  )

  it('of the group profile deceive node-saml in many ways: the IdP has really signed them', async () => {
    let accepted = 0
    for (const { group, field } of hostileResponses())
      if (group === 'profile' && (await asNodeSaml(field)) === 'accepts') accepted++
    expect(accepted).toBeGreaterThan(70)
  }, 60_000)

  it('of the group xsw hold what is genuine and what is evil', () => {
    const lacking = hostileResponses().filter(({ group, field }) => {
      const text = documentOf(field)
      return group === 'xsw' && !(text.includes('<ds:SignatureValue>') && /admin|>bob<|EncryptedAssertion/.test(text))
    })
    expect(lacking.map(({ name }) => name)).toEqual([])
  })
})

describe('the world', () => {
  it("puts the IdP's two certificates into its metadata", () => {
    const metadata = idpMetadata()
    for (const { certificate } of [idp, nextIdp])
      expect(metadata).toContain(certificate.replace(/-----[A-Z ]+-----|\s/g, ''))
  })

  it('writes times as SAML does', () => {
    expect(secondsFromNow(-30)).toBe('2030-01-01T08:59:30Z')
  })
})
