import { createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadLibxml2 } from '../../../src/adapters/saml/comments.ts'
import {
  BadMetadata,
  MOST_METADATA_BYTES,
  readIdpMetadata,
  type IdpMetadata,
  type MetadataRules,
} from '../../../src/adapters/saml/metadata.ts'
import { selfSigned } from '../../support/saml/a-certificate.ts'
import { signed } from '../../support/saml/a-signature.ts'
import { bareCertificate, IDP, idp, idpMetadata, nextIdp, NOW, stranger } from '../../support/saml/a-saml-world.ts'

let library: Awaited<ReturnType<typeof loadLibxml2>>
beforeAll(async () => {
  library = await loadLibxml2()
})

const read = (text: string, rules: Partial<MetadataRules> = {}): Promise<IdpMetadata> =>
  readIdpMetadata(library, text, { allowHttp: false, isTaken: () => false, now: NOW, ...rules })

/** Why the metadata is not taken; metadata that is taken fails the test, and so does any other failure. */
async function faultOf(text: string, rules: Partial<MetadataRules> = {}): Promise<string> {
  const outcome: unknown = await read(text, rules).then(
    () => 'it was taken',
    (thrown: unknown) => thrown,
  )
  if (outcome instanceof BadMetadata) return outcome.message
  throw outcome instanceof Error ? outcome : new Error(String(outcome))
}

const plain = idpMetadata()
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const SSO = 'https://idp.example.com/saml/sso'

/** The metadata with one text in place of another, which must be there; `$&` is what it replaces. */
function changed(from: string | RegExp, to: string, text = plain): string {
  const after = text.replace(from, to)
  if (after === text) throw new Error(`the metadata of the tests has no ${String(from)}`)
  return after
}

const printsOf = ({ certificates }: IdpMetadata) => certificates.map(({ fingerprint256 }) => fingerprint256)
const printOf = (pem: string) => new X509Certificate(pem).fingerprint256
const [ONE, TWO] = [printOf(idp.certificate), printOf(nextIdp.certificate)]

