import { RolegateError, unmet } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { RoleArn } from './arn.ts'
import { personHashOf, type Sha256 } from './session-name.ts'
import type { SessionTags } from './session-tags.ts'
import { subjectFor } from './web-identity-token.ts'

/** security.md S-41: AWS itself takes an assertion for five minutes after it was issued (aws.md §4). */
const MOST_ASSERTION_SECONDS = 300
const DEFAULT_ASSERTION_SECONDS = 120

export type SamlAssertionRequest = {
  /** Our entity id. */
  readonly issuer: string
  /** AWS's entity id in the role's partition. */
  readonly audience: string
  /** AWS's sign-in endpoint: where the response is addressed, and what `saml:aud` tests. */
  readonly recipient: string
  readonly roleArn: RoleArn
  /** The SAML provider in the role's own account. */
  readonly providerArn: string
  readonly accountId: string
  /** Path and name of the IAM role. */
  readonly roleName: string
  readonly principal: Principal
  readonly sessionName: string
  readonly sourceIdentity?: string
  readonly sessionTags: SessionTags
  readonly transitiveTags: readonly string[]
  /** How long the role session may last: what the decision allowed, at most. */
  readonly seconds: number
  /** Unique, of letters, digits, `.`, `_` and `-`. */
  readonly id: string
  readonly issuedAt: Date
  /** 120 unless said, and 300 at most. */
  readonly lifetimeSeconds?: number
}

/** A SAML response around its one assertion, open where a signature has to go. */
export type SamlResponseParts = {
  readonly assertionId: string
  /** The assertion in exclusive canonical form, in two: its signature stands right after Issuer (SAML core §2.3.3). */
  readonly assertion: readonly [beforeSignature: string, afterSignature: string]
  /** What stands around the signed assertion. */
  readonly response: readonly [before: string, after: string]
}

const SAML = 'urn:oasis:names:tc:SAML:2.0'
/** Declares `saml:`, on each element that may stand alone or be signed alone. */
export const SAML_NAMESPACE = `xmlns:saml="${SAML}:assertion"`
const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes'

/**
 * The response that STS exchanges: one person, one (role, provider) pair, one account; the NameID binds all three as the
 * web identity's subject does (threats.md F1, F6). No groups, no e-mail. Text that XML cannot carry fails with
 * `condition_unmet`. The assertion is written as exclusive C14N would write it, so that nothing has to be parsed in order
 * to sign it: `xmlns` first, attributes in alphabetical order, no short form of empty elements.
 */
export function samlResponseParts(request: SamlAssertionRequest, sha256: Sha256): SamlResponseParts {
  const { id, issuedAt } = request
  const issued = instant(issuedAt, 0)
  const issuer = xmlText(request.issuer)
  const assertionId = `a-${id}`
  return {
    assertionId,
    assertion: [
      `<saml:Assertion ${SAML_NAMESPACE} ID="${xmlAttribute(assertionId)}" IssueInstant="${issued}" Version="2.0">` +
        `<saml:Issuer>${issuer}</saml:Issuer>`,
      subjectOf(request, sha256) +
        conditionsOf(request) +
        authnStatementOf(request) +
        attributeStatementOf(request) +
        `</saml:Assertion>`,
    ],
    response: [
      `<samlp:Response xmlns:samlp="${SAML}:protocol" Destination="${xmlAttribute(request.recipient)}"` +
        ` ID="${xmlAttribute(`r-${id}`)}" IssueInstant="${issued}" Version="2.0">` +
        `<saml:Issuer ${SAML_NAMESPACE}>${issuer}</saml:Issuer>` +
        `<samlp:Status><samlp:StatusCode Value="${SAML}:status:Success"></samlp:StatusCode></samlp:Status>`,
      `</samlp:Response>`,
    ],
  }
}

function subjectOf(request: SamlAssertionRequest, sha256: Sha256): string {
  const { accountId, roleName, principal, recipient } = request
  const nameId = subjectFor(accountId, roleName, personHashOf(principal, sha256))
  return (
    `<saml:Subject><saml:NameID Format="${SAML}:nameid-format:persistent">${xmlText(nameId)}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="${SAML}:cm:bearer">` +
    `<saml:SubjectConfirmationData NotOnOrAfter="${expiryOf(request)}" Recipient="${xmlAttribute(recipient)}">` +
    `</saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>`
  )
}

const conditionsOf = (request: SamlAssertionRequest): string =>
  `<saml:Conditions NotBefore="${instant(request.issuedAt, 0)}" NotOnOrAfter="${expiryOf(request)}">` +
  `<saml:AudienceRestriction><saml:Audience>${xmlText(request.audience)}</saml:Audience></saml:AudienceRestriction>` +
  `</saml:Conditions>`

