import { createPublicKey, sign, verify } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { SignedXml } from 'xml-crypto'
import { attributeOf, everyElement } from '../../../src/adapters/saml/names.ts'
import { readStrictXml, type XmlElement } from '../../../src/adapters/saml/strict-xml.ts'
import type { Asking, BrowserMove } from '../../../src/usecases/ports/identity-provider.ts'
import { noSchemas, schemaFaults } from '../../support/saml-schemas.ts'
import { ACS, bareCertificate, idpMetadata, NOW, SP, sp } from '../../support/saml/a-saml-world.ts'
import { EXCLUSIVE, PROTOCOL } from '../../support/saml/names.ts'
import { aSamlProvider, OUR_KEY } from './a-provider.ts'

const titled = (title: string): string => (noSchemas === undefined ? title : `${title} (${noSchemas})`)

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:'
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const SSO = 'https://idp.example.com/saml/sso'
const signing = { settings: { signing: OUR_KEY } }
const ATTEMPT = '0a1b2c3d'

const byPost = (at = SSO) => idpMetadata({ signOnUrl: at }).replace('bindings:HTTP-Redirect', 'bindings:HTTP-POST')
const withLogout = (at = 'https://idp.example.com/saml/slo', more = '') =>
  idpMetadata({ more: `<md:SingleLogoutService Binding="${BINDING}HTTP-Redirect" Location="${at}"${more}/>` })

async function begun(options: Parameters<typeof aSamlProvider>[0] = {}, how?: Asking) {
  const { move, pending } = await aSamlProvider(options).provider.begin(ATTEMPT, how)
  if (pending.kind !== 'saml') throw new Error('another protocol')
  return { move, pending }
}

function urlOf(move: BrowserMove | undefined): URL {
  if (move === undefined || !('url' in move)) throw new Error('no redirect')
  return new URL(move.url)
}

function formOf(move: BrowserMove) {
  if (!('post' in move)) throw new Error('no form')
  return move.post
}

/** The message in a URL of the Redirect binding. */
const inflated = (url: URL, kind = 'SAMLRequest'): string =>
  inflateRawSync(Buffer.from(url.searchParams.get(kind) ?? '', 'base64')).toString()

const posted = (fields: Readonly<Record<string, string>>): string =>
  Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString()

const textIn = (root: XmlElement, name: string): readonly string[] =>
  [...everyElement(root)].filter((element) => element.name === name).map(({ text }) => text)

/** saml-bindings-2.0 §3.4.4.1, from the other side: over the octets as they were sent. */
function isSignedUrl(url: URL): boolean {
  const [octets = '', signature = ''] = url.search.slice(1).split('&Signature=')
  const value = Buffer.from(decodeURIComponent(signature), 'base64')
  return verify('sha256', Buffer.from(octets), createPublicKey(sp.certificate), value)
}

const namesIn = (url: URL): readonly string[] =>
  url.search
    .slice(1)
    .split('&')
    .map((pair) => pair.split('=')[0] ?? '')

