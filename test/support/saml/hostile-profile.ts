import { aResponse, ASSERTION_ID, assertionIn, RESPONSE_ID, type ResponseShape } from './a-response.ts'
import { ACS, IDP, secondsFromNow, SP } from './a-saml-world.ts'
import { signed } from './a-signature.ts'
import { encryptedAssertion } from './an-encrypted-assertion.ts'
import { good, inGroup, swapped, type Hostile } from './hostile.ts'
import { ASSERTION, PERSISTENT, PROTOCOL, TRANSIENT } from './names.ts'

const { document } = inGroup('profile')

/** Signed on the assertion by the trusted key, and wrong. */
const wrong = (name: string, why: string, shape: Partial<ResponseShape>): Hostile =>
  document(name, why, () => aResponse(shape).xml, ASSERTION_ID)

/** The same with both signed, for what only the Response says. */
const wrongBoth = (name: string, why: string, shape: Partial<ResponseShape>): Hostile =>
  document(name, why, () => aResponse({ sign: 'both', ...shape }).xml, ASSERTION_ID)

/** An honest unsigned response, changed as text, with its assertion signed afterwards. */
const rewritten = (name: string, why: string, from: string | RegExp, to: string, id = ASSERTION_ID): Hostile =>
  document(name, why, () => signed(swapped(aResponse({ sign: 'neither' }).xml, from, to), id), id)

const OTHER = 'https://other.example.com/'
const HOUR = 3600
const ISSUER = `<saml:Issuer xmlns:saml="${ASSERTION}">${IDP}</saml:Issuer>`

/** Correctly signed by the IdP's own key, but not for us, not for now, not for this sign-in, or not of the profile. */
export const hostileProfile = (): readonly Hostile[] => [
  ...issuers(),
  ...addressees(),
  ...requests(),
  ...times(),
  ...subjects(),
  ...statements(),
  ...envelopes(),
]

const issuers = (): readonly Hostile[] => [
  wrong('the Issuer of the assertion is another', 'S-20', { issuer: OTHER }),
  wrong('the Issuer of the Response is another', 'S-20', { responseIssuer: OTHER }),
  wrongBoth('the Issuer of a signed Response is another', 'S-20', { responseIssuer: OTHER }),
  wrong('both Issuers are another', 'S-20', { issuer: OTHER, responseIssuer: OTHER }),
  wrong('no Issuer in the assertion', 'S-20', { issuer: null }),
  wrong('an empty Issuer', 'S-20', { issuer: '' }),
  wrong('an Issuer with a slash more', 'S-20: byte for byte', { issuer: `${IDP}/` }),
  wrong('an Issuer in capitals', 'S-20: byte for byte', { issuer: IDP.toUpperCase() }),
  wrong('an Issuer with a blank before it', 'S-20: byte for byte', { issuer: ` ${IDP}` }),
  rewritten(
    'two Issuers in the assertion',
    'S-20',
    '<saml:Subject>',
    `<saml:Issuer>${OTHER}</saml:Issuer><saml:Subject>`,
  ),
  rewritten('two Issuers in the Response', 'S-20', '<samlp:Status>', `${ISSUER}<samlp:Status>`),
  rewritten(
    'an Issuer with an element in it',
    'S-19',
    `>${IDP}</saml:Issuer><saml:Subject>`,
    `>${IDP}<x/></saml:Issuer><saml:Subject>`,
  ),
]

