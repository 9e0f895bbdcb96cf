import { idp, nextIdp, secondsFromNow, SP, stranger } from './a-saml-world.ts'
import { ALICE, aResponse, ASSERTION_ID, RESPONSE_ID, type ResponseShape } from './a-response.ts'
import { handSigned, keyInfoOf } from './a-signature.ts'
import { base64, once } from './markup.ts'
import * as names from './names.ts'

/** What the gateway must have been told before it may accept a response. */
type Need = 'cbc' | 'sha1' | 'second-certificate' | 'decryption-key' | 'subject-attribute'

export type Legitimate = {
  readonly name: string
  readonly xml: string
  readonly field: string
  /** By the Attribute's Name. An Attribute without a value is there, and empty. */
  readonly expect: { readonly nameId: string; readonly attributes: Readonly<Record<string, readonly string[]>> }
  readonly needs?: readonly Need[]
  /** The IDs of the elements whose signature can be seen without opening anything. */
  readonly signedIds: readonly string[]
}

type Said = { expect?: Legitimate['expect']; needs?: readonly Need[]; signedIds?: readonly string[] }

/** Responses that honest IdPs send (idps.md), each correct at `NOW` and each to be accepted. */
export const legitimateResponses: () => readonly Legitimate[] = once(() => [
  ...signing(),
  ...writing(),
  ...attributes(),
  ...profile(),
  ...encryption(),
  ...vendors(),
])

/** A response made when it is first looked at. */
function legitimate(name: string, make: () => string, said: Said = {}): Legitimate {
  const xml = once(make)
  const { expect = ALICE, needs, signedIds = [ASSERTION_ID] } = said
  return {
    name,
    expect,
    signedIds,
    ...(needs !== undefined && { needs }),
    get xml() {
      return xml()
    },
    get field() {
      return base64(xml())
    },
  }
}

function shaped(name: string, shape: Partial<ResponseShape>, said: Said = {}): Legitimate {
  const signedIds = {
    assertion: [ASSERTION_ID],
    response: [RESPONSE_ID],
    both: [RESPONSE_ID, ASSERTION_ID],
    neither: [],
  }[shape.sign ?? 'assertion']
  return legitimate(name, () => aResponse(shape).xml, { signedIds, ...said })
}

const saying = (attributes: Record<string, readonly string[]>, nameId = 'alice'): Said => ({
  expect: { nameId, attributes },
})

const signing = (): readonly Legitimate[] => [
  shaped('assertion signed', {}),
  shaped('response signed', { sign: 'response' }),
  shaped('both signed', { sign: 'both' }),
  shaped('no KeyInfo', { signature: { certificate: null } }),
  shaped('no KeyInfo, both signed', { sign: 'both', signature: { certificate: null } }),
  shaped(
    'signed with the second certificate',
    { signature: { by: nextIdp, certificate: nextIdp.certificate } },
    { needs: ['second-certificate'] },
  ),
  shaped(
    'signed with the second certificate, no KeyInfo',
    { signature: { by: nextIdp, certificate: null } },
    { needs: ['second-certificate'] },
  ),
  shaped("a stranger's certificate in KeyInfo, which nobody reads", {
    signature: { certificate: stranger.certificate },
  }),
  shaped('RSA-SHA384', { signature: { algorithm: names.RSA_SHA384, digest: names.SHA384 } }),
  shaped('RSA-SHA512', { signature: { algorithm: names.RSA_SHA512, digest: names.SHA512 } }),
  shaped(
    'RSA-SHA1, where it is allowed',
    { signature: { algorithm: names.RSA_SHA1, digest: names.SHA1 } },
    { needs: ['sha1'] },
  ),
  shaped('the signature in its default namespace', { sign: 'both', signature: { prefix: '' } }),
  shaped('the signature under another prefix', { signature: { prefix: 'dsig' } }),
  shaped('InclusiveNamespaces with a prefix of the assertion', { signature: { prefixList: ['xs'] } }),
  shaped('InclusiveNamespaces with a prefix of the Response', {
    typesDeclaredOn: 'response',
    signature: { prefixList: ['xs'] },
  }),
  legitimate('a signature over many lines, as xmlsec writes it', () =>
    handSigned(aResponse({ sign: 'neither' }).xml, ASSERTION_ID, {
      prefix: '',
      between: '\n',
      line: 64,
      keyInfo: keyInfoOf(idp.certificate),
    }),
  ),
]