/** threats.md F6: whoever gets hold of the assertion opens no session longer than the one that was decided. */
const authnStatementOf = ({ issuedAt, seconds }: SamlAssertionRequest): string =>
  `<saml:AuthnStatement AuthnInstant="${instant(issuedAt, 0)}" SessionNotOnOrAfter="${instant(issuedAt, seconds)}">` +
  `<saml:AuthnContext><saml:AuthnContextClassRef>${SAML}:ac:classes:unspecified</saml:AuthnContextClassRef>` +
  `</saml:AuthnContext></saml:AuthnStatement>`

/** The names are AWS's and case-sensitive: aws.md §4. */
function attributeStatementOf(request: SamlAssertionRequest): string {
  const { sessionName, seconds, sourceIdentity, sessionTags, transitiveTags } = request
  return (
    `<saml:AttributeStatement>` +
    attribute('Role', rolePairOf(request)) +
    attribute('RoleSessionName', sessionName) +
    attribute('SessionDuration', String(seconds)) +
    (sourceIdentity === undefined ? '' : attribute('SourceIdentity', sourceIdentity)) +
    Object.entries(sessionTags)
      .map(([key, value]) => attribute(`PrincipalTag:${key}`, value))
      .join('') +
    (transitiveTags.length === 0 ? '' : attribute('TransitiveTagKeys', ...transitiveTags)) +
    `</saml:AttributeStatement>`
  )
}

const attribute = (name: string, ...values: readonly string[]): string =>
  `<saml:Attribute Name="${ATTRIBUTES}/${xmlAttribute(name)}">` +
  values.map((value) => `<saml:AttributeValue>${xmlText(value)}</saml:AttributeValue>`).join('') +
  `</saml:Attribute>`

const PROVIDER_ARN = /^(arn:[a-z-]{3,12}:iam::\d{12}:)saml-provider\/[A-Za-z0-9_.-]{1,128}$/

/** security.md S-42: the pair that was decided, and never a NameID for one role beside the ARN of another. */
function rolePairOf({ roleArn, providerArn, accountId, roleName }: SamlAssertionRequest): string {
  const [, world] = PROVIDER_ARN.exec(providerArn) ?? []
  if (world === undefined || !world.endsWith(`::${accountId}:`) || roleArn !== `${world}role/${roleName}`) {
    throw new RolegateError('internal', {}, { reason: 'role_and_provider_differ' })
  }
  return `${roleArn},${providerArn}`
}

const expiryOf = ({ issuedAt, lifetimeSeconds = DEFAULT_ASSERTION_SECONDS }: SamlAssertionRequest): string =>
  instant(issuedAt, Math.min(lifetimeSeconds, MOST_ASSERTION_SECONDS))

/** Whole seconds, cut and not rounded: AWS takes no assertion from the future. */
const instant = (from: Date, secondsLater: number): string =>
  `${new Date(from.getTime() + secondsLater * 1000).toISOString().slice(0, 19)}Z`

const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
/** Declares `ds:`. */
export const DSIG_NAMESPACE = `xmlns:ds="${DSIG}"`
const C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'

/** What is signed, in exclusive canonical form: RSA-SHA256 over the SHA-256 of the assertion less its signature. */
export const signedInfoFor = (assertionId: string, digest: string): string =>
  `<ds:SignedInfo ${DSIG_NAMESPACE}>` +
  `<ds:CanonicalizationMethod Algorithm="${C14N}"></ds:CanonicalizationMethod>` +
  `<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>` +
  `<ds:Reference URI="#${xmlAttribute(assertionId)}"><ds:Transforms>` +
  `<ds:Transform Algorithm="${DSIG}enveloped-signature"></ds:Transform>` +
  `<ds:Transform Algorithm="${C14N}"></ds:Transform></ds:Transforms>` +
  `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>` +
  `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`

/** The signature as it stands in the assertion. All three texts but the first are base64. */
export const signatureFor = (signedInfo: string, signature: string, certificate: string): string =>
  `<ds:Signature ${DSIG_NAMESPACE}>` +
  // Inside Signature the prefix is known; only standing alone does SignedInfo declare it.
  signedInfo.replace(` ${DSIG_NAMESPACE}`, '') +
  `<ds:SignatureValue>${signature}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>` +
  `<ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`

/** Any character that XML 1.0 §2.2 keeps out of a document, halves of surrogate pairs included. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\t', '&#x9;'],
  ['\n', '&#xA;'],
  ['\r', '&#xD;'],
])

/** Text between tags, as Canonical XML 1.0 §2.3 writes a text node. */
const xmlText = (text: string): string => escaped(text, /[&<>\r]/g)
/** Text between double quotes, as Canonical XML 1.0 §2.3 writes an attribute's value. */
export const xmlAttribute = (text: string): string => escaped(text, /[&<"\t\n\r]/g)

function escaped(text: string, special: RegExp): string {
  if (FORBIDDEN.test(text)) throw unmet('xml_text')
  return text.replace(special, (character) => ENTITIES.get(character) ?? character)
}