const keyDescriptor = (certificate: string, use?: string) =>
  `<md:KeyDescriptor${use === undefined ? '' : ` use="${use}"`}>` +
  `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
  `<ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`

/** Metadata whose key descriptors are these. */
const keyed = (...descriptors: string[]): string => idpMetadata({ certificates: [], more: descriptors.join('') })
const ours = bareCertificate(idp.certificate)
const theirs = bareCertificate(nextIdp.certificate)

const certified = (keys: { publicKey: KeyObject; privateKey: KeyObject }) =>
  bareCertificate(selfSigned('idp.example.com', 9, keys))
const weak = certified(generateKeyPairSync('rsa', { modulusLength: 1024 }))
const elliptic = certified(generateKeyPairSync('ec', { namedCurve: 'P-256' }))

const service = (name: string, binding: string, location: string, more = '') =>
  `<md:${name} Binding="${binding}" Location="${location}"${more}/>`
const signOn = (...services: string[]) => changed(/<md:SingleSignOnService [^>]*>/, services.join(''))

describe('the metadata of an IdP', () => {
  it('gives its name, certificates, keys and endpoints', async () => {
    const metadata = await read(plain)
    expect(metadata).toMatchObject({
      entityId: IDP,
      signOn: { redirect: SSO },
      signOut: {},
      wantsSignedRequests: false,
    })
    expect(printsOf(metadata)).toEqual([ONE, TWO])
    expect(metadata.keys.map((key) => key.equals(createPublicKey(idp.certificate)))).toEqual([true, false])
    expect(metadata).not.toHaveProperty('validUntil')
  })

  it.each<[string, string]>([
    ['with comments', changed('<md:IDPSSO', '<!-- our IdP --><md:IDPSSO', changed(ours, `${ours}<!-- 2030 -->`))],
    ['with an XML declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${plain}`],
    ['after a byte order mark', `\ufeff${plain}`],
    ['with lines that end as on Windows', plain.replaceAll('><', '>\r\n  <')],
    ['over many lines', plain.replaceAll('><', '>\n    <')],
    ['in its default namespace', plain.replaceAll('md:', '').replace('xmlns:md', 'xmlns')],
    ['under another prefix', plain.replaceAll('md:', 'x:').replace('xmlns:md', 'xmlns:x')],
    [
      'with certificates over many lines, with blanks before them',
      plain.replaceAll(
        /(?<=<ds:X509Certificate>)[^<]+/g,
        (text) => `\n      ${text.replace(/.{64}/g, '$&\n      ')}\n`,
      ),
    ],
    ['with certificates in CDATA', plain.replaceAll(/(?<=<ds:X509Certificate>)[^<]+/g, '<![CDATA[$&]]>')],
    [
      'with what we have no use for',
      changed('<md:IDPSSO', '<md:Extensions><x xmlns="urn:x"/></md:Extensions><md:IDPSSO'),
    ],
    ['with keys that say no use', plain.replaceAll(' use="signing"', '')],
    ['with a key named twice', changed('<md:KeyDescriptor', `${keyDescriptor(ours)}<md:KeyDescriptor`)],
    ['with one for encryption beside', changed('<md:SingleS', `${keyDescriptor(elliptic, 'encryption')}<md:SingleS`)],
    ['with a weak key beside', changed('<md:SingleS', `${keyDescriptor(weak, 'signing')}<md:SingleS`)],
    ['with an elliptic curve beside', changed('<md:SingleS', `${keyDescriptor(elliptic, 'signing')}<md:SingleS`)],
    ['with protocols beside SAML 2.0', changed('protocolSupportEnumeration="', '$&urn:mace:shibboleth:1.0 ')],
  ])('is read %s', async (_, text) => {
    const metadata = await read(text)
    expect(printsOf(metadata)).toEqual([ONE, TWO])
    expect(metadata).toMatchObject({ entityId: IDP, signOn: { redirect: SSO } })
  })

  it('trusts no key for encryption', async () => {
    expect(printsOf(await read(keyed(keyDescriptor(ours, 'signing'), keyDescriptor(theirs, 'encryption'))))).toEqual([
      ONE,
    ])
  })

  it('trusts no key of another role (security.md S-15)', async () => {
    const role = (name: string) =>
      `<md:${name} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
      `${keyDescriptor(bareCertificate(stranger.certificate), 'signing')}</md:${name}>`
    const text = changed('<md:IDPSSODescriptor', `${role('SPSSODescriptor')}<md:IDPSSODescriptor`)
    const both = changed('</md:IDPSSODescriptor>', `$&${role('AttributeAuthorityDescriptor')}`, text)
    expect(printsOf(await read(both))).toEqual([ONE, TWO])
  })

  it('trusts no key of an IDPSSODescriptor for another protocol', async () => {
    const old =
      `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol">` +
      `${keyDescriptor(bareCertificate(stranger.certificate), 'signing')}</md:IDPSSODescriptor>`
    expect(printsOf(await read(changed('<md:IDPSSODescriptor', `${old}<md:IDPSSODescriptor`)))).toEqual([ONE, TWO])
  })

  it.each<[string, string]>([
    ['no certificate', keyed()],
    ['a weak RSA key alone', keyed(keyDescriptor(weak, 'signing'))],
    ['an elliptic curve alone', keyed(keyDescriptor(elliptic, 'signing'))],
    ['a key for encryption alone', keyed(keyDescriptor(ours, 'encryption'))],
  ])('is not taken with %s (security.md S-40, K-6)', async (_, text) => {
    expect(await faultOf(text)).toBe('it has no signing certificate with an RSA key of 2048 bits or more')
  })

  it.each<[string, string]>([
    ['is no certificate', 'AAAA'],
    ['is empty', ''],
  ])('is not taken when one certificate %s', async (_, text) => {
    expect(await faultOf(keyed(keyDescriptor(ours), keyDescriptor(text)))).toBe(
      'one of its certificates cannot be read',
    )
  })

  it.each<[string, string, string]>([
    ['that is empty', '', 'it is not well-formed XML'],
    ['that is a page', '<!DOCTYPE html><html></html>', 'it has a DOCTYPE'],
    ['that declares entities', `<!DOCTYPE x [<!ENTITY e "x">]>${plain}`, 'it has a DOCTYPE'],
    ['that is cut', plain.slice(0, -5), 'it is not well-formed XML'],
    ['that is JSON', '{"entityID":"x"}', 'it is not well-formed XML'],
    ['that is other XML', '<x/>', 'it is not SAML metadata'],
    ['of no namespace', '<EntityDescriptor entityID="x"/>', 'it is not SAML metadata'],
    ['without an entity id', changed(/ entityID="[^"]*"/, ''), 'its EntityDescriptor has no entityID'],
    ['with an empty entity id', changed(/entityID="[^"]*"/, 'entityID=""'), 'its EntityDescriptor has no entityID'],
    [
      'of a service provider',
      plain.replaceAll('IDPSSODescriptor', 'SPSSODescriptor'),
      'it describes no SAML 2.0 identity provider (IDPSSODescriptor)',
    ],
    [
      'of SAML 1.1',
      plain.replace('SAML:2.0:protocol', 'SAML:1.1:protocol'),
      'it describes no SAML 2.0 identity provider (IDPSSODescriptor)',
    ],
    ['of more than 4 MB', `${plain}${' '.repeat(MOST_METADATA_BYTES)}`, 'it is larger than 4 MB'],
    [
      'nested without end',
      changed('<md:IDPSSO', `${'<x>'.repeat(70)}${'</x>'.repeat(70)}<md:IDPSSO`),
      'it cannot be read: too deep',
    ],
  ])('is not taken %s', async (_, text, fault) => {
    expect(await faultOf(text)).toBe(fault)
  })
})

