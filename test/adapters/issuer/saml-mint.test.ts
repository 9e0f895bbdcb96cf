import { execFileSync } from 'node:child_process'
import {
  createDecipheriv,
  createHash,
  constants,
  generateKeyPairSync,
  privateDecrypt,
  verify,
  X509Certificate,
} from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm'
import samlify from 'samlify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignedXml } from 'xml-crypto'
import {
  loadSamlKey,
  type SamlKey,
  type SamlKeyPurpose,
  type StoredSamlKey,
} from '../../../src/adapters/issuer/saml-keys.ts'
import { samlMetadata } from '../../../src/adapters/issuer/saml-metadata.ts'
import { makeSamlMint } from '../../../src/adapters/issuer/saml-mint.ts'
import { selfSignedCertificate } from '../../../src/adapters/issuer/self-signed.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { roleArnOf } from '../../../src/domain/aws/arn.ts'
import { samlAudienceOf, samlEndpointOf } from '../../../src/domain/aws/partition.ts'
import type { SamlAssertionRequest } from '../../../src/domain/aws/saml-assertion.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { noSchemas, schemaFaults } from '../../support/saml-schemas.ts'
import { aClock } from '../../support/store-contract.ts'

const XMLSEC = '/usr/bin/xmlsec1'
const noXmlsec = existsSync(XMLSEC) ? undefined : 'no xmlsec1 on this machine: apt-get install xmlsec1'
const titled = (title: string, missing: string | undefined) => (missing === undefined ? title : `${title} (${missing})`)

const clock = aClock()
const issuer = 'https://aws.example.com'
const keys = makeTable<StoredSamlKey>(makeMemoryStore(clock), 'signing-keys')
const keyFor = (purpose: SamlKeyPurpose, name = issuer) => loadSamlKey({ keys, purpose, name, now: clock.now })

const aRequest = (changes: Partial<SamlAssertionRequest> = {}): SamlAssertionRequest => ({
  issuer,
  audience: samlAudienceOf('aws'),
  recipient: samlEndpointOf('aws', 'eu-central-1'),
  roleArn: roleArnOf('aws', '111111111111', 'team/Admin'),
  providerArn: 'arn:aws:iam::111111111111:saml-provider/rolegate',
  accountId: '111111111111',
  roleName: 'team/Admin',
  principal: aPrincipal(),
  sessionName: 'alice+aaaaaaaaaaaaaaaa',
  sourceIdentity: 'alice+aaaaaaaaaaaaaaaa',
  sessionTags: { team: 'zahlungen-münchen', 'cost center': '<&>"\'\r\n\t]]>' },
  transitiveTags: ['team', 'cost center'],
  seconds: 3600,
  id: '7d4b0a5e-0001',
  issuedAt: clock.now(),
  ...changes,
})

const opened = (response: string): string => Buffer.from(response, 'base64').toString()
const between = (text: string, from: string, to: string): string =>
  text.slice(text.indexOf(from), text.indexOf(to) + to.length)
const assertionIn = (xml: string): string => between(xml, '<saml:Assertion ', '</saml:Assertion>')
const signatureIn = (xml: string): string => between(xml, '<ds:Signature ', '</ds:Signature>')

function canonical(xml: string): string {
  const document = XmlDocument.fromString(xml)
  try {
    return document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 })
  } finally {
    document.dispose()
  }
}