const addressees = (): readonly Hostile[] => [
  wrong('another Destination', 'S-23', { destination: 'https://gate.example.com/saml/other/acs' }),
  wrongBoth('another Destination in a signed Response', 'S-23', { destination: OTHER }),
  wrongBoth('no Destination in a signed Response', 'S-23', { destination: null }),
  document(
    'no Destination in a Response that alone is signed',
    'S-23',
    () => aResponse({ sign: 'response', destination: null }).xml,
    RESPONSE_ID,
  ),
  wrong('an empty Destination', 'S-23', { destination: '' }),
  wrong('a Destination that only begins as ours', 'S-23', { destination: `${ACS}.evil.example.com` }),
  wrong('a Destination with a query', 'S-23', { destination: `${ACS}?x=1` }),
  wrong('another Recipient', 'S-22', { recipient: 'https://gate.example.com/saml/other/acs' }),
  wrong('no Recipient', 'S-22', { recipient: null }),
  wrong('an empty Recipient', 'S-22', { recipient: '' }),
  wrong('a Recipient that only begins as ours', 'S-22', { recipient: `${ACS}/x` }),
  wrong('a Recipient in capitals', 'S-22', { recipient: ACS.toUpperCase() }),
  wrong('another Audience', 'S-21: issued for somebody else', { audiences: [[OTHER]] }),
  wrong('no AudienceRestriction', 'S-21', { audiences: [] }),
  wrong('an AudienceRestriction without Audience', 'S-21', { audiences: [[]] }),
  wrong('an empty Audience', 'S-21', { audiences: [['']] }),
  wrong('two AudienceRestrictions, one without us', 'S-21: every one of them', { audiences: [[SP], [OTHER]] }),
  wrong('two AudienceRestrictions, the first without us', 'S-21: every one of them', { audiences: [[OTHER], [SP]] }),
  wrong('an Audience with a slash more', 'S-21', { audiences: [[`${SP}/`]] }),
  wrong('an Audience that only begins as ours', 'S-21', { audiences: [[`${SP}.evil.example.com`]] }),
  wrong('an Audience of which we are a part', 'S-21', { audiences: [[`${OTHER} ${SP}`]] }),
  rewritten('an Audience with an element in it', 'S-19', `>${SP}</saml:Audience>`, `>${SP}<x/></saml:Audience>`),
  rewritten(
    'an Audience in another namespace',
    'S-7',
    `<saml:Audience>${SP}</saml:Audience>`,
    `<x:Audience xmlns:x="urn:x">${SP}</x:Audience>`,
  ),
]

const requests = (): readonly Hostile[] => [
  wrong('InResponseTo another request, in both places', 'S-24: session swap', {
    inResponseTo: '_another-request-1',
    responseInResponseTo: '_another-request-1',
  }),
  wrong('InResponseTo another request, in the assertion', 'S-24', { inResponseTo: '_another-request-1' }),
  wrong('InResponseTo another request, in the Response', 'S-24', { responseInResponseTo: '_another-request-1' }),
  wrongBoth('InResponseTo another request, in a signed Response', 'S-24', {
    responseInResponseTo: '_another-request-1',
  }),
  wrong('no InResponseTo at all', 'S-25: unsolicited', { inResponseTo: null, responseInResponseTo: null }),
  wrong('no InResponseTo in the assertion', 'S-24: stolen, unsolicited, put into our Response', { inResponseTo: null }),
  wrong('no InResponseTo in the Response', 'S-24', { responseInResponseTo: null }),
  wrong('an empty InResponseTo', 'S-24', { inResponseTo: '', responseInResponseTo: '' }),
]

