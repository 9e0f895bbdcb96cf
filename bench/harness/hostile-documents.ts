import { constants, createCipheriv, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import { asField, DSIG, EXCLUSIVE, IDP_ENTITY, SAML, SAMLP } from './saml-idp.ts'

/** What a stranger has: a response somebody once got, and the public half of our decryption key. */
export type Stranger = { readonly genuine: string; readonly encryptTo: KeyObject }

export type HostileDocument = {
  readonly name: string
  /** The form field of a document with this share, 0 to 1, of what is in its largest one. */
  readonly field: (share: number) => string
}

/** contract.md, ACS limits; security.md S-6: just inside is where it costs most. */
const BYTES = 255_000
const ELEMENTS = 11_950
const DEPTH = 40
const ATTRIBUTES = 100
const DECLARATIONS = 98
const XENC = 'http://www.w3.org/2001/04/xmlenc#'
const AES256_GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm'

/** Everybody's worst document, as far as we could think of it. Each grows with its share of the bounds. */
export const hostileDocuments = (stranger: Stranger): readonly HostileDocument[] => [
  ...plain(),
  ...attributes(),
  ...characters(),
  ...signedInfos(),
  ...replays(stranger),
  ...encrypted(stranger),
]

const plain = (): readonly HostileDocument[] => [
  document('empty elements', (share) => response({ status: empties(ELEMENTS * share) })),
  document('empty elements, 37 deep', (share) => response({ status: deep(empties(ELEMENTS * share)) })),
  document('chains, 36 deep', (share) => response({ status: deep('', 36).repeat((ELEMENTS / 36) * share) })),
  document('elements, 37 deep, a signature that does not hold', (share) =>
    response({ status: deep(empties((ELEMENTS - 50) * share)), signature: signature() }),
  ),
  document('elements that end far from where they start', (share) =>
    response({ status: '<x>'.repeat(37) + '<y></y>'.repeat((ELEMENTS - 40) * share) + '</x>'.repeat(37) }),
  ),
  document('nested past the bound', (share) => response({ status: deep('', 20_000 * share) })),
  document('blanks between elements', (share) =>
    response({ status: `<x/>${' '.repeat(17)}`.repeat(ELEMENTS * share) }),
  ),
  document('ids', (share) => response({ status: numbered(ELEMENTS * share, (at) => `<x ID="${at}"/>`) })),
  document('status words', (share) =>
    response({ status: numbered(6_000 * share, () => '<x Value="urn:oasis:names:tc:SAML:2."/>') }),
  ),
]

const attributes = (): readonly HostileDocument[] => [
  document('100 attributes an element', (share) =>
    response({ status: attributed(share, (at) => ` ${nameOf(at)}=""`) }),
  ),
  document('attributes of a prefix that is declared 37 scopes away', (share) =>
    response({
      on: ' xmlns:p="u:"',
      status: deep(
        attributed(share * 0.98, (at) => ` p:${nameOf(at)}=""`),
        37,
        (at) => ` xmlns:q${at}="u:"`,
      ),
    }),
  ),
  document('attributes in a namespace with a long name', (share) =>
    response({
      on: ` xmlns:p="${longName(120_000 * share)}"`,
      status: attributed(share * 0.5, (at) => ` p:${nameOf(at)}=""`),
    }),
  ),
  document('attributes in two namespaces with the same long name', (share) =>
    response({
      on: ` xmlns:p="${longName(60_000 * share)}" xmlns:q="${longName(60_000 * share)}v"`,
      status: attributed(share * 0.5, (at) => ` ${at % 2 === 0 ? 'p' : 'q'}:${nameOf(at)}=""`),
    }),
  ),
  document('a hundred declarations an element', (share) =>
    response({ status: attributed(share, (at) => ` xmlns:${nameOf(at)}="u:"`) }),
  ),
]

const characters = (): readonly HostileDocument[] => [
  document('character references in text', (share) => response({ status: `<x>${'&#9;'.repeat(63_000 * share)}</x>` })),
  document('character references in an attribute', (share) =>
    response({ status: `<x a="${'&lt;'.repeat(63_000 * share)}"/>` }),
  ),
  document('references in small pieces', (share) => response({ status: '<x>&#9;</x>'.repeat(ELEMENTS * share) })),
  document('carriage returns', (share) => response({ status: '\r'.repeat(254_000 * share) })),
  document('tabs in an attribute', (share) => response({ status: `<x a="${'\t'.repeat(254_000 * share)}"/>` })),
  document('characters past U+FFFF', (share) => response({ status: `<x>${'😀'.repeat(63_000 * share)}</x>` })),
  document('a long name', (share) => response({ status: `<${'x'.repeat(254_000 * share)}/>` })),
  document('an attribute that does not begin', (share) => response({ status: `<x${' '.repeat(254_000 * share)}` })),
  {
    name: 'base64 a letter a line, elements 37 deep',
    field: (share) =>
      asField(response({ status: deep(empties(ELEMENTS * share)) + ' '.repeat(80_000 * share) })).replaceAll(
        /./g,
        '$&\n',
      ),
  },
]

/** Signatures nobody made: what stands in them is read before anything is known of who wrote it. */
const signedInfos = (): readonly HostileDocument[] => [
  document('a signature that does not hold', () => response({ signature: signature() })),
  document('300 references', (share) =>
    response({ signature: signature({ references: reference().repeat(300 * share) }) }),
  ),
  document('a long SignatureValue in short lines', (share) =>
    response({ signature: signature({ value: 'A\n'.repeat(126_000 * share) }) }),
  ),
  document('a long DigestValue in short lines', (share) =>
    response({ signature: signature({ references: reference({ digest: 'A\n'.repeat(120_000 * share) }) }) }),
  ),
  document('InclusiveNamespaces in the other transform', (share) =>
    response({
      signature: signature({
        references: reference({ enveloped: '<InclusiveNamespaces/>'.repeat(11_500 * share) }),
      }),
    }),
  ),
  document('a long PrefixList', (share) =>
    response({ signature: signature({ prefixes: numbered(55_000 * share, (at) => `${nameOf(at)} `) }) }),
  ),
  document('elements in SignatureMethod', (share) =>
    response({ signature: signature({ method: empties(11_900 * share) }) }),
  ),
  document('elements in SignatureMethod, a long namespace name written at each', (share) =>
    response({
      on: ` xmlns:p="${longName(180_000 * share)}"`,
      signature: signature({ method: '<p:x/>'.repeat(11_900 * share) }),
    }),
  ),
  document('elements in SignatureMethod, namespace names of 200 characters', (share) =>
    response({
      on: numbered(48, (at) => ` xmlns:${nameOf(at)}="${longName(195)}${nameOf(at)}"`),
      signature: signature({
        method: `<x${numbered(48, (at) => ` ${nameOf(at)}:a=""`)}/>`.repeat(600 * share),
      }),
    }),
  ),
  document('20 prefixes that nothing declares, looked for past 3,000 declarations', (share) =>
    response({
      signature: signature({
        prefixes: numbered(20, (at) => `z${at} `),
        method: deep(empties(11_000 * share), 34, () =>
          numbered(DECLARATIONS * share, (at) => ` xmlns:${nameOf(at)}="u:"`),
        ),
      }),
    }),
  ),
  document('prefixes that are all in use 34 elements up', (share) =>
    response({
      signature: signature({
        method: deep(
          '<x a:a=""/>'.repeat(8_000 * share),
          34,
          (level) =>
            numbered(45 * share, (at) => ` xmlns:p${level}${nameOf(at)}="u:"`) +
            numbered(45 * share, (at) => ` p${level}${nameOf(at)}:a${at}=""`),
          ' xmlns:a="a:" a:a=""',
        ),
      }),
    }),
  ),
]

/** The statement is the IdP's and so is the signature on it; what it is said to be about is not. */
const replays = ({ genuine }: Stranger): readonly HostileDocument[] => {
  const replayed = (attributes: string, content: string): string =>
    genuine
      .replace('<saml:Assertion ', `<saml:Assertion${attributes} `)
      .replace('</ds:Signature>', `</ds:Signature>${content}`)
  return [
    document('a genuine statement, another assertion of empty elements', (share) =>
      replayed('', empties(ELEMENTS * share)),
    ),
    document('a genuine statement, elements 38 deep', (share) => replayed('', deep(empties((ELEMENTS - 50) * share)))),
    document('a genuine statement, a hundred attributes an element', (share) =>
      replayed(
        '',
        attributed(share * 0.98, (at) => ` ${nameOf(ATTRIBUTES - at)}=""`),
      ),
    ),
    document('a genuine statement, a long namespace name written at each element', (share) =>
      replayed(` xmlns:p="${longName(180_000 * share)}"`, '<p:x/>'.repeat(11_000 * share)),
    ),
    document('a genuine statement, a namespace name of 200 characters written at each element', (share) =>
      replayed(` xmlns:p="${longName(195)}"`, '<p:x/>'.repeat(11_000 * share)),
    ),
    document('a genuine statement, fifty namespace names of 200 characters written at each element', (share) =>
      replayed(
        numbered(50, (at) => ` xmlns:${nameOf(at)}="${longName(190)}${nameOf(at)}"`),
        `<x${numbered(45, (at) => ` ${nameOf(at)}:a=""`)}/>`.repeat(580 * share),
      ),
    ),
    document('a genuine statement, text that grows as it is written out', (share) =>
      replayed('', `<x>${'>'.repeat(248_000 * share)}</x>`),
    ),
    document('a genuine statement, its prefixes looked for past 3,000 declarations', (share) =>
      replayed(
        '',
        deep(empties(11_000 * share), 36, () => numbered(DECLARATIONS * share, (at) => ` xmlns:${nameOf(at)}="u:"`)),
      ),
    ),
  ]
}

const encrypted = ({ encryptTo }: Stranger): readonly HostileDocument[] => [
  document('encrypted junk', (share) => response({ assertion: sealed(randomBytes(180_000 * share), encryptTo, true) })),
  document('encrypted with our key, elements 38 deep inside and out', (share) =>
    response({
      status: deep(empties((ELEMENTS - 100) * share)),
      assertion: sealed(
        Buffer.from(assertion({ content: deep(empties((ELEMENTS - 50) * share), 38), signature: signature() })),
        encryptTo,
      ),
    }),
  ),
]

const document = (name: string, xml: (share: number) => string): HostileDocument => ({
  name,
  field: (share) => asField(xml(share)),
})

type Parts = {
  readonly on?: string
  readonly status?: string
  readonly signature?: string
  readonly content?: string
  readonly assertion?: string
}

const response = ({ on = '', status = '', ...parts }: Parts): string =>
  `<samlp:Response xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}"${on} ID="_r" Version="2.0">` +
  `<saml:Issuer>${IDP_ENTITY}</saml:Issuer><samlp:Status>` +
  `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>${status}</samlp:Status>` +
  `${parts.assertion ?? assertion(parts)}</samlp:Response>`

const assertion = ({ signature = '', content = '' }: Parts): string =>
  `<saml:Assertion xmlns:saml="${SAML}" ID="_a" Version="2.0"><saml:Issuer>${IDP_ENTITY}</saml:Issuer>` +
  `${signature}${content}</saml:Assertion>`

const VALUE = Buffer.alloc(256).toString('base64')
const DIGEST = Buffer.alloc(32).toString('base64')

function signature({ references = reference(), value = VALUE, method = '', prefixes = '' } = {}): string {
  const inclusive =
    prefixes === '' ? '' : `<ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE}" PrefixList="${prefixes.trim()}"/>`
  return (
    `<ds:Signature xmlns:ds="${DSIG}"><ds:SignedInfo>` +
    `<ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}">${inclusive}</ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256">${method}</ds:SignatureMethod>` +
    `${references}</ds:SignedInfo><ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`
  )
}

function reference({ digest = DIGEST, enveloped = '' } = {}): string {
  return (
    '<ds:Reference URI="#_a"><ds:Transforms>' +
    `<ds:Transform Algorithm="${DSIG}enveloped-signature">${enveloped}</ds:Transform>` +
    `<ds:Transform Algorithm="${EXCLUSIVE}"/></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${XENC}sha256"/><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`
  )
}

/** XML Encryption 1.1 with RSA-OAEP and AES-256-GCM; `spoilt`: the tag does not hold. */
function sealed(text: Buffer, encryptTo: KeyObject, spoilt = false): string {
  const [key, iv] = [randomBytes(32), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const body = Buffer.concat([iv, cipher.update(text), cipher.final(), spoilt ? Buffer.alloc(16) : cipher.getAuthTag()])
  const wrapped = publicEncrypt({ key: encryptTo, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key)
  const data = (value: Buffer) =>
    `<xenc:CipherData><xenc:CipherValue>${value.toString('base64')}</xenc:CipherValue></xenc:CipherData>`
  return (
    `<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="${XENC}">` +
    `<xenc:EncryptionMethod Algorithm="${AES256_GCM}"/><ds:KeyInfo xmlns:ds="${DSIG}"><xenc:EncryptedKey>` +
    `<xenc:EncryptionMethod Algorithm="${XENC}rsa-oaep-mgf1p"/>${data(wrapped)}</xenc:EncryptedKey></ds:KeyInfo>` +
    `${data(body)}</xenc:EncryptedData></saml:EncryptedAssertion>`
  )
}

const numbered = (count: number, make: (at: number) => string): string =>
  Array.from({ length: Math.floor(count) }, (_, at) => make(at)).join('')

/** Of a namespace. It is absolute: canonical XML knows no other, and libxml2 stops at one. */
const longName = (length: number): string => `urn:${'u'.repeat(length)}`

const empties = (count: number): string => '<x/>'.repeat(count)

/** So many elements in one another around the content; `on` says what stands in each one's tag. */
const deep = (content: string, levels = DEPTH - 3, on: (level: number) => string = () => '', onFirst = ''): string =>
  numbered(levels, (level) => `<x${level === 0 ? onFirst : ''}${on(level)}>`) + content + '</x>'.repeat(levels)

/** As many elements with a hundred attributes each as have room. */
function attributed(share: number, attribute: (at: number) => string): string {
  const element = `<x${numbered(ATTRIBUTES, attribute)}/>`
  return element.repeat(Math.floor(((BYTES - 2_000) * share) / element.length))
}

/** a, b, … z, aa, ab, …: short, and each another. */
const nameOf = (at: number): string =>
  (at < 26 ? '' : nameOf(Math.floor(at / 26) - 1)) + String.fromCharCode(97 + (at % 26))
