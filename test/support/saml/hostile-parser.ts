import { aResponse, ASSERTION_ID, RESPONSE_ID } from './a-response.ts'
import { EVIL_ID, evilAssertion, good, inGroup, swapped, type Hostile } from './hostile.ts'
import { ASSERTION, DSIG, PERSISTENT } from './names.ts'

const { document } = inGroup('parser')

const NAME = `<saml:NameID Format="${PERSISTENT}">alice</saml:NameID>`
const named = (content: string) => swapped(good(), '>alice</saml:NameID>', `>${content}</saml:NameID>`)
const grouped = (content: string) => swapped(good(), '>platform<', `>${content}<`)
/** alice's response, where the IdP signed this name for her. */
const signedAs = (nameId: string, as: string) =>
  swapped(aResponse({ nameId }).xml, `>${nameId}</saml:NameID>`, `>${as}</saml:NameID>`)
const after = (xml: string, place: string, more: string) => swapped(xml, place, place + more)
const onResponse = (attribute: string) => swapped(good(), '<samlp:Response ', `<samlp:Response ${attribute} `)
const extension = (content: string) =>
  after(good(), '</saml:Issuer>', `<samlp:Extensions>${content}</samlp:Extensions>`)

/** The two halves of a response as bytes, around where the name stands. */
const aroundName = (): readonly [Buffer, Buffer] => {
  const [head = '', tail = ''] = good().split('>alice</saml:NameID>')
  return [Buffer.from(`${head}>`), Buffer.from(`</saml:NameID>${tail}`)]
}
const namedInBytes = (bytes: readonly number[]) => {
  const [head, tail] = aroundName()
  return Buffer.concat([head, Buffer.from(bytes), tail])
}

const laughs = (): string => {
  const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`)
  return `<!DOCTYPE x [<!ENTITY l0 "lol">${levels.join('')}]>`
}

/**
 * XML that two parsers read in two ways, or that none should. Where it can be, the signature is still good to whoever reads it
 * as the attacker hopes (security.md S-3 to S-6, S-10, S-19).
 */
export const hostileParser = (): readonly Hostile[] => [
  ...doctypes(),
  ...markup(),
  ...forms(),
  ...characters(),
  ...ids(),
]

const doctypes = (): readonly Hostile[] => [
  document('DOCTYPE without entities', 'S-4', () => `<!DOCTYPE x>${good()}`, ASSERTION_ID),
  document('DOCTYPE with an internal subset', 'S-4', () => `<!DOCTYPE x []>${good()}`, ASSERTION_ID),
  document(
    'internal entity in NameID',
    'it stands for what was signed',
    () => `<!DOCTYPE x [<!ENTITY who "alice">]>${named('&who;')}`,
  ),
  document(
    'internal entity that hides text from a reader of text nodes',
    'admin to one, what was signed to another',
    () => `<!DOCTYPE x [<!ENTITY rest ".evil.example.com">]>${signedAs('admin.evil.example.com', 'admin&rest;')}`,
  ),
  document(
    'external entity of a file',
    'XXE',
    () => `<!DOCTYPE x [<!ENTITY who SYSTEM "file:///etc/hostname">]>${named('&who;')}`,
  ),
  document(
    'external entity of a URL',
    'SSRF',
    () => `<!DOCTYPE x [<!ENTITY who SYSTEM "http://127.0.0.1:9/">]>${named('&who;')}`,
  ),
  document('external DTD', 'SSRF', () => `<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">${good()}`),
  document(
    'parameter entity',
    'XXE',
    () => `<!DOCTYPE x [<!ENTITY % more SYSTEM "file:///etc/hostname"> %more;]>${good()}`,
  ),
  document('billion laughs', 'a kilobyte becomes gigabytes', () => `${laughs()}${named('&l9;')}`),
  document(
    'quadratic blow-up',
    'a long entity used often',
    () => `<!DOCTYPE x [<!ENTITY long "${'x'.repeat(50_000)}">]>${named('&long;'.repeat(5000))}`,
  ),
  document(
    'default attribute from the DOCTYPE',
    'the document is another with the DTD',
    () => `<!DOCTYPE x [<!ATTLIST samlp:Status ID CDATA "${ASSERTION_ID}">]>${good()}`,
  ),
  document(
    'default namespace from the DOCTYPE',
    'the document is another with the DTD',
    () => `<!DOCTYPE x [<!ATTLIST saml:Subject xmlns:saml CDATA "urn:evil">]>${good()}`,
  ),
  document('DOCTYPE after the XML declaration', 'S-4', () => `<?xml version="1.0"?>\n<!DOCTYPE x>\n${good()}`),
  document('DOCTYPE in small letters', 'not even a DOCTYPE', () => `<!doctype x>${good()}`),
]

