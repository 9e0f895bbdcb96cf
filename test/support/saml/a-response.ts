import { ACS, IDP, REQUEST_ID, secondsFromNow, SP } from './a-saml-world.ts'
import { signed, type SignatureShape } from './a-signature.ts'
import { encryptedAssertion, type EncryptionShape } from './an-encrypted-assertion.ts'
import { base64, element, escaped, joined } from './markup.ts'
import { ASSERTION, BEARER, PERSISTENT, PROTOCOL, XS, XSI } from './names.ts'

type AttributeShape = {
  readonly name: string
  readonly nameFormat?: string
  readonly friendlyName?: string
  readonly values: readonly string[]
  /** Raw XML in place of the values. */
  readonly content?: string
}

/** Everything a response may say. null leaves an attribute or an element out; what is called raw is XML. */
export type ResponseShape = {
  /** `mixed` is Entra's way: a prefix for the protocol, the default namespace for the assertion. */
  readonly style: 'saml' | 'saml2' | 'default' | 'mixed'
  readonly pretty: boolean
  /** Raw, before the root. */
  readonly prolog: string
  /** Declare the assertion's prefix once, on the Response, and not where it is used. */
  readonly declareOnResponse: boolean

  readonly responseId: string | null
  readonly responseVersion: string | null
  readonly responseIssueInstant: string | null
  readonly destination: string | null
  readonly responseInResponseTo: string | null
  readonly responseIssuer: string | null
  readonly responseAttributes: Readonly<Record<string, string>>
  /** The last word of the status URN. */
  readonly status: string | null
  /** Raw, inside StatusCode. */
  readonly statusContent: string
  readonly beforeStatus: string
  readonly beforeAssertion: string
  readonly afterAssertion: string
  readonly withAssertion: boolean

  readonly assertionId: string | null
  readonly assertionVersion: string | null
  readonly issueInstant: string | null
  readonly issuer: string | null
  /** Raw, after the Issuer. */
  readonly afterIssuer: string
  readonly assertionAttributes: Readonly<Record<string, string>>
  readonly nameId: string | null
  /** Raw, in place of the NameID element. */
  readonly nameIdElement: string | undefined
  readonly nameIdAttributes: Readonly<Record<string, string>>
  readonly withSubject: boolean
  readonly confirmationMethod: string | null
  readonly withConfirmationData: boolean
  readonly recipient: string | null
  readonly inResponseTo: string | null
  readonly confirmationNotBefore: string | null
  readonly confirmationNotOnOrAfter: string | null
  /** Raw, inside SubjectConfirmationData. */
  readonly confirmationContent: string
  /** Raw, after the SubjectConfirmation. */
  readonly subjectContent: string
  readonly withConditions: boolean
  readonly notBefore: string | null
  readonly notOnOrAfter: string | null
  /** One AudienceRestriction each. */
  readonly audiences: readonly (readonly string[])[]
  readonly conditionsContent: string
  /** Raw, after the Conditions. */
  readonly advice: string
  readonly withAuthnStatement: boolean
  readonly authnInstant: string | null
  readonly sessionNotOnOrAfter: string | null
  readonly attributes: readonly AttributeShape[]
  /** Where xs and xsi are declared; `null` leaves xsi:type out. */
  readonly typesDeclaredOn: 'assertion' | 'value' | 'response' | null
  /** Raw, last in the assertion. */
  readonly assertionContent: string

  readonly sign: 'assertion' | 'response' | 'both' | 'neither'
  readonly signature: Partial<SignatureShape>
  readonly encryption: Partial<EncryptionShape> | null
}

export const RESPONSE_ID = '_response-5c1e7f0a9b3d'
export const ASSERTION_ID = '_assertion-8d2b4c6e0f1a'

