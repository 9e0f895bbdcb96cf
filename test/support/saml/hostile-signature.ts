import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { aResponse, ASSERTION_ID, RESPONSE_ID } from './a-response.ts'
import { bareCertificate, idp, stranger } from './a-saml-world.ts'
import {
  canonicalForm,
  handSigned,
  HONEST_TRANSFORMS,
  keyInfoOf,
  signed,
  withSignature,
  type HandSignature,
} from './a-signature.ts'
import { EVIL, good, inGroup, signatureIn, swapped, withoutSignature, type Hostile } from './hostile.ts'
import { base64, once } from './markup.ts'
import * as names from './names.ts'

const { document } = inGroup('signature')

const unsigned = once(() => aResponse({ sign: 'neither' }).xml)
const unsignedEvil = once(() => aResponse({ ...EVIL, assertionId: ASSERTION_ID, sign: 'neither' }).xml)
/** alice's assertion, signed by the trusted key but not quite as it should be. */
const bent = (bend: Partial<HandSignature>, xml = unsigned()) => handSigned(xml, ASSERTION_ID, bend)
/** alice's assertion with her signature, made admin's afterwards. */
const nowAdmin = (xml = good()) =>
  swapped(swapped(xml, '>alice</saml:NameID>', '>admin</saml:NameID>'), '>platform<', '>admins<')
const digestOf = (text: string) => createHash('sha256').update(text).digest('base64')
/** The digest that admin's assertion would need. */
const evilDigest = () => digestOf(canonicalForm(withoutSignature(nowAdmin()), `//*[@ID="${ASSERTION_ID}"]`))
const honestDigest = () => /<ds:DigestValue>(.*?)<\/ds:DigestValue>/.exec(good())?.[1] ?? ''
const honestInfo = () => /<ds:SignedInfo>.*?<\/ds:SignedInfo>/.exec(good())?.[0] ?? ''
const evilInfo = () => honestInfo().replace(honestDigest(), evilDigest())
const transforms = (...of: readonly string[]) =>
  `<ds:Transforms>${of.map((one) => (one.startsWith('<') ? one : `<ds:Transform Algorithm="${one}"/>`)).join('')}</ds:Transforms>`
const byStranger = (statement: Buffer) => sign('sha256', statement, stranger.privateKey)
const status = (more: string) => `${more}</samlp:Status>`
const pathTransform = (expression: string) =>
  `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>${expression}</ds:XPath></ds:Transform>`

/** Signatures that are missing, not the IdP's, or sound and yet not of the one form that is taken (security.md S-11 to S-18). */
export const hostileSignature = (): readonly Hostile[] => [
  ...changed(),
  ...keys(),
  ...algorithms(),
  ...references(),
  ...places(),
]

