import { aResponse, assertionIn, RESPONSE_ID, type ResponseShape } from './a-response.ts'
import { stranger } from './a-saml-world.ts'
import { signed } from './a-signature.ts'
import { encryptedAssertion, type EncryptionShape } from './an-encrypted-assertion.ts'
import { EVIL, evilAssertion, good, holding, inGroup, swapped, type Hostile } from './hostile.ts'
import { once } from './markup.ts'

const { document } = inGroup('encryption')

/** The honest assertion as the IdP signed it, able to stand alone. */
const signedAlice = once(() => assertionIn(good()))
/** A Response around whatever is given in the assertion's place. */
const around = (content: string) => swapped(good(), signedAlice(), content)
/** alice's signed assertion, encrypted for us in this way. */
const sealed = (shape: Partial<EncryptionShape> = {}) => around(encryptedAssertion(signedAlice(), shape))
/** Whatever is given, encrypted for us: anybody can do that. */
const opening = (text: string | Uint8Array) => around(encryptedAssertion(text))
const evil = (shape: Partial<ResponseShape> = {}) => assertionIn(aResponse({ ...EVIL, ...shape }).xml)
const flipped = (at: number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes)
  const index = at < 0 ? bytes.length + at : at
  changed[index] = (changed[index] ?? 0) ^ 1
  return changed
}
const KEY = /<xenc:EncryptedKey .*?<\/xenc:EncryptedKey>/
const keyIn = (xml: string) => KEY.exec(xml)?.[0] ?? ''

/** Nothing that is encrypted is believed for it (security.md S-32 to S-34). No two of these may be told apart by the answer. */
export const hostileEncryption = (): readonly Hostile[] => [...algorithms(), ...forms(), ...contents()]