describe('an AuthnRequest by Redirect', () => {
  it('says who asks, whom, when, and where the answer goes (security.md S-37)', async () => {
    const { move, pending } = await begun()
    const url = urlOf(move)
    expect(`${url.origin}${url.pathname}`).toBe(SSO)
    const root = readStrictXml(inflated(url))
    expect([root.namespace, root.name]).toEqual([PROTOCOL, 'AuthnRequest'])
    const said = Object.fromEntries(root.attributes.map(({ name, value }) => [name, value]))
    expect(said).toEqual({
      ID: pending.requestId,
      Version: '2.0',
      IssueInstant: NOW.toISOString(),
      Destination: SSO,
      ProtocolBinding: `${BINDING}HTTP-POST`,
      AssertionConsumerServiceURL: ACS,
    })
    expect(textIn(root, 'Issuer')).toEqual([SP])
  })

  it('carries the attempt’s state as RelayState, and no place (security.md S-36)', async () => {
    const { move, pending } = await begun()
    expect(urlOf(move).searchParams.get('RelayState')).toBe(pending.state)
    expect(pending.state).toMatch(/^0a1b2c3d\.[\w-]{22}$/)
    expect(pending.state.length).toBeLessThanOrEqual(80)
  })

  it('asks for a fresh proof and for contexts when they are configured, and for neither otherwise', async () => {
    const plain = readStrictXml(inflated(urlOf((await begun()).move)))
    expect(attributeOf(plain, 'ForceAuthn')).toBeUndefined()
    expect(textIn(plain, 'RequestedAuthnContext')).toEqual([])
    const contexts = ['urn:example:mfa', 'urn:example:a&b']
    const asking = readStrictXml(inflated(urlOf((await begun({ settings: { forceAuthn: true, contexts } })).move)))
    expect(attributeOf(asking, 'ForceAuthn')).toBe('true')
    // For a step-up (threats.md I6), whatever is configured.
    const fresh = readStrictXml(inflated(urlOf((await begun({}, { isFresh: true })).move)))
    expect(attributeOf(fresh, 'ForceAuthn')).toBe('true')
    expect(textIn(asking, 'AuthnContextClassRef')).toEqual(contexts)
  })

  it('has an id that is an xs:ID, of 160 random bits, and never the same', async () => {
    const { provider } = aSamlProvider()
    const ids = new Set<string>()
    const states = new Set<string>()
    for (let count = 0; count < 200; count++) {
      const { pending } = await provider.begin(ATTEMPT)
      if (pending.kind !== 'saml') throw new Error('another protocol')
      expect(pending.requestId).toMatch(/^_[\w-]{27}$/)
      ids.add(pending.requestId)
      states.add(pending.state)
    }
    expect([ids.size, states.size]).toEqual([200, 200])
  })

  it('is not signed unless that is configured', async () => {
    expect(namesIn(urlOf((await begun()).move))).toEqual(['SAMLRequest', 'RelayState'])
  })

  it('is signed over the query as it is sent, when that is configured', async () => {
    const url = urlOf((await begun(signing)).move)
    expect(namesIn(url)).toEqual(['SAMLRequest', 'RelayState', 'SigAlg', 'Signature'])
    expect(url.searchParams.get('SigAlg')).toBe(RSA_SHA256)
    expect(isSignedUrl(url)).toBe(true)
    expect(inflated(url)).not.toContain('Signature')
  })

  it('keeps a query that the IdP’s address has, and what stands in it', async () => {
    const at = `${SSO}?tenant=a%26b&amp;x=1`
    for (const options of [{}, signing]) {
      const url = urlOf((await begun({ ...options, metadata: idpMetadata({ signOnUrl: at }) })).move)
      expect(url.href.startsWith(`${SSO}?tenant=a%26b&x=1&SAMLRequest=`)).toBe(true)
      expect(attributeOf(readStrictXml(inflated(url)), 'Destination')).toBe(`${SSO}?tenant=a%26b&x=1`)
    }
  })

  it.skipIf(noSchemas).each([
    { name: 'plain', settings: {} },
    { name: 'that asks for all', settings: { forceAuthn: true, contexts: ['urn:example:mfa'] } },
  ])(titled('is valid by the schema: $name'), async ({ settings }) => {
    expect(schemaFaults('protocol', inflated(urlOf((await begun({ settings })).move)))).toBe('')
  })
})

const XMLSEC1 = '/usr/bin/xmlsec1'