const changed = (): readonly Hostile[] => [
  document('no signature', 'anybody can write it', () => unsigned()),
  document(
    'no signature, on an assertion without ID',
    'a Reference to nothing',
    () => aResponse({ sign: 'neither', assertionId: null }).xml,
  ),
  document('NameID changed', 'S-14', () => swapped(good(), '>alice</saml:NameID>', '>admin</saml:NameID>')),
  document('NameID changed under a signed Response', 'S-14', () => nowAdmin(aResponse({ sign: 'response' }).xml)),
  document('a group changed', 'S-14', () => swapped(good(), '>platform<', '>admins<')),
  document('a group added', 'S-14', () =>
    swapped(
      good(),
      '</saml:AttributeStatement>',
      '<saml:Attribute Name="groups"><saml:AttributeValue>admins</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>',
    ),
  ),
  document('a blank added', 'S-14: canonical XML keeps it', () => swapped(good(), '<saml:Subject>', ' <saml:Subject>')),
  document('Response and assertion signed, the assertion exchanged', 'one of the two is broken', () =>
    nowAdmin(aResponse({ sign: 'both' }).xml),
  ),
  document('the Response broken, its assertion sound', 'a broken signature is never overlooked', () =>
    swapped(aResponse({ sign: 'both' }).xml, 'Version="2.0"', 'Version="2.0" Consent="x"'),
  ),
  document('the signature of another assertion', 'S-12', () =>
    withSignature(unsignedEvil(), ASSERTION_ID, signatureIn(aResponse({ assertionId: '_another-1' }).xml)),
  ),
  document('the signature of an older assertion with the same ID', 'S-12', () =>
    withSignature(unsignedEvil(), ASSERTION_ID, signatureIn(good())),
  ),
  document('empty SignatureValue', 'S-14', () =>
    swapped(good(), /<ds:SignatureValue>.*<\/ds:SignatureValue>/, '<ds:SignatureValue/>'),
  ),
  document('no SignatureValue', 'S-14', () => swapped(good(), /<ds:SignatureValue>.*<\/ds:SignatureValue>/, '')),
  document('no SignedInfo', 'S-12', () => swapped(good(), /<ds:SignedInfo>.*<\/ds:SignedInfo>/, '')),
  document('an empty Signature', 'S-12', () =>
    swapped(good(), signatureIn(good()), `<ds:Signature xmlns:ds="${names.DSIG}"/>`),
  ),
  document('a SignatureValue that is no base64', 'S-14', () => bent({ value: () => '!!!!' })),
  document('a SignatureValue of zeros', 'S-14', () => bent({ sign: () => Buffer.alloc(256) })),
  document('a SignatureValue of one', 'S-14', () =>
    bent({ sign: () => Buffer.concat([Buffer.alloc(255), Buffer.from([1])]) }),
  ),
  document('a SignatureValue of 512 bytes', 'S-14', () =>
    bent({ sign: (statement) => Buffer.concat([sign('sha256', statement, idp.privateKey), Buffer.alloc(256)]) }),
  ),
  document('a truncated SignatureValue', 'S-14', () =>
    bent({ sign: (statement) => sign('sha256', statement, idp.privateKey).subarray(0, 128) }),
  ),
  document('two SignatureValues', 'S-12', () =>
    bent({
      signature: (made) =>
        swapped(made, '<ds:SignatureValue>', '<ds:SignatureValue>AAAA</ds:SignatureValue><ds:SignatureValue>'),
    }),
  ),
  document('empty DigestValue', 'CVE-2025-66568', () =>
    bent(
      { references: (made) => swapped(made, /<ds:DigestValue>.*<\/ds:DigestValue>/, '<ds:DigestValue/>') },
      unsignedEvil(),
    ),
  ),
  document('no DigestValue', 'S-12', () =>
    bent({ references: (made) => swapped(made, /<ds:DigestValue>.*<\/ds:DigestValue>/, '') }, unsignedEvil()),
  ),
  document('a truncated DigestValue', 'S-12', () =>
    bent({
      references: (made) =>
        swapped(
          made,
          /<ds:DigestValue>.*<\/ds:DigestValue>/,
          `<ds:DigestValue>${honestDigest().slice(0, 4)}</ds:DigestValue>`,
        ),
    }),
  ),
  document('two DigestValues', 'S-12', () =>
    bent({
      references: (made) =>
        swapped(made, '<ds:DigestValue>', `<ds:DigestValue>${evilDigest()}</ds:DigestValue><ds:DigestValue>`),
    }),
  ),
  document("admin's digest in a comment of DigestValue", 'CVE-2025-29775', () =>
    swapped(nowAdmin(), '<ds:DigestValue>', `<ds:DigestValue><!--${evilDigest()}-->`),
  ),
  document("admin's digest in an element of DigestValue", 'S-19', () =>
    swapped(nowAdmin(), '<ds:DigestValue>', `<ds:DigestValue><x>${evilDigest()}</x>`),
  ),
  document("admin's digest in StatusDetail", 'CVE-2024-45409: //DigestValue', () =>
    swapped(
      nowAdmin(),
      '</samlp:Status>',
      status(
        `<samlp:StatusDetail><ds:DigestValue xmlns:ds="${names.DSIG}">${evilDigest()}</ds:DigestValue></samlp:StatusDetail>`,
      ),
    ),
  ),
  document('two SignedInfo, the evil one first', 'CVE-2025-29774', () =>
    swapped(nowAdmin(), '<ds:SignedInfo>', `${evilInfo()}<ds:SignedInfo>`),
  ),
  document('two SignedInfo, the evil one last', 'CVE-2025-29774', () =>
    swapped(nowAdmin(), '</ds:SignedInfo>', `</ds:SignedInfo>${evilInfo()}`),
  ),
  document('evil SignedInfo, the honest one in ds:Object', 'CVE-2025-29774', () =>
    swapped(
      swapped(nowAdmin(), honestInfo(), evilInfo()),
      '</ds:Signature>',
      `<ds:Object>${honestInfo()}</ds:Object></ds:Signature>`,
    ),
  ),
  document('evil SignedInfo, the honest one inside it', 'CVE-2025-29774', () =>
    swapped(nowAdmin(), honestInfo(), evilInfo().replace('</ds:SignedInfo>', `${honestInfo()}</ds:SignedInfo>`)),
  ),
  document(
    'golden: the digest of nothing, over an assertion that cannot be canonicalised',
    'CVE-2025-66475, S-18',
    () => swapped(bent({ digested: () => '' }, unsignedEvil()), '<saml:Subject>', '<saml:Subject xmlns:relative="1">'),
  ),
  document('golden: the digest of nothing', 'CVE-2025-66568, S-18', () => bent({ digested: () => '' }, unsignedEvil())),
  document(
    'golden: a signature of nothing, over a SignedInfo that cannot be canonicalised',
    'CVE-2025-66475, S-18',
    () =>
      bent(
        {
          statement: () => '',
          signature: (made) => swapped(made, '<ds:SignedInfo>', '<ds:SignedInfo xmlns:relative="1">'),
        },
        unsignedEvil(),
      ),
  ),
  document('golden: a signature of nothing', 'S-18', () => bent({ statement: () => '' }, unsignedEvil())),
  document('SignedInfo signed as it was written and not in its canonical form', 'S-13', () =>
    bent({ statement: (canonical) => canonical.replace(` xmlns:ds="${names.DSIG}"`, '') }),
  ),
  document('the assertion digested as it was written and not in its canonical form', 'S-13', () =>
    bent({ digested: (canonical) => canonical.replace('<saml:Subject>', '<saml:Subject >') }),
  ),
]