const markup = (): readonly Hostile[] => [
  document('processing instruction in NameID', 'xml-crypto reads it as text, a DOM as nothing', () =>
    signedAs('not-admin@example.com', '<?p not-?>admin@example.com'),
  ),
  document('processing instruction that cuts NameID in two', 'a reader of the first text node stops', () =>
    named('ali<?x?>ce'),
  ),
  document('processing instruction before the root', 'S-4', () => `<?x y?>${good()}`, ASSERTION_ID),
  document('processing instruction after the root', 'S-4', () => `${good()}<?x y?>`, ASSERTION_ID),
  document('style sheet', 'S-4', () => `<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>${good()}`, ASSERTION_ID),
  document(
    'comment in NameID',
    'Duo 2018: the first text node is another name',
    () => signedAs('admin@example.com.evil.example.net', 'admin@example.com<!---->.evil.example.net'),
    ASSERTION_ID,
  ),
  document(
    'comment in a group',
    'the first text node is another group',
    () =>
      swapped(
        aResponse({ attributes: [{ name: 'groups', values: ['admins-of-nothing'] }] }).xml,
        'admins-of-nothing',
        'admins<!-- -->-of-nothing',
      ),
    ASSERTION_ID,
  ),
  document('comment before the root', 'S-4', () => `<!-- -->${good()}`, ASSERTION_ID),
  document(
    'comment between elements',
    'S-4',
    () => swapped(good(), '<saml:Subject>', '<!-- --><saml:Subject>'),
    ASSERTION_ID,
  ),
  document('comment in DigestValue', 'CVE-2025-29775', () => after(good(), '<ds:DigestValue>', '<!--AAAA-->')),
  document('comment in SignatureValue', 'S-4', () => after(good(), '<ds:SignatureValue>', '<!--AAAA-->')),
  document(
    'CDATA in NameID',
    'canonical XML makes text of it, a reader of text nodes nothing',
    () => named('<![CDATA[alice]]>'),
    ASSERTION_ID,
  ),
  document(
    'CDATA that cuts a group in two',
    'the first text node is another group',
    () => grouped('plat<![CDATA[form]]>'),
    ASSERTION_ID,
  ),
  document('CDATA with markup in it', 'S-4', () => grouped('<![CDATA[</saml:AttributeValue>]]>')),
  document('XInclude', 'a reader that includes reads a file', () =>
    extension('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'),
  ),
]

