import { SAML } from '@node-saml/node-saml'
import { execFile } from 'node:child_process'
import { createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startDemoIdp, type DemoIdpWithSaml } from '../../src/sandbox/idp/demo-idp.ts'
import { redirectUrl } from '../../src/sandbox/idp/saml/bindings.ts'
import type { SamlSettings } from '../../src/sandbox/idp/saml/saml-idp.ts'
import { signed } from '../../src/sandbox/idp/saml/signatures.ts'
import { bodyOf, makeSigningKey, type SigningKey } from '../../src/sandbox/idp/saml/signing-key.ts'
import { ASSERTION, element, PROTOCOL, SUCCESS, type Xml } from '../../src/sandbox/idp/saml/xml.ts'

const gateway = 'http://127.0.0.1:8420'
const sp = {
  entityId: `${gateway}/saml/contractors/metadata`,
  acs: `${gateway}/saml/contractors/acs`,
  slo: `${gateway}/saml/contractors/slo`,
}
const chance = { now: () => new Date(), random: randomBytes }
let idp: DemoIdpWithSaml
let spKey: SigningKey
let folder: string

const start = (saml: SamlSettings) =>
  startDemoIdp({ port: 0, gatewayOrigin: gateway, clientSecret: 'a-secret-of-this-test', saml, ...chance })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolegate-saml-'))
  spKey = await makeSigningKey('A gateway', chance)
  const { certificatePem } = spKey
  idp = await start({ sp: { ...sp, signingCertificate: certificatePem, encryptionCertificate: certificatePem } })
})
afterEach(() => idp.saml.behave())
afterAll(async () => {
  await idp.close()
  rmSync(folder, { recursive: true })
})

/** Enough of a browser: it keeps cookies by their path, and follows a redirect only on the same origin. */
function aBrowser() {
  const jar = new Map<string, { path: string; pair: string }>()
  const go = async (where: string, form?: Record<string, string>): Promise<Response> => {
    const url = new URL(where, idp.issuer)
    const pairs = [...jar.values()].filter(({ path }) => url.pathname.startsWith(path)).map(({ pair }) => pair)
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: pairs.join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, pair = '', path = ''] = /^([^;]+);.*Path=([^;]+)/.exec(cookie) ?? []
      jar.set(`${path} ${pair.split('=')[0] ?? ''}`, { path, pair })
    }
    const location = new URL(answer.headers.get('location') ?? 'about:blank', url)
    return location.origin === url.origin ? go(location.href) : answer
  }
  return go
}
type Browser = ReturnType<typeof aBrowser>

const message = (name: string, attributes: Record<string, string | undefined>, ...content: Xml[]): string =>
  element(
    `samlp:${name}`,
    {
      'xmlns:samlp': PROTOCOL,
      'xmlns:saml': ASSERTION,
      ID: '_a-request',
      Version: '2.0',
      IssueInstant: new Date().toISOString(),
      ...attributes,
    },
    ...content,
  ).xml

const issued = (issuer: string) => element('saml:Issuer', {}, issuer)

const anAuthnRequest = (change: Record<string, string | undefined> = {}, issuer = sp.entityId): string =>
  message(
    'AuthnRequest',
    { Destination: idp.saml.ssoUrl, AssertionConsumerServiceURL: sp.acs, ...change },
    issued(issuer),
  )

const aLogoutRequest = (nameId: string, change: Record<string, string> = {}, ...rest: Xml[]): string =>
  message(
    'LogoutRequest',
    { Destination: idp.saml.sloUrl, ...change },
    issued(sp.entityId),
    element('saml:NameID', {}, nameId),
    ...rest,
  )

const byRedirect = (to: string, xml: string, relayState?: string, key?: SigningKey) =>
  redirectUrl({ to, kind: 'SAMLRequest', xml, relayState }, key)

const asked = (change: Record<string, string> = {}): string => byRedirect(idp.saml.ssoUrl, anAuthnRequest(change))

const signInPath = async (form: Response) => /action="([^"]+)"/.exec(await form.text())?.[1] ?? ''

async function signIn(browser: Browser, username = 'erin', password = 'demo', url = asked()) {
  return browser(await signInPath(await browser(url)), { username, password })
}

const unescaped = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

const hidden = (page: string, name: string): string | undefined => {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1]
  return value === undefined ? undefined : unescaped(value)
}