const keys = (): readonly Hostile[] => [
  document(
    'signed by a stranger, whose certificate is in KeyInfo',
    'CVE-2024-32962, S-15',
    () => aResponse({ ...EVIL, signature: { by: stranger, certificate: stranger.certificate } }).xml,
  ),
  document(
    'signed by a stranger, with the trusted certificate in KeyInfo',
    'S-15',
    () => aResponse({ ...EVIL, signature: { by: stranger } }).xml,
  ),
  document(
    'signed by a stranger, without KeyInfo',
    'S-15',
    () => aResponse({ ...EVIL, signature: { by: stranger, certificate: null } }).xml,
  ),
  document(
    'Response signed by a stranger',
    'S-15',
    () => aResponse({ ...EVIL, sign: 'response', signature: { by: stranger, certificate: stranger.certificate } }).xml,
  ),
  document('Response signed by a stranger, assertion by the IdP', 'a broken signature is never overlooked', () =>
    signed(good(), RESPONSE_ID, { by: stranger, certificate: stranger.certificate }),
  ),
  document(
    'assertion signed by a stranger, Response by the IdP',
    'a broken signature is never overlooked',
    () => signed(aResponse({ signature: { by: stranger } }).xml, RESPONSE_ID),
    RESPONSE_ID,
  ),
  document('both certificates in KeyInfo, the trusted one first', 'S-15', () =>
    bent({ sign: byStranger, keyInfo: keyInfoOf(idp.certificate) + keyInfoOf(stranger.certificate) }, unsignedEvil()),
  ),
  document("a stranger's RSAKeyValue", 'S-15', () => {
    const { n = '', e = '' } = stranger.publicKey.export({ format: 'jwk' })
    const plain = (text: string) => Buffer.from(text, 'base64url').toString('base64')
    const keyInfo =
      `<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${plain(n)}</ds:Modulus>` +
      `<ds:Exponent>${plain(e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>`
    return bent({ sign: byStranger, keyInfo }, unsignedEvil())
  }),
  document('RetrievalMethod to a stranger', 'S-15: no key is fetched', () =>
    bent(
      {
        sign: byStranger,
        keyInfo:
          '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1:9/key" Type="http://www.w3.org/2000/09/xmldsig#rawX509Certificate"/></ds:KeyInfo>',
      },
      unsignedEvil(),
    ),
  ),
  document('KeyName of the trusted key', 'S-15', () =>
    bent(
      { sign: byStranger, keyInfo: '<ds:KeyInfo><ds:KeyName>idp.example.com</ds:KeyName></ds:KeyInfo>' },
      unsignedEvil(),
    ),
  ),
  document('a KeyInfo certificate that cannot be read', 'Shibboleth 2018: it must not end the process', () =>
    bent(
      {
        sign: byStranger,
        keyInfo: '<ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo>',
      },
      unsignedEvil(),
    ),
  ),
]