const forms = (): readonly Hostile[] => [
  document('second root after', 'S-5', () => good() + evilAssertion()),
  document(
    'evil Response before the signed one',
    'S-5',
    () => aResponse({ nameId: 'admin', sign: 'neither' }).xml + good(),
  ),
  document('text after the root', 'S-5', () => `${good()}x`),
  document('text before the root', 'S-5', () => `x${good()}`),
  document('nothing but blanks', 'S-5', () => ' \n '),
  document('nothing but an XML declaration', 'S-5', () => '<?xml version="1.0"?>'),
  document('the end tag of the root missing', 'S-5', () => swapped(good(), '</samlp:Response>', '')),
  document('cut in the middle', 'S-5', () => good().slice(0, Math.floor(good().length / 2))),
  document('cut inside a tag', 'S-5', () => good().slice(0, good().indexOf('Destination'))),
  document('end tags that cross', 'S-5', () =>
    swapped(good(), '</saml:Assertion></samlp:Response>', '</samlp:Response></saml:Assertion>'),
  ),
  document('an end tag with another prefix', 'S-5', () =>
    swapped(onResponse(`xmlns:s2="${ASSERTION}"`), '</saml:Subject>', '</s2:Subject>'),
  ),
  document('an end tag too many', 'S-5', () => `${good()}</samlp:Response>`),
  document('junk in an end tag', 'xmldom GHSA-6h8r', () =>
    swapped(good(), '</saml:NameID>', '</saml:NameID junk="1">'),
  ),
  document('a blank before the name of a tag', 'S-5', () => swapped(good(), '<saml:Subject>', '< saml:Subject>')),
  document('< in an attribute', 'S-5', () => onResponse('Consent="a<b"')),
  document('a bare & in text', 'S-5', () => grouped('R&D')),
  document('a bare & in an attribute', 'S-5', () => onResponse('Consent="a&b"')),
  document(']]> in text', 'XML 1.0 §2.4', () => grouped('a]]>b')),
  document('an attribute without quotes', 'S-5', () => onResponse('Consent=a')),
  document('an attribute without a value', 'S-5', () => onResponse('Consent')),
  document('attributes with no blank between them', 'S-5', () => onResponse('Consent="a"x="b"')),
  document('an attribute twice', 'S-5', () =>
    swapped(good(), ` ID="${ASSERTION_ID}"`, ` ID="${ASSERTION_ID}" ID="${EVIL_ID}"`),
  ),
  document('an attribute twice by two prefixes', 'Namespaces in XML §6.3', () =>
    onResponse('xmlns:u="urn:x" xmlns:v="urn:x" u:a="1" v:a="2"'),
  ),
  document('a namespace declared twice', 'S-5', () => onResponse(`xmlns:u="urn:x" xmlns:u="urn:y"`)),
  document('an undeclared prefix on an element', 'S-5', () => extension('<nobody:x/>')),
  document('an undeclared prefix on an attribute', 'S-5', () => onResponse('nobody:x="1"')),
  document('two colons in a name', 'S-5', () => extension('<a:b:c xmlns:a="urn:a" xmlns:b="urn:b"/>')),
  document('a prefix that is undeclared again', 'Namespaces in XML §5', () => extension('<x xmlns:saml=""/>')),
  document('the prefix xml bound to something else', 'Namespaces in XML §3', () => onResponse('xmlns:xml="urn:evil"')),
  document('the prefix xmlns bound', 'Namespaces in XML §3', () => onResponse('xmlns:xmlns="urn:evil"')),
  document('a prefix bound to the namespace of xmlns', 'Namespaces in XML §3', () =>
    onResponse('xmlns:u="http://www.w3.org/2000/xmlns/"'),
  ),
  document('the assertion under a prefix that was bound to another URI', 'S-7: a reader of prefixes is deceived', () =>
    swapped(
      good(),
      /<saml:Assertion .*<\/saml:Assertion>/,
      `<saml:Assertion xmlns:saml="urn:evil" ID="${EVIL_ID}" Version="2.0">x</saml:Assertion>`,
    ),
  ),
  document('Subject in another namespace, under the same prefix', 'S-7', () =>
    swapped(good(), '<saml:Subject>', '<saml:Subject xmlns:saml="urn:evil">'),
  ),
  document('evil assertion in another namespace, by the default one', 'S-7: a reader of local names is deceived', () =>
    extension(evilAssertion({ style: 'mixed' }).replace(`xmlns="${ASSERTION}"`, 'xmlns="urn:evil"')),
  ),
  document('a namespace that differs in case', 'S-7', () => good().replaceAll(ASSERTION, ASSERTION.toUpperCase())),
  document('a namespace with a blank at its end', 'S-7', () => good().replaceAll(ASSERTION, `${ASSERTION} `)),
  document('a Signature in another namespace', 'S-7', () =>
    good().replaceAll(`xmlns:ds="${DSIG}"`, 'xmlns:ds="urn:evil"'),
  ),
  document('an XML declaration that is not at the start', 'XML 1.0 §2.8', () => `\n<?xml version="1.0"?>${good()}`),
  document('two XML declarations', 'XML 1.0 §2.8', () => `<?xml version="1.0"?><?xml version="1.0"?>${good()}`),
  document('an XML declaration in capitals', 'XML 1.0 §2.8', () => `<?XML version="1.0"?>${good()}`),
  document('XML 1.1', 'other characters, other line ends', () => `<?xml version="1.1"?>${good()}`),
  document('XML 2.0', 'nobody knows it', () => `<?xml version="2.0"?>${good()}`),
]