let key: SamlKey
let folder: string
beforeAll(async () => {
  key = await keyFor('aws-saml')
  folder = mkdtempSync(join(tmpdir(), 'rolegate-saml-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A file for a program to read. */
function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** What a program says, whatever the exit code. */
function said(program: string, args: readonly string[]): { readonly code: number; readonly out: string } {
  try {
    return { code: 0, out: execFileSync(program, args, { stdio: 'pipe' }).toString() }
  } catch (thrown) {
    const { status, stderr } = thrown as { status: number; stderr: Buffer }
    return { code: status, out: stderr.toString() }
  }
}

const ID = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion']
const xmlsecVerifies = (xml: string): boolean => {
  const certificate = fileOf('certificate.pem', key.certificatePem)
  return said(XMLSEC, ['--verify', '--pubkey-cert-pem', certificate, ...ID, fileOf('signed.xml', xml)]).code === 0
}
function xmlCryptoVerifies(xml: string): boolean {
  const signature = new SignedXml({ publicCert: key.certificatePem, getCertFromKeyInfo: () => null })
  signature.loadSignature(signatureIn(xml))
  try {
    return signature.checkSignature(xml)
  } catch {
    return false
  }
}

const anIdp = () =>
  samlify.IdentityProvider({ metadata: samlMetadata({ entityId: issuer, location: issuer, keys: [key] }) })
const samlifyVerifies = (xml: string): boolean => {
  try {
    return samlify.SamlLib.verifySignature(xml, { metadata: anIdp().entityMeta })[0]
  } catch {
    return false
  }
}

describe('the signed SAML response', () => {
  it('is base64 of one response around one signed assertion, the signature right after Issuer', async () => {
    const xml = opened(await makeSamlMint({ key })(aRequest()))
    expect(xml.match(/<saml:Assertion /g)).toHaveLength(1)
    expect(xml.match(/<ds:Signature /g)).toHaveLength(1)
    expect(assertionIn(xml)).toMatch(/^<saml:Assertion [^>]+><saml:Issuer>[^<]+<\/saml:Issuer><ds:Signature /)
  })

  it('is signed with RSA-SHA256 over the exclusive canonical form, as libxml2 makes it and node:crypto verifies', async () => {
    const xml = opened(await makeSamlMint({ key })(aRequest()))
    const assertion = canonical(assertionIn(xml).replace(signatureIn(xml), ''))
    const digest = createHash('sha256').update(assertion).digest('base64')
    expect(xml).toContain(`<ds:DigestValue>${digest}</ds:DigestValue>`)
    const info = between(xml, '<ds:SignedInfo', '</ds:SignedInfo>')
    const value = between(xml, '<ds:SignatureValue>', '</ds:SignatureValue>').replace(/<[^>]+>/g, '')
    const signed = info.replace('<ds:SignedInfo', '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"')
    const { publicKey } = new X509Certificate(key.certificatePem)
    expect(verify('sha256', Buffer.from(canonical(signed)), publicKey, Buffer.from(value, 'base64'))).toBe(true)
    expect(info).toContain('xmldsig-more#rsa-sha256')
    expect(xml).not.toMatch(/Algorithm="[^"]*sha1"/)
  })

  it('stands up to xml-crypto and samlify, and does not once a byte of it changed', async () => {
    // samlify writes the document anew before it verifies, and loses carriage returns and attribute tabs on the way.
    const xml = opened(
      await makeSamlMint({ key })(aRequest({ sessionTags: { team: 'zahlungen-münchen', b: '<&>"\'' } })),
    )
    const forged = xml.replace('team/Admin,', 'team/Owner,')
    expect([xmlCryptoVerifies(xml), samlifyVerifies(xml)]).toEqual([true, true])
    expect([xmlCryptoVerifies(forged), samlifyVerifies(forged)]).toEqual([false, false])
  })

  it.skipIf(noXmlsec)(titled('stands up to xmlsec1, and does not once a byte of it changed', noXmlsec), async () => {
    const xml = opened(await makeSamlMint({ key })(aRequest()))
    expect(xmlsecVerifies(xml)).toBe(true)
    expect(xmlsecVerifies(xml.replace('team/Admin,', 'team/Owner,'))).toBe(false)
  })

  it.skipIf(noSchemas)(titled('is a SAML 2.0 response by its schema, plain and encrypted', noSchemas), async () => {
    const encryptTo = (await keyFor('saml-sp-decrypt')).certificatePem
    const minimal = aRequest({ sessionTags: {}, transitiveTags: [] })
    for (const mint of [makeSamlMint({ key }), makeSamlMint({ key, encryptTo })]) {
      for (const request of [aRequest(), minimal]) {
        expect(schemaFaults('protocol', opened(await mint(request)))).toBe('')
      }
    }
  })

  it('whatever the tags, every verifier agrees with us', async () => {
    const mint = makeSamlMint({ key })
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('&', '<', '>', '"', "'", ']]>', '\n', '\r', '\t', ' ', '&amp;', 'é', '日', '😀'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, text, { maxKeys: 5 }), async (sessionTags) => {
        const xml = opened(await mint(aRequest({ sessionTags, transitiveTags: Object.keys(sessionTags) })))
        expect([xmlCryptoVerifies(xml), noXmlsec !== undefined || xmlsecVerifies(xml)]).toEqual([true, true])
      }),
      { numRuns: 40 },
    )
  })

  it('is signed by no key of another purpose, nor published with one (threats.md K7)', async () => {
    const foreign = await keyFor('saml-sp-sign')
    const another = expect.objectContaining({ code: 'config_invalid', reason: 'key_of_another_purpose' }) as Error
    expect(() => makeSamlMint({ key: foreign })).toThrowError(another)
    expect(() => samlMetadata({ entityId: issuer, location: issuer, keys: [key, foreign] })).toThrowError(another)
  })
})

describe('the size of the response', () => {
  const tags = (value: string) =>
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`.padStart(3, '0').padEnd(128, 'k'), value]))

  it('is within what AWS takes with 50 tags of 256 characters, all transitive, plain and encrypted', async () => {
    const sessionTags = tags('v'.repeat(256))
    const encryptTo = (await keyFor('saml-sp-decrypt')).certificatePem
    for (const mint of [makeSamlMint({ key }), makeSamlMint({ key, encryptTo })]) {
      const response = await mint(aRequest({ sessionTags, transitiveTags: Object.keys(sessionTags) }))
      expect(response.length).toBeLessThanOrEqual(100_000)
    }
  })

  it('is still within with 50 tags of 256 letters of three bytes each', async () => {
    expect((await makeSamlMint({ key })(aRequest({ sessionTags: tags('日'.repeat(256)) }))).length).toBeLessThanOrEqual(
      100_000,
    )
  })

  it('beyond what AWS takes refuses: nothing is sent in vain', async () => {
    const sessionTags = tags('日'.repeat(512))
    await expect(makeSamlMint({ key })(aRequest({ sessionTags }))).rejects.toMatchObject({
      code: 'condition_unmet',
      values: { condition: 'assertion_size' },
    })
  })
})

describe('the encrypted assertion', () => {
  async function encrypted() {
    const owner = await keyFor('saml-sp-decrypt')
    const xml = opened(await makeSamlMint({ key, encryptTo: owner.certificatePem })(aRequest()))
    return { owner, xml }
  }
  const cipherValues = (xml: string) =>
    [...xml.matchAll(/<xenc:CipherValue>([^<]+)</g)].map(([, value]) => Buffer.from(value ?? '', 'base64'))

  it('shows nobody what it says', async () => {
    const { xml } = await encrypted()
    for (const inside of ['Admin', 'alice', '<saml:Assertion ', '<ds:Signature ', 'münchen'])
      expect(xml).not.toContain(inside)
  })

  it('opens for the owner of the certificate, as the very text that was signed', async () => {
    const { owner, xml } = await encrypted()
    const [wrapped = Buffer.of(), sealed = Buffer.of()] = cipherValues(xml)
    const oaep = { key: owner.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
    const opening = createDecipheriv('aes-256-gcm', privateDecrypt(oaep, wrapped), sealed.subarray(0, 12))
    opening.setAuthTag(sealed.subarray(-16))
    const text = Buffer.concat([opening.update(sealed.subarray(12, -16)), opening.final()]).toString()
    expect(text).toBe(assertionIn(text))
    // Signatures of RSA PKCS #1 are the same each time: the plain response holds the same text.
    expect(text).toBe(assertionIn(opened(await makeSamlMint({ key })(aRequest()))))
    expect(xmlCryptoVerifies(text)).toBe(true)
  })

  it('is under another key each time', async () => {
    const [one, other] = [await encrypted(), await encrypted()].map(({ xml }) => cipherValues(xml))
    for (const index of [0, 1]) expect(one?.[index]?.equals(other?.[index] ?? Buffer.of())).toBe(false)
  })

  it.skipIf(noXmlsec)(titled('opens for xmlsec1, which then verifies the signature', noXmlsec), async () => {
    const { owner, xml } = await encrypted()
    const pem = fileOf('owner.pem', owner.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const { out } = said(XMLSEC, ['--decrypt', '--privkey-pem', pem, fileOf('encrypted.xml', xml)])
    expect(canonical(assertionIn(out))).toBe(assertionIn(opened(await makeSamlMint({ key })(aRequest()))))
    expect(xmlsecVerifies(out)).toBe(true)
  })

  it('opens for samlify', async () => {
    const { owner, xml } = await encrypted()
    const provider = samlify.ServiceProvider({
      encPrivateKey: owner.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    })
    const [, assertion] = await samlify.SamlLib.decryptAssertion(provider, xml)
    expect(assertion).toContain('arn:aws:iam::111111111111:role/team/Admin,')
  })

  it('is made for RSA keys only', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const encryptTo = selfSignedCertificate({ privateKey, commonName: 'x', use: 'decrypt', now: clock.now() })
    expect(() => makeSamlMint({ key, encryptTo })).toThrowError(expect.objectContaining({ code: 'config_invalid' }))
  })
})