const responseIn = (page: string): string => Buffer.from(hidden(page, 'SAMLResponse') ?? '', 'base64').toString('utf8')

const responseFor = async (username?: string) => responseIn(await (await signIn(aBrowser(), username)).text())

/** What a service provider of other hands reads in it; fails unless that one believes it. */
async function readBySomebodyElse(xml: string, options: Record<string, unknown> = {}) {
  const reader = new SAML({
    idpCert: bodyOf(idp.saml.certificatePem),
    issuer: sp.entityId,
    audience: sp.entityId,
    callbackUrl: sp.acs,
    wantAuthnResponseSigned: false,
    wantAssertionsSigned: true,
    decryptionPvk: spKey.privateKeyPem,
    ...options,
  })
  const { profile } = await reader.validatePostResponseAsync({ SAMLResponse: Buffer.from(xml).toString('base64') })
  return profile
}

const inMessage = (url: string | null, kind: string): string => {
  const text = new URL(url ?? '').searchParams.get(kind) ?? ''
  return inflateRawSync(Buffer.from(text, 'base64')).toString('utf8')
}

type Ended = { code: number; out: string }

function run(file: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 20_000 }, (failure, out, err) =>
      resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), out: `${out}${err}` }),
    )
  })
}

function inFile(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const SCHEMAS = {
  'http://www.w3.org/2000/09/xmldsig#': '/usr/share/xml/xmltooling/xmldsig-core-schema.xsd',
  'http://www.w3.org/2001/04/xmlenc#': '/usr/share/xml/xmltooling/xenc-schema.xsd',
  'http://www.w3.org/XML/1998/namespace': '/usr/share/xml/xmltooling/xml.xsd',
  [ASSERTION]: '/usr/share/xml/opensaml/saml-schema-assertion-2.0.xsd',
  [PROTOCOL]: '/usr/share/xml/opensaml/saml-schema-protocol-2.0.xsd',
  'urn:oasis:names:tc:SAML:2.0:metadata': '/usr/share/xml/opensaml/saml-schema-metadata-2.0.xsd',
}
const noSchemas = ['/usr/bin/xmllint', ...Object.values(SCHEMAS)].every((path) => existsSync(path))
  ? undefined
  : 'no xmllint or no SAML schemas on this machine: apt-get install libxml2-utils opensaml-schemas xmltooling-schemas'
const noXmlsec = existsSync('/usr/bin/xmlsec1') ? undefined : 'no xmlsec1 on this machine: apt-get install xmlsec1'
const titled = (title: string, why: string | undefined) => (why === undefined ? title : `${title} (${why})`)

/** The two of the W3C first: what the OASIS schemas import from the network is then known already. */
async function againstSchemas(xml: string): Promise<Ended> {
  const imports = Object.entries(SCHEMAS).map(([namespace, schemaLocation]) =>
    element('xs:import', { namespace, schemaLocation }),
  )
  const schema = element(
    'xs:schema',
    { 'xmlns:xs': 'http://www.w3.org/2001/XMLSchema', targetNamespace: 'urn:rolegate:test' },
    ...imports,
  )
  return run(
    '/usr/bin/xmllint',
    '--nonet',
    '--noout',
    '--schema',
    inFile('all.xsd', schema.xml),
    inFile('document.xml', xml),
  )
}

const IDS = ['Assertion', 'Response', 'LogoutRequest'].flatMap((name) => [
  '--id-attr:ID',
  `${name === 'Assertion' ? ASSERTION : PROTOCOL}:${name}`,
])

async function byXmlsec(xml: string, parent: 'Assertion' | 'Response', certificatePem = idp.saml.certificatePem) {
  const certificate = inFile('idp.pem', certificatePem)
  const signature = `//*[local-name()='${parent}']/*[local-name()='Signature']`
  const options = ['--verify', '--pubkey-cert-pem', certificate, ...IDS, '--node-xpath', signature]
  const { code } = await run('/usr/bin/xmlsec1', ...options, inFile('signed.xml', xml))
  return code === 0
}

async function decrypted(xml: string): Promise<string> {
  const plain = join(folder, 'plain.xml')
  const key = inFile('sp.key', spKey.privateKeyPem)
  const options = ['--decrypt', '--privkey-pem', key, '--output', plain]
  expect((await run('/usr/bin/xmlsec1', ...options, inFile('encrypted.xml', xml))).code).toBe(0)
  return (await run('/bin/cat', plain)).out
}

const certificatesIn = (metadata: string) =>
  [...metadata.matchAll(/<ds:X509Certificate>([^<]+)</g)].map(([, body = '']) => body)

describe('the contractors’ directory, in its metadata', () => {
  it('is found at its entity id, and says where it is and how it signs', async () => {
    const answer = await fetch(idp.saml.entityId)
    expect(answer.headers.get('content-type')).toBe('application/samlmetadata+xml')
    const metadata = await answer.text()
    expect(metadata).toBe(idp.saml.metadata())
    expect(idp.saml.entityId).toBe(`${idp.issuer}/saml/metadata`)
    expect(metadata).toContain(`entityID="${idp.issuer}/saml/metadata"`)
    expect(metadata).toContain('WantAuthnRequestsSigned="false"')
    expect(certificatesIn(metadata)).toEqual([bodyOf(idp.saml.certificatePem)])
    for (const binding of ['HTTP-Redirect', 'HTTP-POST'])
      for (const [service, url] of [
        ['SingleSignOnService', idp.saml.ssoUrl],
        ['SingleLogoutService', idp.saml.sloUrl],
      ])
        expect(metadata).toContain(
          `<md:${service} Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${url}">`,
        )
  })

  it('shows two certificates during a rollover, and one again after it', () => {
    idp.saml.behave({ publishes: 'both' })
    const both = certificatesIn(idp.saml.metadata())
    idp.saml.behave({ publishes: 'second' })
    const second = certificatesIn(idp.saml.metadata())
    expect([both.length, second, new Set(both).size]).toEqual([2, both.slice(1), 2])
    for (const body of both) {
      const certificate = new X509Certificate(Buffer.from(body, 'base64'))
      expect(certificate.verify(certificate.publicKey)).toBe(true)
    }
  })

  it('says when it wants signed requests, and which NameID it sends', () => {
    idp.saml.behave({ wantsSignedRequests: true, nameId: 'transient' })
    expect(idp.saml.metadata()).toMatch(/WantAuthnRequestsSigned="true".*nameid-format:transient</s)
  })

  it.skipIf(noSchemas)(titled('is valid by the SAML schema', noSchemas), async () => {
    idp.saml.behave({ publishes: 'both' })
    expect((await againstSchemas(idp.saml.metadata())).out).toMatch(/document\.xml validates\n$/)
  })
})

describe('a contractor who signs in', () => {
  it('is asked for a name and a password, on a page that says DEMO and who one may be', async () => {
    const form = await aBrowser()(asked())
    const page = await form.text()
    for (const shown of ['DEMO', 'erin', 'frank', 'name="username"', 'name="password"']) expect(page).toContain(shown)
    expect(page).not.toContain('alice')
    expect(form.headers.get('content-security-policy')).toContain(`form-action 'self' ${gateway}`)
  })

  it.each([
    { why: 'a wrong password', username: 'erin', password: 'DEMO' },
    { why: 'somebody of the other directory', username: 'alice', password: 'demo' },
  ])('meets the form again after $why', async ({ username, password }) => {
    const page = await (await signIn(aBrowser(), username, password)).text()
    expect(page).toContain('role="alert"')
    expect(page).toContain(`value="${username}"`)
    expect(hidden(page, 'SAMLResponse')).toBeUndefined()
  })

  it('keeps the people of OIDC where they are: erin does not sign in there', async () => {
    const started = await fetch(
      `${idp.issuer}/auth?client_id=rolegate&response_type=code&scope=openid&code_challenge_method=S256&code_challenge=${'a'.repeat(43)}&redirect_uri=${encodeURIComponent(`${gateway}/oidc/demo/callback`)}`,
      { redirect: 'manual' },
    )
    const cookie = started.headers.getSetCookie().map((one) => one.split(';')[0])
    const answer = await fetch(new URL(started.headers.get('location') ?? '', idp.issuer), {
      method: 'POST',
      headers: { cookie: cookie.join('; ') },
      body: new URLSearchParams({ username: 'erin', password: 'demo' }),
    })
    expect(await answer.text()).toContain('That is not a name and password of the demo directory.')
  })

  it('is taken back to the ACS by a page whose one script is its own, with the RelayState as it came', async () => {
    const relayState = `a "state" <&> 'of' €`
    const answer = await signIn(aBrowser(), 'erin', 'demo', byRedirect(idp.saml.ssoUrl, anAuthnRequest(), relayState))
    const page = await answer.text()
    expect(page).toContain(`action="${sp.acs}"`)
    expect(hidden(page, 'RelayState')).toBe(relayState)
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/saml/submit.js" defer>'])
    expect(page).toMatch(/<button type="submit">/)
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${gateway}; script-src 'self'`,
    )
    const script = await fetch(`${idp.issuer}/saml/submit.js`)
    expect(script.headers.get('content-type')).toContain('text/javascript')
  })

  it('brings no RelayState where none was sent', async () => {
    expect(hidden(await (await signIn(aBrowser())).text(), 'RelayState')).toBeUndefined()
  })

  it('may be sent by the POST binding as well', async () => {
    const browser = aBrowser()
    const SAMLRequest = Buffer.from(anAuthnRequest()).toString('base64')
    const form = await browser(idp.saml.ssoUrl, { SAMLRequest, RelayState: 'by-post' })
    const page = await (await browser(await signInPath(form), { username: 'erin', password: 'demo' })).text()
    expect([hidden(page, 'RelayState'), responseIn(page).includes('u-erin')]).toEqual(['by-post', true])
  })

  it('is not asked a second time, unless the gateway insists', async () => {
    const browser = aBrowser()
    const first = responseIn(await (await signIn(browser)).text())
    const silent = responseIn(await (await browser(asked({ ID: '_another' }))).text())
    const sessionIndex = (xml: string) => /SessionIndex="([^"]+)"/.exec(xml)?.[1]
    expect(silent).toContain('InResponseTo="_another"')
    expect(sessionIndex(silent)).toBe(sessionIndex(first))

    const form = await browser(asked({ ForceAuthn: 'true' }))
    const again = responseIn(
      await (await browser(await signInPath(form), { username: 'erin', password: 'demo' })).text(),
    )
    expect(sessionIndex(again)).toMatch(/^_/)
    expect(sessionIndex(again)).not.toBe(sessionIndex(first))
  })

  it('answers each request once, and only in the browser that brought it', async () => {
    const browser = aBrowser()
    const path = await signInPath(await browser(asked()))
    expect((await aBrowser()(path, { username: 'erin', password: 'demo' })).status).toBe(400)
    await browser(path, { username: 'erin', password: 'demo' })
    expect((await browser(path)).status).toBe(400)
  })
})

describe('the answer to the gateway', () => {
  it('is what the web browser profile asks for', async () => {
    const xml = await responseFor()
    for (const part of [
      `Destination="${sp.acs}" InResponseTo="_a-request"`,
      `<saml:Issuer>${idp.saml.entityId}</saml:Issuer>`,
      `Value="${SUCCESS}"`,
      '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">u-erin</saml:NameID>',
      'Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"',
      `<saml:Audience>${sp.entityId}</saml:Audience>`,
      'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
    ])
      expect(xml).toContain(part)
    const [, inResponseTo, notOnOrAfter = '', recipient] =
      /SubjectConfirmationData InResponseTo="([^"]+)" NotOnOrAfter="([^"]+)" Recipient="([^"]+)"/.exec(xml) ?? []
    const [, notBefore = '', end = ''] = /Conditions NotBefore="([^"]+)" NotOnOrAfter="([^"]+)"/.exec(xml) ?? []
    expect([inResponseTo, recipient, end]).toEqual(['_a-request', sp.acs, notOnOrAfter])
    expect(Date.parse(end) - Date.parse(notBefore)).toBe(300_000)
    expect(xml).toMatch(/AuthnInstant="[^"]+" SessionIndex="_[0-9a-f]{40}"/)
  })

  it('is believed by a service provider of other hands, with everything that is said of erin', async () => {
    expect(await readBySomebodyElse(await responseFor())).toMatchObject({
      issuer: idp.saml.entityId,
      nameID: 'u-erin',
      attributes: {
        'urn:oid:0.9.2342.19200300.100.1.1': 'erin',
        'urn:oid:2.16.840.1.113730.3.1.241': 'Erin Ellis',
        email: 'erin@acme.example',
        groups: ['/acme/aws-devs', '/acme/contractors'],
      },
    })
    expect(await responseFor()).toMatch(/FriendlyName="uid".*FriendlyName="displayName"/)
  })

  it('names frank’s groups with an attribute that has no value', async () => {
    expect(await responseFor('frank')).toMatch(/<saml:Attribute Name="groups"[^>]*(\/>|><\/saml:Attribute>)/)
  })

  it.skipIf(noXmlsec).each([
    { signs: 'assertion', is: { Assertion: true, Response: false } },
    { signs: 'response', is: { Assertion: false, Response: true } },
    { signs: 'both', is: { Assertion: true, Response: true } },
  ] as const)(titled('signs $signs, and xmlsec1 agrees', noXmlsec), async ({ signs, is }) => {
    idp.saml.behave({ signs })
    const xml = await responseFor()
    expect({ Assertion: await byXmlsec(xml, 'Assertion'), Response: await byXmlsec(xml, 'Response') }).toEqual(is)
    expect(await byXmlsec(xml.replace('u-erin', 'u-alice'), signs === 'assertion' ? 'Assertion' : 'Response')).toBe(
      false,
    )
    expect(xml).toContain('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256')
    expect(xml).toContain('http://www.w3.org/2001/10/xml-exc-c14n#')
  })

  it.skipIf(noXmlsec)(titled('is signed by the second key when that is the one', noXmlsec), async () => {
    idp.saml.behave({ signingKey: 'second', publishes: 'both' })
    const xml = await responseFor()
    const second = `-----BEGIN CERTIFICATE-----\n${certificatesIn(idp.saml.metadata())[1]?.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
    expect([await byXmlsec(xml, 'Assertion'), await byXmlsec(xml, 'Assertion', second)]).toEqual([false, true])
  })

  it.each([
    { cipher: 'aes128-gcm', uri: 'http://www.w3.org/2009/xmlenc11#aes128-gcm' },
    { cipher: 'aes256-gcm', uri: 'http://www.w3.org/2009/xmlenc11#aes256-gcm' },
    { cipher: 'aes128-cbc', uri: 'http://www.w3.org/2001/04/xmlenc#aes128-cbc' },
  ] as const)('encrypts the assertion with $cipher, and is read by other hands', async ({ cipher, uri }) => {
    idp.saml.behave({ encrypts: cipher })
    const xml = await responseFor()
    expect(xml).not.toContain('u-erin')
    expect(xml).toContain(`Algorithm="${uri}"`)
    expect(xml).toContain('http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p')
    expect((await readBySomebodyElse(xml, { wantAuthnResponseSigned: true }))?.nameID).toBe('u-erin')
    if (noXmlsec !== undefined) return
    expect(await byXmlsec(xml, 'Response')).toBe(true)
    expect(await byXmlsec(await decrypted(xml), 'Assertion')).toBe(true)
  })

  it('says so when it should encrypt and the gateway has shown no certificate', async () => {
    const bare = await start({ sp, usual: { encrypts: 'aes128-gcm' } })
    try {
      const jar = await fetch(byRedirect(bare.saml.ssoUrl, anAuthnRequest({ Destination: bare.saml.ssoUrl })), {
        redirect: 'manual',
      })
      const answer = await fetch(new URL(jar.headers.get('location') ?? '', bare.issuer), {
        method: 'POST',
        headers: { cookie: jar.headers.getSetCookie()[0]?.split(';')[0] ?? '' },
        body: new URLSearchParams({ username: 'erin', password: 'demo' }),
      })
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('no certificate to encrypt')])
    } finally {
      await bare.close()
    }
  })

  it.each([
    { nameId: 'persistent', format: '2.0:nameid-format:persistent', is: /^u-erin$/ },
    { nameId: 'email', format: '1.1:nameid-format:emailAddress', is: /^erin@acme\.example$/ },
    { nameId: 'transient', format: '2.0:nameid-format:transient', is: /^_[0-9a-f]{40}$/ },
  ] as const)('names the person by a $nameId NameID', async ({ nameId, format, is }) => {
    idp.saml.behave({ nameId })
    const profile = await readBySomebodyElse(await responseFor())
    expect(profile?.nameID).toMatch(is)
    expect(profile?.nameIDFormat).toBe(`urn:oasis:names:tc:SAML:${format}`)
  })

  it.each([
    { behaviour: { groupValues: 'one-delimited' }, groups: '/acme/aws-devs;/acme/contractors' },
    { behaviour: { groups: 'absent' }, groups: undefined },
  ] as const)('states the groups as $groups when told to', async ({ behaviour, groups }) => {
    idp.saml.behave(behaviour)
    const profile = await readBySomebodyElse(await responseFor())
    const attributes = profile?.['attributes'] as Record<string, unknown> | undefined
    expect([attributes?.['email'], attributes?.['groups']]).toEqual(['erin@acme.example', groups])
  })

  it('has a groups attribute without values for everybody when told to', async () => {
    idp.saml.behave({ groups: 'no-values' })
    const xml = await responseFor('erin')
    expect([xml.includes('Name="groups"'), xml.includes('/acme/')]).toEqual([true, false])
  })

  it
    .skipIf(noSchemas)
    .each([
      {},
      { signs: 'assertion' },
      { groups: 'no-values' },
      { encrypts: 'aes128-gcm' },
      { encrypts: 'aes128-cbc' },
    ] as const)(titled('is valid by the SAML schema: %o', noSchemas), async (behaviour) => {
    idp.saml.behave(behaviour)
    expect((await againstSchemas(await responseFor())).out).toMatch(/document\.xml validates\n$/)
  })
})