const writing = (): readonly Legitimate[] => [
  shaped('prefixes saml2p: and saml2:', { style: 'saml2', sign: 'both' }),
  shaped('no prefixes at all', { style: 'default', sign: 'both' }),
  shaped('a prefix for the protocol only', { style: 'mixed', sign: 'both' }),
  shaped('prefixes declared once, on the Response', { declareOnResponse: true }),
  shaped('each element on its own line', { pretty: true }),
  shaped('each element on its own line, both signed', { pretty: true, style: 'saml2', sign: 'both' }),
  legitimate('lines that end as on Windows', () => aResponse({ pretty: true }).xml.replaceAll('\n', '\r\n')),
  shaped('an XML declaration', { prolog: '<?xml version="1.0" encoding="UTF-8"?>' }),
  shaped('an XML declaration in its other spelling', {
    prolog: "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n",
  }),
  legitimate('single quotes and blanks in the tags', () =>
    aResponse()
      .xml.replaceAll(' Version="2.0"', "\n  Version = '2.0' ")
      .replaceAll('</saml:NameID>', '</saml:NameID >'),
  ),
  legitimate('a blank line after the root', () => `${aResponse().xml}\n\n`),
  shaped('no xsi:type', { typesDeclaredOn: null }),
  shaped('types declared where they are used', { typesDeclaredOn: 'value' }),
  legitimate('exactly 256 KiB', () => ofSize(256 * 1024), saying({ note: ['x'.repeat(paddingFor(256 * 1024))] })),
]

const noted = (length: number) => aResponse({ attributes: [{ name: 'note', values: ['x'.repeat(length)] }] }).xml
const bareSize = once(() => noted(1).length - 1)
const paddingFor = (bytes: number): number => bytes - bareSize()
/** A response of so many bytes, correctly signed. */
export const ofSize = (bytes: number): string => noted(paddingFor(bytes))

const thousand = Array.from({ length: 1000 }, (_, index) => `00g${index.toString(16).padStart(8, '0')}-team`)
const unicode = ['Ärzte', '管理者', 'команда', 'e\u0301quipe', '👩‍💻', 'a\u00a0b']

const attributes = (): readonly Legitimate[] => [
  shaped(
    'an Attribute without AttributeValue',
    { attributes: [{ name: 'groups', values: [] }] },
    saying({ groups: [] }),
  ),
  shaped(
    'groups absent',
    { attributes: [{ name: 'mail', values: ['alice@example.com'] }] },
    saying({ mail: ['alice@example.com'] }),
  ),
  shaped('no AttributeStatement', { attributes: [] }, saying({})),
  shaped(
    'forty values',
    { attributes: [{ name: 'groups', values: thousand.slice(0, 40) }] },
    saying({ groups: thousand.slice(0, 40) }),
  ),
  shaped('1000 groups', { attributes: [{ name: 'groups', values: thousand }] }, saying({ groups: thousand })),
  shaped(
    '1000 groups, both signed',
    { sign: 'both', attributes: [{ name: 'groups', values: thousand }] },
    saying({ groups: thousand }),
  ),
  shaped(
    'one Attribute for each value',
    { attributes: ['a', 'b', 'c'].map((group) => ({ name: 'groups', values: [group] })) },
    saying({ groups: ['a', 'b', 'c'] }),
  ),
  shaped(
    'names that are OIDs, with a FriendlyName',
    {
      attributes: [
        {
          name: 'urn:oid:0.9.2342.19200300.100.1.3',
          nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
          friendlyName: 'mail',
          values: ['alice@example.com'],
        },
        {
          name: 'urn:oid:1.3.6.1.4.1.5923.1.5.1.1',
          nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
          friendlyName: 'isMemberOf',
          values: ['platform'],
        },
      ],
    },
    saying({
      'urn:oid:0.9.2342.19200300.100.1.3': ['alice@example.com'],
      'urn:oid:1.3.6.1.4.1.5923.1.5.1.1': ['platform'],
    }),
  ),
  shaped('groups in many scripts', { attributes: [{ name: 'groups', values: unicode }] }, saying({ groups: unicode })),
  shaped(
    'blanks around a group, and inside it',
    { attributes: [{ name: 'groups', values: [' a  b '] }] },
    saying({ groups: [' a  b '] }),
  ),
  shaped(
    'a group that is empty text',
    { attributes: [{ name: 'groups', values: ['', 'a'] }] },
    saying({ groups: ['', 'a'] }),
  ),
  shaped(
    'values written with entities',
    {
      nameId: null,
      nameIdElement: `<saml:NameID Format="${names.PERSISTENT}">&#97;l&#x69;ce</saml:NameID>`,
      attributes: [
        {
          name: 'groups',
          values: [],
          content: '<saml:AttributeValue>R&amp;D &lt;&#65;&gt; &quot;x&quot; &apos;y&apos;</saml:AttributeValue>',
        },
      ],
    },
    saying({ groups: [`R&D <A> "x" 'y'`] }),
  ),
  shaped(
    'attributes by names that objects have already',
    {
      attributes: [
        { name: '__proto__', values: ['a'] },
        { name: 'constructor', values: ['b'] },
      ],
    },
    // As an own member: written as a literal it would be the prototype.
    saying(
      Object.fromEntries([
        ['__proto__', ['a']],
        ['constructor', ['b']],
      ]),
    ),
  ),
]