const HONEST: ResponseShape = {
  style: 'saml',
  pretty: false,
  prolog: '',
  declareOnResponse: false,
  responseId: RESPONSE_ID,
  responseVersion: '2.0',
  responseIssueInstant: secondsFromNow(0),
  destination: ACS,
  responseInResponseTo: REQUEST_ID,
  responseIssuer: IDP,
  responseAttributes: {},
  status: 'Success',
  statusContent: '',
  beforeStatus: '',
  beforeAssertion: '',
  afterAssertion: '',
  withAssertion: true,
  assertionId: ASSERTION_ID,
  assertionVersion: '2.0',
  issueInstant: secondsFromNow(0),
  issuer: IDP,
  afterIssuer: '',
  assertionAttributes: {},
  nameId: 'alice',
  nameIdElement: undefined,
  nameIdAttributes: { Format: PERSISTENT },
  withSubject: true,
  confirmationMethod: BEARER,
  withConfirmationData: true,
  recipient: ACS,
  inResponseTo: REQUEST_ID,
  confirmationNotBefore: null,
  confirmationNotOnOrAfter: secondsFromNow(300),
  confirmationContent: '',
  subjectContent: '',
  withConditions: true,
  notBefore: secondsFromNow(-30),
  notOnOrAfter: secondsFromNow(300),
  audiences: [[SP]],
  conditionsContent: '',
  advice: '',
  withAuthnStatement: true,
  authnInstant: secondsFromNow(-10),
  sessionNotOnOrAfter: secondsFromNow(8 * 3600),
  attributes: [
    { name: 'mail', values: ['alice@example.com'] },
    { name: 'groups', values: ['platform', 'on-call'] },
  ],
  typesDeclaredOn: 'assertion',
  assertionContent: '',
  sign: 'assertion',
  signature: {},
  encryption: null,
}

const PREFIXES = {
  saml: { p: 'samlp:', a: 'saml:' },
  saml2: { p: 'saml2p:', a: 'saml2:' },
  default: { p: '', a: '' },
  mixed: { p: 'samlp:', a: '' },
} as const

/** A response by which alice signs in, honest and correctly signed but for what the overrides say. */
export function aResponse(overrides: Partial<ResponseShape> = {}): { readonly xml: string; readonly field: string } {
  const shape = { ...HONEST, ...overrides }
  const unsigned = assertionOf(shape)
  const signsAssertion = (shape.sign === 'assertion' || shape.sign === 'both') && shape.withAssertion
  // The assertion's digest does not depend on what is around it unless it names outer prefixes; so it is signed where it stands.
  const whole = responseOf(shape, unsigned)
  const withAssertion = signsAssertion ? signed(whole, shape.assertionId ?? '', shape.signature) : whole
  const sealed = shape.encryption === null ? withAssertion : withEncryptedAssertion(withAssertion, shape)
  const signsResponse = shape.sign === 'response' || shape.sign === 'both'
  const xml = signsResponse ? signed(sealed, shape.responseId ?? '', shape.signature) : sealed
  return { xml, field: base64(xml) }
}

/** The text of the assertion in a document, with whatever is inside it. */
export const assertionIn = (xml: string): string => /<(\w+:)?Assertion\b[\s\S]*<\/\1Assertion>/.exec(xml)?.[0] ?? ''

function withEncryptedAssertion(xml: string, { style, encryption }: ResponseShape): string {
  const plain = assertionIn(xml)
  return xml.replace(plain, () => encryptedAssertion(plain, { prefix: PREFIXES[style].a, ...encryption }))
}