describe('a request to sign somebody in is refused', () => {
  it.each([
    { why: 'an ACS that is not registered', change: { AssertionConsumerServiceURL: `${gateway}/elsewhere` } },
    { why: 'a Destination elsewhere', change: { Destination: 'http://localhost:1/saml/sso' } },
    { why: 'no Destination', change: { Destination: undefined } },
    { why: 'another version', change: { Version: '1.1' } },
    {
      why: 'an answer by another binding',
      change: { ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact' },
    },
  ])('for $why', async ({ change }) => {
    const answer = await aBrowser()(byRedirect(idp.saml.ssoUrl, anAuthnRequest(change)))
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []])
    // The way on, for whoever stands there: the gateway's own page.
    expect(await answer.text()).toContain(`<a href="${new URL('/sign-in', sp.acs).href}">`)
  })

  it('from a service provider it does not know', async () => {
    const xml = anAuthnRequest({}, 'http://127.0.0.1:9/other')
    expect((await aBrowser()(byRedirect(idp.saml.ssoUrl, xml))).status).toBe(400)
  })

  it.each([
    { why: 'another root', xml: () => aLogoutRequest('u-erin') },
    { why: 'another namespace', xml: () => anAuthnRequest().replace(PROTOCOL, 'urn:other') },
    { why: 'a DOCTYPE', xml: () => `<!DOCTYPE x>${anAuthnRequest()}` },
    { why: 'no XML', xml: () => 'hello' },
    { why: 'broken XML', xml: () => anAuthnRequest().slice(0, -3) },
    { why: 'more than it would ever inflate', xml: () => `${anAuthnRequest()}${' '.repeat(1_000_000)}` },
  ])('when it is $why', async ({ xml }) => {
    expect((await aBrowser()(byRedirect(idp.saml.ssoUrl, xml()))).status).toBe(400)
  })

  it('when it is sent twice, or not at all', async () => {
    const twice = `${asked()}&${asked().split('?')[1] ?? ''}`
    expect((await aBrowser()(twice)).status).toBe(400)
    expect((await aBrowser()(idp.saml.ssoUrl)).status).toBe(400)
  })

  describe('where signed requests are wanted,', () => {
    const post = async (xml: string) =>
      (await aBrowser()(idp.saml.ssoUrl, { SAMLRequest: Buffer.from(xml).toString('base64') })).status
    const redirect = async (change: (url: string) => string = (url) => url, key: SigningKey | undefined = spKey) => {
      idp.saml.behave({ wantsSignedRequests: true })
      return (await aBrowser()(change(byRedirect(idp.saml.ssoUrl, anAuthnRequest(), 'a state', key)))).status
    }

    it('unless the query is signed by the gateway', async () => {
      expect(await redirect()).toBe(200)
      expect(await redirect((url) => url.replace(/&SigAlg.*/, ''))).toBe(400)
      expect(await redirect(undefined, await makeSigningKey('Somebody', chance))).toBe(400)
      expect(await redirect((url) => url.replace('a%20state', 'b%20state'))).toBe(400)
      expect(await redirect((url) => url.replace('rsa-sha256', 'rsa-sha1'))).toBe(400)
    })

    it('unless the posted document is signed by the gateway, itself and whole', async () => {
      idp.saml.behave({ wantsSignedRequests: true })
      const genuine = await signed(anAuthnRequest(), spKey)
      expect(await post(genuine)).toBe(200)
      expect(await post(anAuthnRequest())).toBe(400)
      expect(await post(genuine.replace(sp.acs, `${sp.acs}x`))).toBe(400)
      expect(await post(await signed(anAuthnRequest(), await makeSigningKey('Somebody', chance)))).toBe(400)
      // The genuine one, hidden inside another that it does not sign.
      const wrapped = anAuthnRequest({ ID: '_evil' }).replace(
        '</samlp:AuthnRequest>',
        `${genuine}</samlp:AuthnRequest>`,
      )
      expect(await post(wrapped)).toBe(400)
    })

    it('and a wrong signature where none is wanted', async () => {
      const url = byRedirect(idp.saml.ssoUrl, anAuthnRequest(), 'x', await makeSigningKey('Somebody', chance))
      expect((await aBrowser()(url)).status).toBe(400)
    })
  })
})