describe('its endpoints', () => {
  it.each<[string, string, object]>([
    ['POST alone', signOn(service('SingleSignOnService', POST, SSO)), { signOn: { post: SSO } }],
    [
      'both bindings',
      signOn(service('SingleSignOnService', POST, `${SSO}/post`), service('SingleSignOnService', REDIRECT, SSO)),
      { signOn: { post: `${SSO}/post`, redirect: SSO } },
    ],
    [
      'the first of several',
      signOn(service('SingleSignOnService', REDIRECT, SSO), service('SingleSignOnService', REDIRECT, `${SSO}/2`)),
      { signOn: { redirect: SSO } },
    ],
    [
      'single logout, with another address for answers',
      idpMetadata({
        more: service('SingleLogoutService', REDIRECT, `${SSO}/out`, ` ResponseLocation="${SSO}/out/done"`),
      }),
      { signOut: { redirect: `${SSO}/out`, answer: `${SSO}/out/done` } },
    ],
    ['that it wants signed requests', idpMetadata({ wantsSignedRequests: true }), { wantsSignedRequests: true }],
  ])('are known: %s', async (_, text, said) => {
    expect(await read(text)).toMatchObject(said)
  })

  it('that speak other bindings are passed over', async () => {
    const soap = service('SingleSignOnService', 'urn:oasis:names:tc:SAML:2.0:bindings:SOAP', SSO)
    expect(await faultOf(signOn(soap))).toBe('it names no SingleSignOnService with the Redirect or POST binding')
    expect(await faultOf(signOn())).toBe('it names no SingleSignOnService with the Redirect or POST binding')
  })

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'http://idp.example.com/saml/sso',
    'http://127.0.0.1:8080/sso',
    '//idp.example.com/sso',
    '/sso',
    '',
  ])('are not taken at %j (CVE-2023-45683, security.md K-5)', async (location) => {
    const fault = 'it names an endpoint that is not https'
    expect(await faultOf(signOn(service('SingleSignOnService', REDIRECT, location)))).toBe(fault)
    expect(await faultOf(signOn(service('SingleSignOnService', POST, location)))).toBe(fault)
    expect(await faultOf(idpMetadata({ more: service('SingleLogoutService', POST, location) }))).toBe(fault)
    const answer = ` ResponseLocation="${location}"`
    expect(await faultOf(idpMetadata({ more: service('SingleLogoutService', REDIRECT, SSO, answer) }))).toBe(fault)
  })

  it('may be http on loopback, for development, and nowhere else', async () => {
    const at = (location: string) => signOn(service('SingleSignOnService', REDIRECT, location))
    for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:1'])
      expect((await read(at(`http://${host}/sso`), { allowHttp: true })).signOn.redirect).toBe(`http://${host}/sso`)
    for (const location of ['http://idp.example.com/', 'http://127.0.0.1.example.com/', 'javascript:alert(1)'])
      expect(await faultOf(at(location), { allowHttp: true })).toBe('it names an endpoint that is not https')
  })
})

describe('its name', () => {
  it('is not taken when it is another IdP’s of the file, or our own (threats.md I2, F4)', async () => {
    expect(await faultOf(plain, { isTaken: (entityId) => entityId === IDP })).toBe(
      `it is about ${IDP}, which is another identity provider of the file`,
    )
  })
})