const declares = (prefix: string, namespace: string): Record<string, string> => ({
  [prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`]: namespace,
})

const TYPES = { 'xmlns:xs': XS, 'xmlns:xsi': XSI }

function responseOf(shape: ResponseShape, assertion: string): string {
  const { p, a } = PREFIXES[shape.style]
  const { pretty, status } = shape
  const code = status === null ? '' : `urn:oasis:names:tc:SAML:2.0:status:${status}`
  const children = [
    shape.responseIssuer === null ? '' : element(`${a}Issuer`, ownDeclaration(shape), escaped(shape.responseIssuer)),
    shape.beforeStatus,
    status === null
      ? ''
      : element(`${p}Status`, {}, joined([element(`${p}StatusCode`, { Value: code }, shape.statusContent)], pretty)),
    shape.beforeAssertion,
    shape.withAssertion ? assertion : '',
    shape.afterAssertion,
  ]
  const attributes = {
    ...declares(p, PROTOCOL),
    ...(shape.declareOnResponse && declares(a, ASSERTION)),
    ...(shape.typesDeclaredOn === 'response' && TYPES),
    ID: shape.responseId,
    Version: shape.responseVersion,
    IssueInstant: shape.responseIssueInstant,
    Destination: shape.destination,
    InResponseTo: shape.responseInResponseTo,
    ...shape.responseAttributes,
  }
  return shape.prolog + element(`${p}Response`, attributes, joined(children, pretty))
}

const ownDeclaration = ({ style, declareOnResponse }: ResponseShape): Record<string, string> =>
  declareOnResponse ? {} : declares(PREFIXES[style].a, ASSERTION)

function assertionOf(shape: ResponseShape): string {
  const { a } = PREFIXES[shape.style]
  const children = [
    shape.issuer === null ? '' : element(`${a}Issuer`, {}, escaped(shape.issuer)),
    shape.afterIssuer,
    shape.withSubject ? subjectOf(shape, a) : '',
    shape.withConditions ? conditionsOf(shape, a) : '',
    shape.advice,
    shape.withAuthnStatement ? authnStatementOf(shape, a) : '',
    shape.attributes.length === 0 ? '' : attributeStatementOf(shape, a),
    shape.assertionContent,
  ]
  const attributes = {
    ...ownDeclaration(shape),
    ...(shape.typesDeclaredOn === 'assertion' && TYPES),
    ID: shape.assertionId,
    Version: shape.assertionVersion,
    IssueInstant: shape.issueInstant,
    ...shape.assertionAttributes,
  }
  return element(`${a}Assertion`, attributes, joined(children, shape.pretty))
}

function subjectOf(shape: ResponseShape, a: string): string {
  const nameId = shape.nameId === null ? '' : element(`${a}NameID`, shape.nameIdAttributes, escaped(shape.nameId))
  const data = element(
    `${a}SubjectConfirmationData`,
    {
      NotBefore: shape.confirmationNotBefore,
      NotOnOrAfter: shape.confirmationNotOnOrAfter,
      Recipient: shape.recipient,
      InResponseTo: shape.inResponseTo,
    },
    shape.confirmationContent,
  )
  const confirmation =
    shape.confirmationMethod === null
      ? ''
      : element(
          `${a}SubjectConfirmation`,
          { Method: shape.confirmationMethod },
          joined([shape.withConfirmationData ? data : ''], shape.pretty),
        )
  const children = [shape.nameIdElement ?? nameId, confirmation, shape.subjectContent]
  return element(`${a}Subject`, {}, joined(children, shape.pretty))
}

function conditionsOf(shape: ResponseShape, a: string): string {
  const restrictions = shape.audiences.map((audiences) =>
    element(
      `${a}AudienceRestriction`,
      {},
      joined(
        audiences.map((audience) => element(`${a}Audience`, {}, escaped(audience))),
        shape.pretty,
      ),
    ),
  )
  const window = { NotBefore: shape.notBefore, NotOnOrAfter: shape.notOnOrAfter }
  return element(`${a}Conditions`, window, joined([...restrictions, shape.conditionsContent], shape.pretty))
}

function authnStatementOf(shape: ResponseShape, a: string): string {
  const context = element(
    `${a}AuthnContextClassRef`,
    {},
    'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  )
  return element(
    `${a}AuthnStatement`,
    {
      AuthnInstant: shape.authnInstant,
      SessionIndex: '_session-1',
      SessionNotOnOrAfter: shape.sessionNotOnOrAfter,
    },
    joined([element(`${a}AuthnContext`, {}, joined([context], shape.pretty))], shape.pretty),
  )
}

function attributeStatementOf(shape: ResponseShape, a: string): string {
  const on = shape.typesDeclaredOn
  const type = on === null ? {} : { ...(on === 'value' && TYPES), 'xsi:type': 'xs:string' }
  const attributes = shape.attributes.map(({ name, nameFormat, friendlyName, values, content }) =>
    element(
      `${a}Attribute`,
      { Name: name, NameFormat: nameFormat, FriendlyName: friendlyName },
      content ??
        joined(
          values.map((value) => element(`${a}AttributeValue`, type, escaped(value))),
          shape.pretty,
        ),
    ),
  )
  return element(`${a}AttributeStatement`, {}, joined(attributes, shape.pretty))
}

/** What `aResponse()` says of alice. */
export const ALICE = { nameId: 'alice', attributes: { mail: ['alice@example.com'], groups: ['platform', 'on-call'] } }