describe('an AuthnRequest by POST, where the IdP takes no other', () => {
  it('is a form of the same message', async () => {
    const { move, pending } = await begun({ metadata: byPost() })
    const { url, fields } = formOf(move)
    expect(url).toBe(SSO)
    expect(Object.keys(fields)).toEqual(['SAMLRequest', 'RelayState'])
    expect(fields['RelayState']).toBe(pending.state)
    const root = readStrictXml(posted(fields))
    expect([attributeOf(root, 'ID'), attributeOf(root, 'Destination')]).toEqual([pending.requestId, SSO])
    expect(textIn(root, 'SignatureValue')).toEqual([])
  })

  it('goes to the IdP’s address as it is, with its query', async () => {
    const { url, fields } = formOf((await begun({ metadata: byPost(`${SSO}?a=1&amp;b=2`) })).move)
    expect(url).toBe(`${SSO}?a=1&b=2`)
    expect(attributeOf(readStrictXml(posted(fields)), 'Destination')).toBe(url)
  })

  it('is signed after its Issuer, as xml-crypto verifies, when that is configured', async () => {
    const { move, pending } = await begun({ ...signing, metadata: byPost() })
    const xml = posted(formOf(move).fields)
    const root = readStrictXml(xml)
    expect(root.children.slice(0, 2).map(({ name }) => name)).toEqual(['Issuer', 'Signature'])
    expect([...everyElement(root)].find(({ name }) => name === 'Reference')).toMatchObject({
      attributes: [{ name: 'URI', value: `#${pending.requestId}` }],
    })
    const [signature] = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(xml) ?? []
    const check = (text: string): boolean => {
      const verifier = new SignedXml({ publicCert: sp.certificate, getCertFromKeyInfo: () => null })
      verifier.loadSignature(signature ?? '')
      try {
        return verifier.checkSignature(text)
      } catch {
        return false
      }
    }
    expect(check(xml)).toBe(true)
    expect(check(xml.replace(SP, 'https://evil.example.com/'))).toBe(false)
    expect(xml).toContain(`Algorithm="${EXCLUSIVE}"`)
  })

  it.skipIf(!existsSync(XMLSEC1))('is signed as xmlsec1 verifies (skipped where there is no xmlsec1)', async () => {
    const { move, pending } = await begun({ ...signing, metadata: byPost() })
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-request-'))
    const [message, certificate] = [join(folder, 'request.xml'), join(folder, 'sp.pem')]
    const check = (xml: string): string => {
      writeFileSync(message, xml)
      const key = ['--enabled-key-data', 'rsa', '--pubkey-cert-pem', certificate]
      const id = ['--id-attr:ID', `${PROTOCOL}:AuthnRequest`, '--node-id', pending.requestId]
      try {
        execFileSync(XMLSEC1, ['--verify', ...key, ...id, message], { stdio: 'pipe' })
        return 'good'
      } catch {
        return 'bad'
      }
    }
    try {
      writeFileSync(certificate, sp.certificate)
      const xml = posted(formOf(move).fields)
      expect([check(xml), check(xml.replace(SP, 'https://evil.example.com/'))]).toEqual(['good', 'bad'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.skipIf(noSchemas)(titled('is valid by the schema, signed and not'), async () => {
    for (const options of [{}, signing]) {
      const { move } = await begun({ ...options, metadata: byPost() })
      expect(schemaFaults('protocol', posted(formOf(move).fields))).toBe('')
    }
  })
})

describe('what comes from others', () => {
  it('is text in our messages and never markup (GHSA-34r5-q4jw-r36m)', async () => {
    const evil = `"><evil xmlns="urn:evil"/>{ID}{Issuer}$&$1'`
    const { provider } = aSamlProvider({ metadata: withLogout() })
    await provider.warmUp()
    const move = await provider.saml?.logoutMove({ nameId: evil, format: evil, index: evil })
    const root = readStrictXml(inflated(urlOf(move)))
    expect([...textIn(root, 'NameID'), ...textIn(root, 'SessionIndex')]).toEqual([evil, evil])
    expect([...everyElement(root)].map(({ name }) => name)).toEqual([
      'LogoutRequest',
      'Issuer',
      'NameID',
      'SessionIndex',
    ])
  })

  it('is text in an AuthnRequest too', async () => {
    const evil = `"><evil xmlns="urn:evil"/>{ID}{Issuer}$&$1'`
    const root = readStrictXml(inflated(urlOf((await begun({ settings: { contexts: [evil] } })).move)))
    expect(textIn(root, 'AuthnContextClassRef')).toEqual([evil])
    expect(textIn(root, 'evil')).toEqual([])
  })
})

describe('our metadata', () => {
  const metadata = (options: Parameters<typeof aSamlProvider>[0] = {}) =>
    aSamlProvider(options).provider.saml?.metadata() ?? Promise.reject(new Error('no metadata'))

  it('names us, and where answers and logout go', async () => {
    const root = readStrictXml(await metadata())
    expect([root.name, attributeOf(root, 'entityID')]).toEqual(['EntityDescriptor', SP])
    const services = [...everyElement(root)].filter(({ name }) => name.endsWith('Service'))
    expect(services.map((each) => [each.name, attributeOf(each, 'Binding'), attributeOf(each, 'Location')])).toEqual([
      ['SingleLogoutService', `${BINDING}HTTP-Redirect`, 'https://gate.example.com/saml/contractors/slo'],
      ['SingleLogoutService', `${BINDING}HTTP-POST`, 'https://gate.example.com/saml/contractors/slo'],
      ['AssertionConsumerService', `${BINDING}HTTP-POST`, ACS],
    ])
  })

  it('holds a certificate for what we sign and one for what is encrypted to us, as far as there are any', async () => {
    const keysOf = async (options: Parameters<typeof aSamlProvider>[0]) => {
      const all = [...everyElement(readStrictXml(await metadata(options)))]
      const uses = all.filter(({ name }) => name === 'KeyDescriptor').map((key) => attributeOf(key, 'use'))
      const certificates = all.filter(({ name }) => name === 'X509Certificate').map(({ text }) => bareCertificate(text))
      expect(new Set(certificates).size).toBeLessThanOrEqual(1)
      for (const certificate of certificates) expect(certificate).toBe(bareCertificate(sp.certificate))
      return uses
    }
    expect(await keysOf({ withoutDecryption: true })).toEqual([])
    expect(await keysOf({})).toEqual(['encryption'])
    expect(await keysOf({ ...signing, withoutDecryption: true })).toEqual(['signing'])
    expect(await keysOf(signing)).toEqual(['signing', 'encryption'])
  })

  it('holds no private key', async () => {
    expect(await metadata(signing)).not.toMatch(/PRIVATE|BEGIN/)
  })

  it.skipIf(noSchemas).each([
    { name: 'without keys', options: { withoutDecryption: true } },
    { name: 'with both', options: signing },
  ])(titled('is valid by the schema: $name'), async ({ options }) => {
    expect(schemaFaults('metadata', await metadata(options))).toBe('')
  })

  it('is had while the IdP’s own cannot be', async () => {
    expect(await metadata({ metadata: new Error('down') })).toContain(SP)
  })

  it('says that our requests are signed, when they are', async () => {
    const [role] = readStrictXml(await metadata(signing)).children
    expect(role && attributeOf(role, 'AuthnRequestsSigned')).toBe('true')
  })
})

describe('a LogoutRequest of ours', () => {
  const session = { nameId: 'alice', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', index: '_s1' }
  const asked = async (options: Parameters<typeof aSamlProvider>[0] = {}, whom: Partial<typeof session> = {}) => {
    const { provider } = aSamlProvider({ metadata: withLogout(), ...options })
    await provider.warmUp()
    return provider.saml?.logoutMove({ ...session, ...whom })
  }

  it('names the person and the session as the IdP did', async () => {
    const url = urlOf(await asked())
    expect(`${url.origin}${url.pathname}`).toBe('https://idp.example.com/saml/slo')
    const root = readStrictXml(inflated(url))
    expect(root.name).toBe('LogoutRequest')
    expect(attributeOf(root, 'ID')).toMatch(/^_[\w-]{27}$/)
    expect(attributeOf(root, 'Destination')).toBe('https://idp.example.com/saml/slo')
    expect([...textIn(root, 'Issuer'), ...textIn(root, 'NameID'), ...textIn(root, 'SessionIndex')]).toEqual([
      SP,
      'alice',
      '_s1',
    ])
    expect([...everyElement(root)].find(({ name }) => name === 'NameID')?.attributes).toMatchObject([
      { name: 'Format', value: session.format },
    ])
  })

  it('is signed when that is configured', async () => {
    expect(namesIn(urlOf(await asked()))).not.toContain('Signature')
    expect(isSignedUrl(urlOf(await asked(signing)))).toBe(true)
  })

  it.skipIf(noSchemas)(titled('is valid by the schema'), async () => {
    expect(schemaFaults('protocol', inflated(urlOf(await asked())))).toBe('')
  })

  it('is not made where the IdP takes none, is unknown, or named nobody', async () => {
    expect(await asked({ metadata: idpMetadata() })).toBeUndefined()
    expect(await asked({ metadata: new Error('down') })).toBeUndefined()
    expect(await asked({}, { nameId: '' })).toBeUndefined()
  })
})

it('a signature of these tests that is another’s is not taken for ours', () => {
  const url = new URL(`${SSO}?SAMLRequest=x&SigAlg=y`)
  const value = sign('sha256', Buffer.from('SAMLRequest=other&SigAlg=y'), sp.privateKey).toString('base64')
  expect(isSignedUrl(new URL(`${url.href}&Signature=${encodeURIComponent(value)}`))).toBe(false)
})