describe('its validUntil', () => {
  const until = (time: string) => changed('entityID=', `validUntil="${time}" entityID=`)

  it('is known', async () => {
    expect((await read(until('2030-01-02T00:00:00Z'))).validUntil).toEqual(new Date('2030-01-02T00:00:00Z'))
  })

  it('is the earlier one, of the entity and of its role', async () => {
    const text = changed('<md:IDPSSODescriptor', '$& validUntil="2030-01-01T10:00:00Z"', until('2030-01-02T00:00:00Z'))
    expect((await read(text)).validUntil).toEqual(new Date('2030-01-01T10:00:00Z'))
    expect(await faultOf(text, { now: new Date('2030-01-01T10:00:00Z') })).toBe('its validUntil has passed')
  })

  it('ends it, at its very moment', async () => {
    expect(await faultOf(until(NOW.toISOString()))).toBe('its validUntil has passed')
    expect(await faultOf(until('2029-12-31T23:59:59Z'))).toBe('its validUntil has passed')
  })

  it('that is no time is a fault', async () => {
    expect(await faultOf(until('tomorrow'))).toBe('its validUntil is no time')
  })

  it('of the EntitiesDescriptor around it ends it as well (saml-metadata-2.0 §2.3.1)', async () => {
    const text = changed('<md:EntitiesDescriptor', `$& validUntil="2029-12-31T23:59:59Z"`, several(plain))
    expect(await faultOf(text, { entityId: IDP })).toBe('its validUntil has passed')
  })
})

const OTHER = 'https://other.example.com/saml'
const several = (...entities: string[]): string =>
  `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${entities.join('')}</md:EntitiesDescriptor>`
const other = idpMetadata({ entityId: OTHER, certificates: [stranger.certificate] })

describe('metadata of several entities', () => {
  it('gives the one that `entity_id` names, and its keys alone', async () => {
    for (const text of [several(plain, other), several(other, plain), several(several(other), several(plain))])
      expect(printsOf(await read(text, { entityId: IDP }))).toEqual([ONE, TWO])
  })

  it('is not taken without an `entity_id`', async () => {
    expect(await faultOf(several(plain))).toBe('it describes several entities: say which with `entity_id`')
  })

  it('is not taken when it does not name it, or names it twice', async () => {
    for (const text of [several(), several(other), several(plain, plain)])
      expect(await faultOf(text, { entityId: IDP })).toBe(`it does not describe ${IDP} exactly once`)
  })

  it('is compared with `entity_id` byte for byte', async () => {
    expect(await faultOf(plain, { entityId: OTHER })).toBe(`it is about ${IDP}`)
    expect(await faultOf(plain, { entityId: `${IDP}/` })).toBe(`it is about ${IDP}`)
    expect((await read(plain, { entityId: IDP })).entityId).toBe(IDP)
  })
})

describe('metadata that must be signed (security.md S-39)', () => {
  const withId = changed('entityID=', 'ID="_m" entityID=')
  const rules = { signedBy: createPublicKey(nextIdp.certificate) }
  const WRONG = 'its signature is not by the certificate in `metadata_cert_file`'
  const genuine = () => signed(withId, '_m', { by: nextIdp, certificate: null })

  it('is taken when it is, by this key', async () => {
    expect(printsOf(await read(genuine(), rules))).toEqual([ONE, TWO])
  })

  it('is taken with several entities and comments', async () => {
    const text = several(plain, other).replace('<md:EntitiesDescriptor', '<md:EntitiesDescriptor ID="_m"')
    const whole = signed(text, '_m', { by: nextIdp })
    expect(
      printsOf(await read(whole.replace('<md:IDPSSO', '<!-- x --><md:IDPSSO'), { ...rules, entityId: IDP })),
    ).toEqual([ONE, TWO])
  })

  it('is not taken unsigned', async () => {
    expect(await faultOf(withId, rules)).toBe('it is not signed, and `metadata_cert_file` says it must be')
  })

  it.each<[string, () => string]>([
    ['by another, whose certificate is in it', () => signed(withId, '_m', { by: idp, certificate: idp.certificate })],
    ['and changed afterwards', () => changed(SSO, 'https://evil.example.com/sso', genuine())],
    ['and given a key afterwards', () => changed('<md:SingleS', `${keyDescriptor(weak)}<md:SingleS`, genuine())],
    ['and given another entity id afterwards', () => changed(`entityID="${IDP}"`, `entityID="${OTHER}"`, genuine())],
    [
      'with SHA-1',
      () => signed(withId, '_m', { by: nextIdp, algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
    ],
    ['and the signature is empty', () => changed(/(?<=<ds:SignatureValue>)[^<]+/, '', genuine())],
  ])('is not taken signed %s', async (_, make) => {
    expect(await faultOf(make(), rules)).toBe(WRONG)
  })

  it('is not taken when what is signed is a piece of it', async () => {
    const wrapped = several(other, genuine())
    expect(await faultOf(wrapped, { ...rules, entityId: OTHER })).toBe(
      'it is not signed, and `metadata_cert_file` says it must be',
    )
  })

  it('may be signed by whomever when no certificate is set: TLS or the file is what we trust', async () => {
    const text = signed(withId, '_m', { by: stranger })
    expect(printsOf(await read(text))).toEqual([ONE, TWO])
  })
})