const characters = (): readonly Hostile[] => [
  document(
    'encoding="utf-7"',
    'S-3: +ADw- is < to one reader',
    () => `<?xml version="1.0" encoding="utf-7"?>${grouped('+ADw-x+AD4-')}`,
  ),
  document('encoding="iso-8859-1"', 'S-3', () => `<?xml version="1.0" encoding="iso-8859-1"?>${grouped('\u00e4')}`),
  document('encoding="utf-16" over UTF-8', 'S-3', () => `<?xml version="1.0" encoding="utf-16"?>${good()}`),
  document('encoding="ebcdic-cp-us"', 'S-3', () => `<?xml version="1.0" encoding="ebcdic-cp-us"?>${good()}`),
  document('UTF-16, little-endian, with its mark', 'S-3', () => Buffer.from(`\ufeff${good()}`, 'utf16le')),
  document('UTF-16, big-endian, with its mark', 'S-3', () => Buffer.from(`\ufeff${good()}`, 'utf16le').swap16()),
  document('UTF-16 without a mark', 'S-3', () => Buffer.from(good(), 'utf16le')),
  document('UTF-32', 'S-3', () =>
    Buffer.from(new Uint32Array(Array.from(`\ufeff${good()}`, (character) => character.codePointAt(0) ?? 0)).buffer),
  ),
  document('UTF-8 with a byte order mark', 'S-3', () => `\ufeff${good()}`),
  document('a lone continuation byte', 'S-3', () => namedInBytes([0x61, 0x80, 0x62])),
  document('a byte that UTF-8 has not', 'S-3', () => namedInBytes([0x61, 0xff, 0x62])),
  document('an overlong <', 'S-3', () => namedInBytes([0xc0, 0xbc])),
  document('an overlong NUL', 'S-3', () => namedInBytes([0x61, 0xc0, 0x80])),
  document('a surrogate in UTF-8', 'S-3', () => namedInBytes([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80])),
  document('a sequence that is cut', 'S-3', () => namedInBytes([0xe2, 0x82])),
  document('a code point past the last', 'S-3', () => namedInBytes([0xf4, 0x90, 0x80, 0x80])),
  document('NUL in NameID', 'S-3: a reader in C stops', () => signedAs('admin-not', 'admin\0-not')),
  document('NUL after the root', 'S-3', () => `${good()}\0`),
  document('a control character', 'XML 1.0 §2.2', () => named('ali\u0008ce')),
  document('U+FFFF', 'XML 1.0 §2.2', () => named('alice\uffff')),
  document('a reference to NUL', 'XML 1.0 §2.2', () => named('alice&#0;')),
  document('a reference to a control character', 'XML 1.0 §2.2', () => named('alice&#x1;')),
  document('a reference to a surrogate', 'XML 1.0 §2.2', () => named('alice&#xD800;')),
  document('a reference to U+FFFE', 'XML 1.0 §2.2', () => named('alice&#xFFFE;')),
  document('a reference past the last code point', 'XML 1.0 §2.2', () => named('alice&#x110000;')),
  document('a reference to a huge number', 'XML 1.0 §2.2', () => named(`alice&#${'9'.repeat(400)};`)),
  document('a reference without digits', 'S-5', () => named('alice&#;')),
  document('a hexadecimal reference without its x', 'S-5', () => named('&#6C;lice')),
  document('a reference with a capital X', 'S-5', () => named('&#X61;lice')),
  document('a reference without a semicolon', 'S-5', () => named('&#97lice')),
  document('an entity that nobody declared', 'S-4', () => named('alice&nbsp;')),
  document('an entity in capitals', 'S-4', () => grouped('R&AMP;D')),
]

const ids = (): readonly Hostile[] => [
  document("the assertion's ID a second time, with a prefix", 'S-10: Fragile Lock', () =>
    onResponse(`xmlns:x="urn:x" x:ID="${ASSERTION_ID}"`),
  ),
  document("the assertion's ID a second time, as Id", 'S-10', () => onResponse(`Id="${ASSERTION_ID}"`)),
  document("the assertion's ID a second time, as id", 'S-10', () => onResponse(`id="${ASSERTION_ID}"`)),
  document("the assertion's ID a second time, as xml:id", 'S-10', () => onResponse(`xml:id="${ASSERTION_ID}"`)),
  document("the assertion's ID a second time, as wsu:Id", 'S-10', () =>
    onResponse(
      `xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="${ASSERTION_ID}"`,
    ),
  ),
  document("the assertion's ID a second time, on Status", 'S-10', () =>
    swapped(good(), '<samlp:Status>', `<samlp:Status ID="${ASSERTION_ID}">`),
  ),
  document("the assertion's ID a second time, on the Response", 'S-10', () =>
    swapped(good(), `ID="${RESPONSE_ID}"`, `ID="${ASSERTION_ID}"`),
  ),
  document('the ID spelled Id', 'S-10', () => swapped(good(), ` ID="${ASSERTION_ID}"`, ` Id="${ASSERTION_ID}"`)),
  document('an ID with a prefix instead of ID', 'S-10', () =>
    swapped(good(), ` ID="${ASSERTION_ID}"`, ` xmlns:x="urn:x" x:ID="${ASSERTION_ID}"`),
  ),
  document('ID and Id on one element, which differ', 'S-10', () =>
    swapped(good(), ` ID="${ASSERTION_ID}"`, ` ID="${EVIL_ID}" Id="${ASSERTION_ID}"`),
  ),
  document('xml:id on another element', 'S-10', () =>
    swapped(good(), NAME, NAME.replace('<saml:NameID', '<saml:NameID xml:id="n"')),
  ),
]