const profile = (): readonly Legitimate[] => [
  shaped("the IdP's clock is 50 seconds ahead", {
    issueInstant: secondsFromNow(50),
    responseIssueInstant: secondsFromNow(50),
    authnInstant: secondsFromNow(40),
    notBefore: secondsFromNow(50),
    notOnOrAfter: secondsFromNow(350),
    confirmationNotOnOrAfter: secondsFromNow(350),
  }),
  shaped('it ended 50 seconds ago', {
    issueInstant: secondsFromNow(-350),
    responseIssueInstant: secondsFromNow(-350),
    authnInstant: secondsFromNow(-360),
    notBefore: secondsFromNow(-350),
    notOnOrAfter: secondsFromNow(-50),
    confirmationNotOnOrAfter: secondsFromNow(-50),
  }),
  shaped('times with seven decimals', {
    issueInstant: '2030-01-01T08:59:59.1234567Z',
    notBefore: '2030-01-01T08:59:59.0000000Z',
    notOnOrAfter: '2030-01-01T09:59:59.000Z',
  }),
  shaped('windows of 24 hours', {
    notOnOrAfter: secondsFromNow(86_400),
    confirmationNotOnOrAfter: secondsFromNow(86_400),
  }),
  shaped('no SessionNotOnOrAfter', { sessionNotOnOrAfter: null }),
  shaped('Conditions without NotBefore', { notBefore: null }),
  shaped('two Audiences, one of them ours', { audiences: [['https://other.example.com/', SP]] }),
  shaped('two AudienceRestrictions, both with us', { audiences: [[SP], ['https://other.example.com/', SP]] }),
  shaped('OneTimeUse', { conditionsContent: '<saml:OneTimeUse/>' }),
  shaped('ProxyRestriction', { conditionsContent: '<saml:ProxyRestriction Count="0"/>' }),
  shaped('no Destination, the Response being unsigned', { destination: null }),
  shaped('a NameID with qualifiers', {
    nameIdAttributes: { NameQualifier: 'https://idp.example.com/saml', SPNameQualifier: SP, Format: names.PERSISTENT },
  }),
  shaped(
    'a NameID that is an e-mail address',
    { nameId: 'alice@example.com', nameIdAttributes: { Format: names.EMAIL } },
    {
      expect: { ...ALICE, nameId: 'alice@example.com' },
    },
  ),
  shaped('a NameID without a Format', { nameIdAttributes: {} }),
  shaped(
    'a transient NameID, the subject being an attribute',
    { nameId: '_9f3c', nameIdAttributes: { Format: names.TRANSIENT } },
    { expect: { ...ALICE, nameId: '_9f3c' }, needs: ['subject-attribute'] },
  ),
  shaped('a holder-of-key confirmation beside the bearer one', {
    subjectContent: '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"/>',
  }),
  shaped('a Consent', {
    responseAttributes: { Consent: 'urn:oasis:names:tc:SAML:2.0:consent:unspecified' },
  }),
]