describe('the gateway’s own facts, given as a question', () => {
  it('are asked at first use, again after a failure, and then kept', async () => {
    let calls = 0
    const late = await start({
      sp: async () => {
        calls += 1
        if (calls === 1) throw new Error('not up yet')
        return sp
      },
    })
    const go = () => fetch(byRedirect(late.saml.ssoUrl, anAuthnRequest({ Destination: late.saml.ssoUrl })))
    try {
      expect(calls).toBe(0)
      const first = await go()
      expect([first.status, await first.text()]).toEqual([400, expect.stringContaining('Is it running?')])
      await go()
      await go()
      expect(calls).toBe(2)
    } finally {
      await late.close()
    }
  })
})

describe('single logout', () => {
  const isSignedIn = async (browser: Browser) => (await (await browser('/saml/')).text()).includes('Erin Ellis')
  const sessionIndexOf = async (browser: Browser) =>
    /SessionIndex="([^"]+)"/.exec(responseIn(await (await browser(asked())).text()))?.[1] ?? ''

  it.each([
    { how: 'unsigned', key: () => undefined },
    { how: 'signed', key: () => spKey },
  ])('takes a request by Redirect, $how, and answers with what was asked', async ({ key }) => {
    const browser = aBrowser()
    await signIn(browser)
    expect(await isSignedIn(browser)).toBe(true)
    const answer = await browser(byRedirect(idp.saml.sloUrl, aLogoutRequest('u-erin'), 'a state', key()))
    const location = answer.headers.get('location')
    const xml = inMessage(location, 'SAMLResponse')
    expect([answer.status, location?.startsWith(`${sp.slo}?`)]).toEqual([303, true])
    expect(new URL(location ?? '').searchParams.get('RelayState')).toBe('a state')
    expect(new URL(location ?? '').searchParams.get('Signature')).toBeNull()
    expect(xml).toContain(`Destination="${sp.slo}" InResponseTo="_a-request"`)
    expect(xml).toContain(`Value="${SUCCESS}"`)
    expect(await isSignedIn(browser)).toBe(false)
  })

  it('takes one by POST without a cookie, by the name and index of the session', async () => {
    const [browser, other] = [aBrowser(), aBrowser()]
    await signIn(browser)
    await signIn(other)
    const index = element('samlp:SessionIndex', {}, await sessionIndexOf(browser))
    const SAMLRequest = Buffer.from(await signed(aLogoutRequest('u-erin', {}, index), spKey)).toString('base64')
    const answer = await aBrowser()(idp.saml.sloUrl, { SAMLRequest })
    expect(answer.headers.get('location')).toContain('SAMLResponse=')
    expect([await isSignedIn(browser), await isSignedIn(other)]).toEqual([false, true])
  })

  it('signs its answer when told to', async () => {
    idp.saml.behave({ signsLogoutResponses: true })
    const answer = await aBrowser()(byRedirect(idp.saml.sloUrl, aLogoutRequest('u-erin')))
    expect(isSignedByIdp(answer.headers.get('location') ?? '')).toBe(true)
  })

  it.each([
    { why: 'somebody else', request: () => aLogoutRequest('u-frank'), status: 303 },
    {
      why: 'a time that is over',
      request: () => aLogoutRequest('u-erin', { NotOnOrAfter: '2020-01-01T00:00:00Z' }),
      status: 400,
    },
    {
      why: 'another directory',
      request: () => aLogoutRequest('u-erin', { Destination: 'http://localhost:1/saml/slo' }),
      status: 400,
    },
    {
      why: 'another service provider',
      request: () => aLogoutRequest('u-erin').replace(sp.entityId, 'urn:x'),
      status: 400,
    },
  ])('leaves the session alone after a request for $why', async ({ request, status }) => {
    const browser = aBrowser()
    await signIn(browser)
    expect((await aBrowser()(byRedirect(idp.saml.sloUrl, request()))).status).toBe(status)
    expect(await isSignedIn(browser)).toBe(true)
  })

  it('takes no unsigned request where signed ones are wanted', async () => {
    const browser = aBrowser()
    await signIn(browser)
    idp.saml.behave({ wantsSignedRequests: true })
    expect((await browser(byRedirect(idp.saml.sloUrl, aLogoutRequest('u-erin')))).status).toBe(400)
    expect(await isSignedIn(browser)).toBe(true)
  })

  it('starts at a button here: a signed request goes to the gateway, and its answer ends the trip', async () => {
    const browser = aBrowser()
    await signIn(browser)
    const sessionIndex = await sessionIndexOf(browser)
    const home = await browser('/saml/')
    expect(home.headers.get('content-security-policy')).toContain(`form-action 'self' ${gateway}`)
    expect(await home.text()).toContain('Sign out everywhere')

    const location = (await browser('/saml/sign-out', {})).headers.get('location') ?? ''
    expect(location.startsWith(`${sp.slo}?SAMLRequest=`)).toBe(true)
    expect(isSignedByIdp(location)).toBe(true)
    const xml = inMessage(location, 'SAMLRequest')
    expect(xml).toContain('nameid-format:persistent">u-erin</saml:NameID>')
    expect(xml).toContain(`<samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex>`)
    expect(await isSignedIn(browser)).toBe(false)
    if (noSchemas === undefined) expect((await againstSchemas(xml)).out).toMatch(/document\.xml validates\n$/)

    const answered = aLogoutResponse(/ ID="([^"]+)"/.exec(xml)?.[1] ?? '')
    expect(await (await browser(answered)).text()).toContain('The gateway has signed you out too.')
    expect((await browser(answered)).status).toBe(400)
  })

  it('says so when the gateway could not', async () => {
    const browser = aBrowser()
    await signIn(browser)
    const location = (await browser('/saml/sign-out', {})).headers.get('location')
    const id = / ID="([^"]+)"/.exec(inMessage(location, 'SAMLRequest'))?.[1] ?? ''
    const page = await browser(aLogoutResponse(id, 'urn:oasis:names:tc:SAML:2.0:status:Responder'))
    expect(await page.text()).toContain('The gateway could not sign you out.')
  })

  it('starts from no other site', async () => {
    const answer = await fetch(`${idp.issuer}/saml/sign-out`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(answer.status).toBe(400)
  })

  it.skipIf(noSchemas)(titled('answers in words that are valid by the SAML schema', noSchemas), async () => {
    const answer = await aBrowser()(byRedirect(idp.saml.sloUrl, aLogoutRequest('u-erin')))
    const xml = inMessage(answer.headers.get('location'), 'SAMLResponse')
    expect((await againstSchemas(xml)).out).toMatch(/document\.xml validates\n$/)
  })

  function isSignedByIdp(url: string): boolean {
    const [octets = '', signature = ''] = (url.split('?')[1] ?? '').split('&Signature=')
    const key = createPublicKey(idp.saml.certificatePem)
    return verify('sha256', Buffer.from(octets), key, Buffer.from(decodeURIComponent(signature), 'base64'))
  }

  function aLogoutResponse(inResponseTo: string, status = SUCCESS): string {
    const xml = message(
      'LogoutResponse',
      { Destination: idp.saml.sloUrl, InResponseTo: inResponseTo },
      issued(sp.entityId),
      element('samlp:Status', {}, element('samlp:StatusCode', { Value: status })),
    )
    return `${idp.saml.sloUrl}?SAMLResponse=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`
  }
})