const times = (): readonly Hostile[] => [
  wrong('no Conditions', 'S-21, S-26', { withConditions: false }),
  wrong('Conditions without times', 'S-26', { notBefore: null, notOnOrAfter: null }),
  wrong('Conditions without an end', 'S-26', { notOnOrAfter: null }),
  wrong('Conditions ended an hour ago', 'S-26', {
    notBefore: secondsFromNow(-2 * HOUR),
    notOnOrAfter: secondsFromNow(-HOUR),
  }),
  wrong('Conditions ended past the skew', 'S-26', { notOnOrAfter: secondsFromNow(-121) }),
  wrong('Conditions begin in an hour', 'S-26', {
    notBefore: secondsFromNow(HOUR),
    notOnOrAfter: secondsFromNow(2 * HOUR),
  }),
  wrong('Conditions begin past the skew', 'S-26', { notBefore: secondsFromNow(121) }),
  wrong('Conditions end with a word', 'S-26', { notOnOrAfter: 'tomorrow' }),
  wrong('Conditions end with nothing', 'S-26', { notOnOrAfter: '' }),
  wrong('Conditions end in a number', 'S-26', { notOnOrAfter: '1893490000' }),
  wrong('Conditions end on a day', 'S-26', { notOnOrAfter: '2030-01-02' }),
  wrong('Conditions end in another time zone', 'S-26: UTC alone', { notOnOrAfter: '2030-01-01T10:05:00+01:00' }),
  wrong('Conditions end without a time zone', 'S-26: UTC alone', { notOnOrAfter: '2030-01-01T09:05:00' }),
  wrong('Conditions end on a day that is none', 'S-26', { notOnOrAfter: '2030-02-30T09:05:00Z' }),
  wrong('Conditions end at an hour that is none', 'S-26', { notOnOrAfter: '2030-01-01T25:05:00Z' }),
  wrong('Conditions end in the year 12030', 'S-26', { notOnOrAfter: '12030-01-01T09:05:00Z' }),
  wrong('Conditions end with a blank', 'S-26', { notOnOrAfter: `${secondsFromNow(300)} ` }),
  wrong('Conditions begin with a word', 'S-26', { notBefore: 'now' }),
  rewritten('Conditions twice', 'S-21', '<saml:AuthnStatement', '<saml:Conditions/><saml:AuthnStatement'),
  wrong('SubjectConfirmationData without an end', 'S-22', { confirmationNotOnOrAfter: null }),
  wrong('SubjectConfirmationData ended an hour ago', 'S-22', { confirmationNotOnOrAfter: secondsFromNow(-HOUR) }),
  wrong('SubjectConfirmationData ends with a word', 'S-22, S-26', { confirmationNotOnOrAfter: 'never' }),
  wrong('SubjectConfirmationData with NotBefore', 'S-22: the profile forbids it', {
    confirmationNotBefore: secondsFromNow(-30),
  }),
  wrong('SessionNotOnOrAfter an hour ago', 'S-26', { sessionNotOnOrAfter: secondsFromNow(-HOUR) }),
  wrong('SessionNotOnOrAfter a word', 'S-26', { sessionNotOnOrAfter: 'never' }),
  wrong('issued two days ago, in windows that are fresh', 'S-27', {
    issueInstant: secondsFromNow(-48 * HOUR),
    responseIssueInstant: secondsFromNow(-48 * HOUR),
  }),
  wrong('issued in an hour', 'S-26', { issueInstant: secondsFromNow(HOUR) }),
  wrong('no IssueInstant', 'S-27', { issueInstant: null }),
  wrong('IssueInstant a word', 'S-26', { issueInstant: 'today' }),
  wrong('AuthnInstant a word', 'S-26', { authnInstant: 'today' }),
]