const encryption = (): readonly Legitimate[] => {
  const sealed = (name: string, shape: Partial<ResponseShape>, needs: readonly Need[] = []) =>
    shaped(
      name,
      { encryption: {}, ...shape },
      {
        needs: ['decryption-key', ...needs],
        signedIds: shape.sign === 'response' || shape.sign === 'both' ? [RESPONSE_ID] : [],
      },
    )
  return [
    sealed('encrypted with AES-128-GCM', { encryption: { cipher: 'aes128-gcm' } }),
    sealed('encrypted with AES-256-GCM', { encryption: { cipher: 'aes256-gcm' } }),
    sealed('encrypted with AES-128-CBC, where it is allowed', { encryption: { cipher: 'aes128-cbc' } }, ['cbc']),
    sealed('encrypted with AES-256-CBC, where it is allowed', { encryption: { cipher: 'aes256-cbc' } }, ['cbc']),
    sealed('encrypted, OAEP with SHA-256', { encryption: { keyTransport: 'rsa-oaep' } }),
    sealed('encrypted, EncryptedKey beside EncryptedData', { encryption: { keyPlace: 'beside' } }),
    sealed('encrypted and signed, in a signed Response', { sign: 'both' }),
    sealed('encrypted and unsigned, in a signed Response', { sign: 'response' }),
    sealed('encrypted without prefixes', { style: 'default', sign: 'both' }),
    sealed('encrypted over many lines', { pretty: true, style: 'saml2' }),
  ]
}

/** Shapes of named products, after what they were seen to send. */
const vendors = (): readonly Legitimate[] => [
  legitimate(
    'as LemonLDAP::NG sends it',
    () => {
      const unsigned = aResponse({
        sign: 'neither',
        typesDeclaredOn: null,
        nameId: 'alice@example.com',
        nameIdAttributes: { Format: names.EMAIL },
        notBefore: secondsFromNow(0),
        notOnOrAfter: secondsFromNow(86_400),
        confirmationNotOnOrAfter: secondsFromNow(86_400),
        sessionNotOnOrAfter: secondsFromNow(72_000),
        attributes: [
          {
            name: 'mail',
            nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
            values: ['alice@example.com'],
          },
          { name: 'groups', friendlyName: 'groups', values: [] },
        ],
      }).xml
      const lasso = { prefix: '', between: '\n', line: 64, keyInfo: keyInfoOf(idp.certificate) }
      return handSigned(handSigned(unsigned, ASSERTION_ID, lasso), RESPONSE_ID, lasso)
    },
    {
      expect: { nameId: 'alice@example.com', attributes: { mail: ['alice@example.com'], groups: [] } },
      signedIds: [RESPONSE_ID, ASSERTION_ID],
    },
  ),
  shaped('as SimpleSAMLphp sends it', {
    sign: 'both',
    declareOnResponse: true,
    notBefore: secondsFromNow(-30),
    nameIdAttributes: { SPNameQualifier: SP, Format: names.PERSISTENT },
    attributes: ALICE_BASIC,
  }),
  shaped('as Entra ID sends it', { style: 'mixed', typesDeclaredOn: null, signature: { prefix: '' } }),
  shaped('as Okta sends it', {
    style: 'saml2',
    sign: 'both',
    prolog: '<?xml version="1.0" encoding="UTF-8"?>',
    signature: { prefixList: ['xs'] },
  }),
  shaped('as Keycloak sends it', { sign: 'response', declareOnResponse: true, signature: { prefix: 'dsig' } }),
]

const ALICE_BASIC = Object.entries(ALICE.attributes).map(([name, values]) => ({
  name,
  nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  values,
}))