const algorithms = (): readonly Hostile[] => [
  document('algorithm none', 'S-14', () =>
    bent({ signatureMethod: 'none', sign: () => Buffer.alloc(0) }, unsignedEvil()),
  ),
  document('an empty algorithm', 'S-14', () => bent({ signatureMethod: '' }, unsignedEvil())),
  document('an algorithm that nobody knows', 'samlify 2.12: unknown became SHA-1', () =>
    bent({ signatureMethod: 'urn:x' }),
  ),
  document('RSA-SHA1', 'S-14', () => aResponse({ signature: { algorithm: names.RSA_SHA1 } }).xml, ASSERTION_ID),
  document('digest SHA-1', 'S-14', () => aResponse({ signature: { digest: names.SHA1 } }).xml, ASSERTION_ID),
  document(
    'RSA-SHA1 and digest SHA-1',
    'S-14',
    () => aResponse({ signature: { algorithm: names.RSA_SHA1, digest: names.SHA1 } }).xml,
    ASSERTION_ID,
  ),
  document('RSA-MD5', 'S-14', () =>
    bent({
      signatureMethod: 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5',
      sign: (statement) => sign('md5', statement, idp.privateKey),
    }),
  ),
  document('digest MD5', 'S-14', () =>
    bent({
      references: (made) =>
        swapped(
          swapped(made, names.SHA256, 'http://www.w3.org/2001/04/xmldsig-more#md5'),
          /<ds:DigestValue>.*<\/ds:DigestValue>/,
          `<ds:DigestValue>${createHash('md5')
            .update(canonicalForm(unsigned(), `//*[@ID="${ASSERTION_ID}"]`))
            .digest('base64')}</ds:DigestValue>`,
        ),
    }),
  ),
  ...(['sha1', 'sha256'] as const).flatMap((hash) => {
    const method = hash === 'sha1' ? `${names.DSIG}hmac-sha1` : 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'
    const keyed = (name: string, key: () => string | Uint8Array) =>
      document(`HMAC-${hash.toUpperCase()} with ${name} as its key`, 'GHSA-c27r-x354-4m68', () =>
        bent(
          {
            signatureMethod: method,
            sign: (statement) => createHmac(hash, key()).update(statement).digest(),
            keyInfo: keyInfoOf(idp.certificate),
          },
          unsignedEvil(),
        ),
      )
    return [
      keyed('the PEM certificate', () => idp.certificate),
      keyed('the bytes of the certificate', () => Buffer.from(bareCertificate(idp.certificate), 'base64')),
      keyed('the PEM public key', () => idp.publicKey.export({ type: 'spki', format: 'pem' })),
      keyed('nothing', () => ''),
    ]
  }),
  document('HMAC cut to no bits', 'CVE-2009-0217', () =>
    bent(
      {
        signatureMethod: `${names.DSIG}hmac-sha1`,
        signatureMethodContent: '<ds:HMACOutputLength>0</ds:HMACOutputLength>',
        sign: () => Buffer.alloc(0),
      },
      unsignedEvil(),
    ),
  ),
  document('DSA', 'S-14', () => bent({ signatureMethod: 'http://www.w3.org/2009/xmldsig11#dsa-sha256' })),
  document('ECDSA of zeros', 'CVE-2022-21449', () =>
    bent(
      { signatureMethod: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', sign: () => Buffer.alloc(64) },
      unsignedEvil(),
    ),
  ),
  document("ECDSA with a stranger's key", 'S-14, S-15', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return bent(
      {
        signatureMethod: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
        sign: (statement) => sign('sha256', statement, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      },
      unsignedEvil(),
    )
  }),
  document('two SignatureMethods', 'S-12', () =>
    bent({
      signedInfo: (made) =>
        swapped(made, '<ds:SignatureMethod', `<ds:SignatureMethod Algorithm="${names.RSA_SHA1}"/><ds:SignatureMethod`),
    }),
  ),
  document('SHA-256 named, SHA-1 used', 'S-14', () =>
    bent({ sign: (statement) => sign('sha1', statement, idp.privateKey) }),
  ),
  document(
    'CanonicalizationMethod with comments',
    'S-13',
    () => bent({ canonicalizationMethod: names.EXCLUSIVE_WITH_COMMENTS }),
    ASSERTION_ID,
  ),
  document(
    'CanonicalizationMethod inclusive',
    'S-13',
    () => bent({ canonicalizationMethod: names.INCLUSIVE }),
    ASSERTION_ID,
  ),
  document('CanonicalizationMethod that nobody knows', 'S-13', () => bent({ canonicalizationMethod: 'urn:x' })),
  document('CanonicalizationMethod empty', 'S-13', () => bent({ canonicalizationMethod: '' })),
]

const references = (): readonly Hostile[] => [
  document('no Reference', 'S-12', () => bent({ references: () => '' }, unsignedEvil())),
  document('two References to the assertion', 'S-12', () => bent({ references: (made) => made + made }), ASSERTION_ID),
  document('a Reference to the assertion and one to the whole document', 'CVE-2026-33487', () =>
    bent({ references: (made) => made + swapped(made, `URI="#${ASSERTION_ID}"`, 'URI=""') }),
  ),
  document('160 References', 'twelve seconds of samlify', () => bent({ references: (made) => made.repeat(160) })),
  document('a Manifest', 'S-12', () =>
    swapped(
      bent(
        {
          references: (made) =>
            swapped(made, `URI="#${ASSERTION_ID}"`, `URI="#_manifest" Type="${names.DSIG}Manifest"`),
        },
        unsignedEvil(),
      ),
      '</ds:Signature>',
      '<ds:Object><ds:Manifest Id="_manifest"/></ds:Object></ds:Signature>',
    ),
  ),
  document(
    'URI of the whole document',
    'S-12: the same bytes are another thing inside another document',
    () => wholeDocument(''),
    ASSERTION_ID,
  ),
  document('URI #xpointer(/)', 'S-12', () => wholeDocument('#xpointer(/)')),
  document('URI by xpointer(id())', 'S-12', () => bent({ referenceUri: `#xpointer(id('${ASSERTION_ID}'))` })),
  document('no URI', 'S-12', () => bent({ referenceUri: null })),
  document('URI #', 'S-12', () => bent({ referenceUri: '#' })),
  document('URI without #', 'S-12', () => bent({ referenceUri: ASSERTION_ID })),
  document('URI of a file', 'S-12', () => bent({ referenceUri: 'file:///etc/hostname' })),
  document('URI of a web page', 'S-12: nothing is fetched', () => bent({ referenceUri: 'http://127.0.0.1:9/' })),
  document('URI with an XPath in it', 'CVE-2016-5697', () => bent({ referenceUri: `#x' or @ID='${ASSERTION_ID}` })),
  document(
    "URI of the Response, on the assertion's signature",
    'S-12',
    () => {
      const honest = handSigned(unsigned(), RESPONSE_ID, {
        place: (xml, _, signature) => withSignature(xml, ASSERTION_ID, signature),
      })
      return honest
    },
    ASSERTION_ID,
  ),
  document(
    'URI of another element, which is sound',
    'S-12: the evil assertion has a good signature of something',
    () => {
      const xml = swapped(
        unsignedEvil(),
        '<samlp:Status>',
        `<samlp:Extensions ID="_other-1"><x/></samlp:Extensions><samlp:Status>`,
      )
      return handSigned(xml, '_other-1', {
        place: (text, _, signature) => withSignature(text, ASSERTION_ID, signature),
      })
    },
  ),
  document('no Transforms', 'S-13', () => bent({ transforms: '' })),
  document('empty Transforms', 'S-13', () => bent({ transforms: transforms() })),
  document('no enveloped-signature', 'S-13', () => bent({ transforms: transforms(names.EXCLUSIVE) })),
  document(
    'enveloped-signature alone',
    'S-13: what comes out is inclusive C14N',
    () => bent({ transforms: transforms(names.ENVELOPED), digested: () => inclusiveForm() }),
    ASSERTION_ID,
  ),
  document('the transforms the other way round', 'S-13', () =>
    bent({ transforms: transforms(names.EXCLUSIVE, names.ENVELOPED) }),
  ),
  document('enveloped-signature twice', 'S-13', () =>
    bent({ transforms: transforms(names.ENVELOPED, names.ENVELOPED, names.EXCLUSIVE) }),
  ),
  document('exclusive C14N twice', 'S-13', () =>
    bent({ transforms: transforms(names.ENVELOPED, names.EXCLUSIVE, names.EXCLUSIVE) }),
  ),
  document(
    'inclusive C14N as the transform',
    'S-13',
    () => bent({ transforms: transforms(names.ENVELOPED, names.INCLUSIVE), digested: () => inclusiveForm() }),
    ASSERTION_ID,
  ),
  document(
    'C14N with comments as the transform',
    'S-13, xml-crypto #586',
    () => bent({ transforms: transforms(names.ENVELOPED, names.EXCLUSIVE_WITH_COMMENTS) }),
    ASSERTION_ID,
  ),
  document(
    'an XPath transform that leaves nothing out',
    'S-13',
    () => bent({ transforms: transforms(names.ENVELOPED, pathTransform('true()'), names.EXCLUSIVE) }),
    ASSERTION_ID,
  ),
  document('an XPath transform that leaves the subject out', 'S-13', () =>
    swapped(
      bent({
        transforms: transforms(
          names.ENVELOPED,
          pathTransform("not(ancestor-or-self::*[local-name()='Subject'])"),
          names.EXCLUSIVE,
        ),
        digested: (honest) => swapped(honest, /<saml:Subject>.*<\/saml:Subject>/, ''),
      }),
      '>alice</saml:NameID>',
      '>admin</saml:NameID>',
    ),
  ),
  document('an XPath filter 2.0', 'S-13', () =>
    bent({
      transforms: transforms(
        names.ENVELOPED,
        '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="intersect">//*</f:XPath></ds:Transform>',
        names.EXCLUSIVE,
      ),
    }),
  ),
  document('an XSLT transform', 'S-13: it is a program', () =>
    bent(
      {
        transforms: transforms(
          names.ENVELOPED,
          '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/">x</xsl:template></xsl:stylesheet></ds:Transform>',
          names.EXCLUSIVE,
        ),
        digested: () => 'x',
      },
      unsignedEvil(),
    ),
  ),
  document('a base64 transform', 'S-13', () =>
    bent({ transforms: transforms(names.ENVELOPED, `${names.DSIG}base64`), digested: () => '' }, unsignedEvil()),
  ),
  document('a transform that nobody knows', 'S-13', () =>
    bent({ transforms: transforms(names.ENVELOPED, names.EXCLUSIVE, 'urn:x') }),
  ),
  document('a transform without an algorithm', 'S-13', () =>
    bent({ transforms: transforms('<ds:Transform/>', names.ENVELOPED, names.EXCLUSIVE) }),
  ),
  document('100 transforms', 'S-13', () =>
    bent({ transforms: transforms(...Array.from({ length: 99 }, () => names.EXCLUSIVE), names.ENVELOPED) }),
  ),
  document('Transforms twice', 'S-13', () => bent({ transforms: HONEST_TRANSFORMS + HONEST_TRANSFORMS })),
  document('10,000 InclusiveNamespaces', 'S-6: canonicalisation looks for each', () =>
    bent({
      transforms: transforms(
        names.ENVELOPED,
        `<ds:Transform Algorithm="${names.EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="${names.EXCLUSIVE}" PrefixList="${Array.from({ length: 10_000 }, (_, index) => `p${index}`).join(' ')}"/></ds:Transform>`,
      ),
    }),
  ),
]

const inclusiveForm = () => canonicalForm(unsigned(), `//*[@ID="${ASSERTION_ID}"]`, 'inclusive')
const wholeDocument = (referenceUri: string) => bent({ referenceUri, digested: () => canonicalForm(unsigned(), '/*') })

const places = (): readonly Hostile[] => [
  document(
    'the signature before the Issuer',
    'S-11',
    () => bent({ place: (xml, _, signature) => swapped(xml, /(?<=<saml:Assertion[^>]*>)/, signature) }),
    ASSERTION_ID,
  ),
  document(
    'the signature last in the assertion',
    'S-11',
    () => bent({ place: (xml, _, signature) => swapped(xml, '</saml:Assertion>', `${signature}</saml:Assertion>`) }),
    ASSERTION_ID,
  ),
  document(
    'the signature inside Subject',
    'S-11',
    () => bent({ place: (xml, _, signature) => swapped(xml, '<saml:Subject>', `<saml:Subject>${signature}`) }),
    ASSERTION_ID,
  ),
  document(
    'the signature inside Advice',
    'S-11',
    () =>
      bent(
        { place: (xml, _, signature) => swapped(xml, '<saml:Advice/>', `<saml:Advice>${signature}</saml:Advice>`) },
        aResponse({ sign: 'neither', advice: '<saml:Advice/>' }).xml,
      ),
    ASSERTION_ID,
  ),
  document("the assertion's signature beside it, detached", 'S-11', () =>
    bent({ place: (xml, _, signature) => swapped(xml, '<saml:Assertion', `${signature}<saml:Assertion`) }),
  ),
  document(
    "the assertion's signature in the Response's place",
    'S-11, S-12',
    () => bent({ place: (xml, _, signature) => withSignature(xml, RESPONSE_ID, signature) }),
    RESPONSE_ID,
  ),
  document(
    "the Response's signature last in it",
    'S-11',
    () =>
      handSigned(unsigned(), RESPONSE_ID, {
        place: (xml, _, signature) => swapped(xml, '</samlp:Response>', `${signature}</samlp:Response>`),
      }),
    RESPONSE_ID,
  ),
  document(
    "the Response's signature inside Status",
    'S-11',
    () =>
      handSigned(unsigned(), RESPONSE_ID, {
        place: (xml, _, signature) => swapped(xml, '</samlp:Status>', status(signature)),
      }),
    RESPONSE_ID,
  ),
  document('two Signatures, the good one first', 'S-11', () => bent({}, strangersResponse()), ASSERTION_ID),
  document('two Signatures, the good one last', 'S-11', () =>
    bent(
      {
        place: (xml, _, signature) =>
          swapped(xml, signatureIn(strangersResponse()), signatureIn(strangersResponse()) + signature),
      },
      strangersResponse(),
    ),
  ),
  document('the same Signature twice', 'S-11', () =>
    swapped(good(), signatureIn(good()), signatureIn(good()).repeat(2)),
  ),
  document(
    'a Signature inside the KeyInfo of the good one',
    'S-11',
    () => swapped(good(), '</ds:KeyInfo>', `${signatureIn(strangersResponse())}</ds:KeyInfo>`),
    ASSERTION_ID,
  ),
  document(
    'a decoy with the same SignatureValue that holds an evil Attribute',
    'OneUptime #2949: it drops out of the digest',
    () => {
      const value = /<ds:SignatureValue>.*<\/ds:SignatureValue>/.exec(good())?.[0] ?? ''
      const evil = '<saml:Attribute Name="groups"><saml:AttributeValue>admins</saml:AttributeValue></saml:Attribute>'
      const decoy = `<ds:Signature xmlns:ds="${names.DSIG}">${honestInfo()}${value}<ds:Object>${evil}</ds:Object></ds:Signature>`
      return swapped(good(), '<saml:AttributeStatement>', `<saml:AttributeStatement>${decoy}`)
    },
  ),
  document(
    'a decoy with the same SignatureValue that holds a NameID',
    'OneUptime #2949: it drops out of the digest',
    () => {
      const value = /<ds:SignatureValue>.*<\/ds:SignatureValue>/.exec(good())?.[0] ?? ''
      const decoy = `<ds:Signature xmlns:ds="${names.DSIG}">${honestInfo()}${value}<ds:Object><saml:NameID>admin</saml:NameID></ds:Object></ds:Signature>`
      return swapped(good(), '<saml:Subject>', `<saml:Subject>${decoy}`)
    },
  ),
  document('a signature that is not enveloped but around', 'S-11', () => {
    const assertion = withoutSignature(good())
    return `<ds:Signature xmlns:ds="${names.DSIG}">${honestInfo()}<ds:SignatureValue>${base64('x')}</ds:SignatureValue><ds:Object>${assertion}</ds:Object></ds:Signature>`
  }),
]

const strangersResponse = once(() => aResponse({ signature: { by: stranger, certificate: stranger.certificate } }).xml)