const subjects = (): readonly Hostile[] => [
  wrong('no Subject', 'S-22', { withSubject: false }),
  wrong('no SubjectConfirmation', 'S-22', { confirmationMethod: null }),
  wrong('no SubjectConfirmationData', 'S-22', { withConfirmationData: false }),
  wrong('holder-of-key', 'S-22: bearer alone', { confirmationMethod: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
  wrong('sender-vouches', 'S-22: bearer alone', {
    confirmationMethod: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches',
  }),
  wrong('bearer as SAML 1.1 calls it', 'S-22', { confirmationMethod: 'urn:oasis:names:tc:SAML:1.0:cm:bearer' }),
  wrong('an empty confirmation method', 'S-22', { confirmationMethod: '' }),
  wrong('a sender-vouches confirmation that fits, a bearer one that does not', 'S-22: one of them in whole', {
    confirmationMethod: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches',
    subjectContent:
      `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData` +
      ` NotOnOrAfter="${secondsFromNow(300)}" Recipient="${OTHER}" InResponseTo="_x"/></saml:SubjectConfirmation>`,
  }),
  rewritten(
    'two Subjects',
    'S-7',
    '<saml:Conditions',
    '<saml:Subject><saml:NameID>admin</saml:NameID></saml:Subject><saml:Conditions',
  ),
  wrong('no NameID', 'the subject is the NameID', { nameId: null }),
  wrong('an empty NameID', 'the subject is the NameID', { nameId: '' }),
  wrong('a NameID of blanks', 'the subject is the NameID', { nameId: '  ' }),
  wrong('a transient NameID', 'threats.md: a transient NameID is nobody', {
    nameId: '_9f3c',
    nameIdAttributes: { Format: TRANSIENT },
  }),
  wrong('a NameID with an element in it', 'S-19', {
    nameIdElement: `<saml:NameID Format="${PERSISTENT}">admin<x xmlns="urn:x">-not</x></saml:NameID>`,
  }),
  wrong('two NameIDs', 'S-7', { nameIdElement: '<saml:NameID>alice</saml:NameID><saml:NameID>admin</saml:NameID>' }),
  wrong('a NameID in another namespace', 'S-7', { nameIdElement: '<x:NameID xmlns:x="urn:x">alice</x:NameID>' }),
  wrong('a BaseID', 'the subject is the NameID', { nameIdElement: '<saml:BaseID/>' }),
  document(
    'an EncryptedID',
    'S-9: nothing else is opened',
    () => {
      const sealed = encryptedAssertion('<saml:NameID>alice</saml:NameID>').replaceAll(
        'EncryptedAssertion',
        'EncryptedID',
      )
      return aResponse({ nameIdElement: sealed }).xml
    },
    ASSERTION_ID,
  ),
]

const statements = (): readonly Hostile[] => [
  wrong('no AuthnStatement', 'S-31', { withAuthnStatement: false }),
  wrong('an unknown Condition', 'S-28', {
    conditionsContent:
      '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="urn:x" xsi:type="x:OnlyFromMars"/>',
  }),
  wrong('a Condition in another namespace', 'S-28', { conditionsContent: '<x:OnlyFromMars xmlns:x="urn:x"/>' }),
  wrong('a group with an element in it', 'S-19', {
    attributes: [
      {
        name: 'groups',
        values: [],
        content: '<saml:AttributeValue>admins<x xmlns="urn:x">-not</x></saml:AttributeValue>',
      },
    ],
  }),
  wrong('an element that is no statement', 'S-7', { assertionContent: '<x:Statement xmlns:x="urn:x"/>' }),
  document(
    'an unsigned AttributeStatement beside the assertion',
    'S-17',
    () =>
      swapped(
        good(),
        '</samlp:Response>',
        `<saml:AttributeStatement xmlns:saml="${ASSERTION}"><saml:Attribute Name="groups"><saml:AttributeValue>admins</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></samlp:Response>`,
      ),
    ASSERTION_ID,
  ),
  document(
    'an unsigned Attribute in Extensions',
    'S-8, S-17',
    () =>
      swapped(
        good(),
        '<samlp:Status>',
        `<samlp:Extensions><saml:Attribute xmlns:saml="${ASSERTION}" Name="groups"><saml:AttributeValue>admins</saml:AttributeValue></saml:Attribute></samlp:Extensions><samlp:Status>`,
      ),
    ASSERTION_ID,
  ),
  document(
    'an unsigned Subject beside the assertion',
    'S-17',
    () =>
      swapped(
        good(),
        '<saml:Assertion',
        `<saml:Subject xmlns:saml="${ASSERTION}"><saml:NameID>admin</saml:NameID></saml:Subject><saml:Assertion`,
      ),
    ASSERTION_ID,
  ),
]

const asRoot = (name: string, of = good()) =>
  swapped(swapped(of, '<samlp:Response', `<samlp:${name}`), '</samlp:Response>', `</samlp:${name}>`)

const envelopes = (): readonly Hostile[] => [
  wrong('Status AuthnFailed', 'S-30', { status: 'AuthnFailed' }),
  wrongBoth('Status Responder in a signed Response', 'S-30', { status: 'Responder' }),
  wrong('Status Requester over Success', 'S-30: the outer code counts', {
    status: 'Requester',
    statusContent: '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>',
  }),
  wrong('Status that only begins as Success', 'S-30', { status: 'Success.x' }),
  wrong('Status success, in small letters', 'S-30', { status: 'success' }),
  wrong('an empty Status word', 'S-30', { status: '' }),
  wrong('no Status', 'S-30', { status: null }),
  document(
    'Status Responder and no assertion',
    'S-30',
    () => aResponse({ sign: 'response', status: 'Responder', withAssertion: false }).xml,
    RESPONSE_ID,
  ),
  document(
    'Status Success and no assertion',
    'S-9',
    () => aResponse({ sign: 'response', withAssertion: false }).xml,
    RESPONSE_ID,
  ),
  document('nothing signed, nothing said', 'S-9', () => aResponse({ sign: 'neither', withAssertion: false }).xml),
  rewritten(
    'two Statuses',
    'S-8',
    '<samlp:Status>',
    '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status><samlp:Status>',
  ),
  rewritten(
    'two StatusCodes',
    'S-30',
    '<samlp:StatusCode',
    '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/><samlp:StatusCode',
  ),
  wrong('the assertion is of version 1.1', 'S-8', { assertionVersion: '1.1' }),
  wrong('the assertion is of version 2.1', 'S-8', { assertionVersion: '2.1' }),
  wrong('the assertion has no version', 'S-8', { assertionVersion: null }),
  wrong('the Response is of version 1.1', 'S-8', { responseVersion: '1.1' }),
  wrong('the Response has no version', 'S-8', { responseVersion: null }),
  document(
    'an element in the Response that has no place there',
    'S-8',
    () => swapped(good(), '<saml:Assertion', '<samlp:NameIDPolicy/><saml:Assertion'),
    ASSERTION_ID,
  ),
  document(
    'an element of another namespace in the Response',
    'S-8',
    () => swapped(good(), '</samlp:Response>', '<x:x xmlns:x="urn:x"/></samlp:Response>'),
    ASSERTION_ID,
  ),
  document(
    'Extensions',
    'S-8',
    () =>
      swapped(good(), '<samlp:Status>', '<samlp:Extensions><x:x xmlns:x="urn:x"/></samlp:Extensions><samlp:Status>'),
    ASSERTION_ID,
  ),
  document(
    'text between the elements of the Response',
    'S-8',
    () => swapped(good(), '<samlp:Status>', 'admin<samlp:Status>'),
    ASSERTION_ID,
  ),
  document('a LogoutResponse as the root', 'S-8', () => asRoot('LogoutResponse'), ASSERTION_ID),
  document('an ArtifactResponse as the root', 'S-8', () => asRoot('ArtifactResponse'), ASSERTION_ID),
  document('an AuthnRequest as the root', 'S-8', () => asRoot('AuthnRequest'), ASSERTION_ID),
  document('MyResponse as the root', 'S-7: a name that ends in Response', () => asRoot('MyResponse'), ASSERTION_ID),
  document('a response as the root', 'S-7: names have capitals', () => asRoot('response'), ASSERTION_ID),
  document(
    'a Response of another namespace as the root',
    'S-7',
    () => swapped(good(), `xmlns:samlp="${PROTOCOL}"`, 'xmlns:samlp="urn:evil"'),
    ASSERTION_ID,
  ),
  document(
    'a Response of SAML 1.1 as the root',
    'S-8',
    () => swapped(good(), `xmlns:samlp="${PROTOCOL}"`, 'xmlns:samlp="urn:oasis:names:tc:SAML:1.0:protocol"'),
    ASSERTION_ID,
  ),
  document('the assertion as the root', 'S-8', () => assertionIn(good()), ASSERTION_ID),
  document(
    'a SOAP envelope as the root',
    'S-8',
    () => `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${good()}</e:Body></e:Envelope>`,
    ASSERTION_ID,
  ),
  document(
    'a Response around the Response',
    'S-8',
    () => `<samlp:Response xmlns:samlp="${PROTOCOL}" ID="_outer" Version="2.0">${good()}</samlp:Response>`,
    ASSERTION_ID,
  ),
  document('an Assertion of another namespace, signed', 'S-7', () =>
    signed(
      aResponse({ style: 'mixed', sign: 'neither' }).xml.replace(
        `<Assertion xmlns="${ASSERTION}"`,
        '<Assertion xmlns="urn:evil"',
      ),
      ASSERTION_ID,
    ),
  ),
  document('an Assertion of SAML 1.1, signed', 'S-7', () =>
    signed(
      aResponse({ style: 'mixed', sign: 'neither' }).xml.replace(
        `<Assertion xmlns="${ASSERTION}"`,
        '<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"',
      ),
      ASSERTION_ID,
    ),
  ),
  wrong('no ID on the Response', 'S-8', { responseId: null }),
]