const algorithms = (): readonly Hostile[] => [
  document('RSA 1.5', 'S-33: Bleichenbacher', () => sealed({ keyTransport: 'rsa-1_5' })),
  document('Triple DES', 'S-33', () => sealed({ cipher: 'tripledes-cbc' })),
  document('AES-128-CBC, where it is not allowed', 'S-33', () => sealed({ cipher: 'aes128-cbc' })),
  document('AES-256-CBC, where it is not allowed', 'S-33', () => sealed({ cipher: 'aes256-cbc' })),
  document('a cipher that nobody knows', 'S-33', () => swapped(sealed(), /xmlenc11#aes256-gcm/, 'xmlenc11#aes257-gcm')),
  document('a key transport that nobody knows', 'S-33', () => swapped(sealed(), 'rsa-oaep-mgf1p', 'rsa-oaep-mgf1q')),
  document('an AES key wrap in place of RSA', 'S-33', () => swapped(sealed(), 'rsa-oaep-mgf1p', 'kw-aes256')),
  document('no EncryptionMethod', 'S-33', () =>
    swapped(sealed(), /<xenc:EncryptionMethod Algorithm="[^"]*aes256-gcm"\/>/, ''),
  ),
  document('an OAEP digest that nobody knows', 'S-33', () =>
    swapped(sealed(), /(?<=DigestMethod [^>]*)xmldsig#sha1/, 'xmldsig#sha0'),
  ),
  document('GCM ciphertext under the name of CBC', 'S-33', () =>
    swapped(sealed(), /http:\/\/www.w3.org\/2009\/xmlenc11#aes256-gcm/, 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'),
  ),
  document('an AES-256 cipher with a key of 16 bytes', 'S-34', () => sealed({ keyBytes: 16 })),
  document('an empty content key', 'S-34', () => sealed({ keyBytes: 0 })),
]

const forms = (): readonly Hostile[] => [
  document('for a stranger', 'S-34', () => sealed({ for: stranger })),
  document('the last bit of the tag flipped', 'CVE-2026-32313: the tag must count', () =>
    sealed({ bend: flipped(-1) }),
  ),
  document('a bit of the ciphertext flipped', 'CVE-2026-32313', () => sealed({ bend: flipped(600) })),
  document('a bit of the IV flipped', 'CVE-2026-32313', () => sealed({ bend: flipped(0) })),
  document('the tag cut off', 'CVE-2026-32313', () => sealed({ bend: (bytes) => bytes.subarray(0, -16) })),
  document('a tag of four bytes', 'CVE-2026-32313: short tags are guessed', () =>
    sealed({ bend: (bytes) => bytes.subarray(0, -12) }),
  ),
  document('an empty CipherValue', 'S-34', () => sealed({ bend: () => Buffer.alloc(0) })),
  document('a CipherValue of one byte', 'gosaml2: no panic', () => sealed({ bend: (bytes) => bytes.subarray(0, 1) })),
  document('a CipherValue that is no base64', 'S-34', () =>
    swapped(sealed(), /<xenc:CipherValue>[^<]{1000,}</, '<xenc:CipherValue>!!!<'),
  ),
  document('an encrypted key that is too short', 'S-34', () =>
    swapped(sealed(), /<xenc:CipherValue>[^<]{344}</, '<xenc:CipherValue>AAAA<'),
  ),
  document('two EncryptedKeys', 'S-33', () =>
    swapped(sealed(), KEY, keyIn(sealed()) + keyIn(sealed()).replace('_key', '_key2')),
  ),
  document('twenty EncryptedKeys', 'S-33: each costs a private-key operation', () =>
    swapped(
      sealed(),
      KEY,
      Array.from({ length: 20 }, (_, index) => keyIn(sealed()).replace('_key', `_key${index}`)).join(''),
    ),
  ),
  document('no EncryptedKey', 'S-33', () => swapped(sealed(), KEY, '')),
  document('no KeyInfo', 'S-33', () => swapped(sealed(), /<ds:KeyInfo .*?<\/ds:KeyInfo>(?=<xenc:CipherData>)/, '')),
  document('a CipherReference', 'S-33: nothing is fetched', () =>
    swapped(
      sealed(),
      /<xenc:CipherValue>[^<]{1000,}<\/xenc:CipherValue>/,
      '<xenc:CipherReference URI="http://127.0.0.1:9/"/>',
    ),
  ),
  document('a CipherReference in the EncryptedKey', 'S-33: nothing is fetched', () =>
    swapped(
      sealed(),
      /<xenc:CipherValue>[^<]{344}<\/xenc:CipherValue>/,
      '<xenc:CipherReference URI="file:///etc/hostname"/>',
    ),
  ),
  document('a RetrievalMethod to the network', 'S-33: nothing is fetched', () =>
    swapped(sealed(), KEY, '<ds:RetrievalMethod URI="http://127.0.0.1:9/key"/>'),
  ),
  document('two EncryptedAssertions', 'S-9', () =>
    around(encryptedAssertion(signedAlice()) + encryptedAssertion(evil()).replace('_key', '_key2')),
  ),
  document('two EncryptedDatas', 'S-33', () => {
    const data = (xml: string) => /<xenc:EncryptedData .*<\/xenc:EncryptedData>/.exec(xml)?.[0] ?? ''
    return swapped(
      sealed(),
      '</saml:EncryptedAssertion>',
      `${data(encryptedAssertion(evil())).replace('_key', '_key2')}</saml:EncryptedAssertion>`,
    )
  }),
  document('an empty EncryptedAssertion', 'S-33', () =>
    swapped(
      sealed(),
      /(<saml:EncryptedAssertion [^>]*>).*(?=<\/saml:EncryptedAssertion>)/,
      '<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">',
    ),
  ),
  document('an assertion in the open inside EncryptedAssertion', 'S-33', () =>
    swapped(sealed(), '</saml:EncryptedAssertion>', `${evilAssertion()}</saml:EncryptedAssertion>`),
  ),
  document('an EncryptedAssertion exchanged under a signed Response', 'S-32', () => {
    const honest = aResponse({ sign: 'response', encryption: {} }).xml
    return swapped(
      honest,
      /<saml:EncryptedAssertion .*<\/saml:EncryptedAssertion>/,
      encryptedAssertion(evilAssertion()),
    )
  }),
]

const contents = (): readonly Hostile[] => [
  document('opens to an unsigned assertion, in an unsigned Response', 'S-32: anybody can encrypt for us', () =>
    opening(evilAssertion()),
  ),
  document("opens to a stranger's assertion", 'S-15', () =>
    opening(evil({ signature: { by: stranger, certificate: stranger.certificate } })),
  ),
  document('opens to an assertion changed after it was signed', 'S-32', () =>
    opening(swapped(signedAlice(), '>alice<', '>admin<')),
  ),
  document('opens to two assertions', 'S-9', () => opening(signedAlice() + evilAssertion())),
  document('opens to two assertions, the evil one first', 'S-9', () => opening(evilAssertion() + signedAlice())),
  document('opens to an evil assertion around the signed one', 'S-9: wrapping, out of sight', () =>
    opening(holding(evilAssertion(), signedAlice())),
  ),
  document('opens to a DOCTYPE', 'S-4', () => opening(`<!DOCTYPE x [<!ENTITY who "alice">]>${signedAlice()}`)),
  document('opens to a comment and an assertion', 'S-4', () => opening(`<!-- -->${signedAlice()}`)),
  document('opens to a comment inside NameID', 'S-4', () =>
    opening(swapped(signedAlice(), '>alice<', '>al<!-- -->ice<')),
  ),
  document('opens to an assertion and text', 'S-5', () => opening(`${signedAlice()}x`)),
  document('opens to a whole Response', 'S-9', () => opening(good())),
  document('opens to a Subject', 'S-9', () =>
    opening('<saml:Subject xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>'),
  ),
  document('opens to text', 'S-5', () => opening('alice')),
  document('opens to nothing', 'S-5', () => opening('')),
  document('opens to half an assertion', 'S-5', () => opening(signedAlice().slice(0, 900))),
  document('opens to UTF-16', 'S-3', () => opening(Buffer.from(`\ufeff${signedAlice()}`, 'utf16le'))),
  document('opens to no UTF-8', 'S-3', () => opening(Buffer.from([0x3c, 0xff, 0xfe]))),
  document('opens to another EncryptedAssertion', 'S-9: no second opening', () =>
    opening(encryptedAssertion(signedAlice())),
  ),
  document('opens to an assertion that has the ID of the Response', 'S-10: one of two elements', () =>
    opening(signed(assertionIn(aResponse({ sign: 'neither', assertionId: RESPONSE_ID }).xml), RESPONSE_ID)),
  ),
  document('opens to an assertion for somebody else', 'S-21', () =>
    opening(evil({ audiences: [['https://other.example.com/']] })),
  ),
  document('opens to an assertion that is over', 'S-26', () => opening(evil({ notOnOrAfter: '2029-12-31T00:00:00Z' }))),
  document('opens to an assertion for another request', 'S-24', () =>
    opening(evil({ inResponseTo: '_another-request-1' })),
  ),
  document('opens to 20,000 elements', 'S-6', () => opening(holding(signedAlice(), '<x/>'.repeat(20_000)))),
  document(
    'opens to a DOCTYPE, in a signed Response',
    'S-4',
    () =>
      signed(
        swapped(
          aResponse({ sign: 'neither' }).xml,
          /<saml:Assertion .*<\/saml:Assertion>/,
          encryptedAssertion(`<!DOCTYPE x>${evilAssertion()}`),
        ),
        RESPONSE_ID,
      ),
    RESPONSE_ID,
  ),
  document(
    'opens to an assertion that a stranger signed, in a signed Response',
    'a broken signature is never overlooked',
    () =>
      aResponse({ encryption: {}, signature: { by: stranger } }).xml.replace(/^[\s\S]*$/, (xml) =>
        signed(xml, RESPONSE_ID),
      ),
    RESPONSE_ID,
  ),
]
