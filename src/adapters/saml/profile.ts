import { NAMEID_CLAIM, type IdpSession, type VerifiedClaims } from '../../domain/sign-in/claims.ts'
import { instantOf } from './instant.ts'
import { textOf } from './message.ts'
import { attributeOf, childrenNamed, isNamed, SAML } from './names.ts'
import { require } from './refusal.ts'
import { issuerOf, type SignedResponse } from './response.ts'
import type { XmlElement } from './strict-xml.ts'

/** What a response must say to be for us, now, and an answer to this browser's question. */
export type Expected = {
  /** The IdP's entity id. */
  readonly issuer: string
  /** Whom the assertion is for, and where its bearer brings it: us, or AWS. */
  readonly audience: string
  readonly recipient: string
  /** Where we take the response. */
  readonly destination: string
  /** The id of the request this browser was sent away with (security.md S-24). */
  readonly requestId: string
  readonly now: Date
  readonly skewSeconds: number
  /** Set for ForceAuthn: the person must have authenticated after the request was made. */
  readonly authenticatedSince?: Date
  /** One of these, when any are asked for (security.md S-31). */
  readonly contexts: readonly string[]
}

/** An accepted assertion. */
export type AcceptedAssertion = VerifiedClaims & {
  readonly issuedAt: Date
  readonly once: { readonly id: string; readonly until: Date }
  readonly idpSession: IdpSession
}

/** Whatever the IdP says, an assertion is for signing in now (security.md S-27). */
const MOST_AGE_SECONDS = 600
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'

/**
 * The Web Browser SSO profile's checks, each on signed bytes (saml-profiles-2.0 §4.1.4; security.md S-20 to S-31).
 * Refuses with `sign_in_rejected` and the check's name as the reason.
 */
export function acceptAssertion(
  { response, responseIsSigned, assertion }: SignedResponse,
  expected: Expected,
): AcceptedAssertion {
  const { issuer, requestId } = expected
  const times = makeTimes(expected)
  require(textOfIssuer(response) === issuer && textOfIssuer(assertion) === issuer, 'issuer')
  const destination = attributeOf(response, 'Destination')
  // saml-bindings-2.0 §3.5.5.2: a signed message must say where it was sent.
  require(destination === undefined ? !responseIsSigned : destination === expected.destination, 'destination')
  require(attributeOf(response, 'InResponseTo') === requestId, 'in_response_to')

  require(attributeOf(assertion, 'Version') === '2.0', 'version')
  requireKnownChildren(assertion)
  const id = attributeOf(assertion, 'ID')
  require(id !== undefined && id.length <= 256, 'assertion_id')
  const issued = instantOf(attributeOf(assertion, 'IssueInstant'))
  require(times.isPast(issued) && times.isYoung(issued), 'issue_instant')

  const subject = only(assertion, 'Subject')
  const confirmed = requireConfirmed(subject, expected)
  const conditionsEnd = requireConditions(only(assertion, 'Conditions'), expected)
  const authentication = requireAuthenticated(assertion, expected)
  const { nameId, format } = nameIdOf(subject)
  const attributes = attributesOf(assertion)
  return {
    issuer,
    issuedAt: issued,
    authentication: {
      at: authentication.at,
      claims: attributes,
      ...(authentication.context !== undefined && { context: authentication.context }),
    },
    claims: {
      ...attributes,
      // A transient NameID is another one at each sign-in: nobody is known by it, nor by an attribute of that name
      // (threats.md I2).
      [NAMEID_CLAIM]: format === TRANSIENT ? undefined : nameId,
    },
    // Ends with acceptance, whatever window the IdP gives.
    once: { id, until: times.latest(confirmed, conditionsEnd, issued) },
    idpSession: {
      nameId: nameId ?? '',
      format,
      ...(authentication.index !== undefined && { index: authentication.index }),
    },
    ...(authentication.endsAt !== undefined && { endsAt: authentication.endsAt }),
  }
}

const ONCE = ['Issuer', 'Subject', 'Conditions', 'AuthnStatement']

/** saml-core-2.0 §2.3.3: what we know the meaning of, and of most one each. */
function requireKnownChildren(assertion: XmlElement): void {
  for (const { namespace, name } of assertion.children)
    require(namespace === SAML && (ONCE.includes(name) || name === 'AttributeStatement'), 'unknown_statement')
  for (const name of ONCE) require(childrenNamed(assertion, SAML, name).length <= 1, `${name.toLowerCase()}_twice`)
}

function makeTimes({ now, skewSeconds }: Expected) {
  const at = now.getTime()
  const skew = skewSeconds * 1000
  return {
    isPast: (instant: Date) => instant.getTime() <= at + skew,
    isAhead: (instant: Date) => instant.getTime() > at - skew,
    isYoung: (instant: Date) => at - instant.getTime() <= MOST_AGE_SECONDS * 1000 + skew,
    /** When none of the checks can hold any more. */
    latest: (confirmed: Date, conditions: Date, issued: Date) =>
      new Date(
        Math.min(confirmed.getTime(), conditions.getTime(), issued.getTime() + MOST_AGE_SECONDS * 1000) +
          2 * skew +
          1000,
      ),
  }
}

/** saml-profiles-2.0 §4.1.4.2: exactly one bearer confirmation, and it must hold; other kinds are ignored. */
function requireConfirmed(subject: XmlElement, expected: Expected): Date {
  const { isAhead } = makeTimes(expected)
  const [confirmation, ...others] = childrenNamed(subject, SAML, 'SubjectConfirmation').filter(
    (each) => attributeOf(each, 'Method') === BEARER,
  )
  require(confirmation !== undefined && others.length === 0, 'subject_confirmation')
  const data = only(confirmation, 'SubjectConfirmationData')
  require(attributeOf(data, 'Recipient') === expected.recipient, 'recipient')
  require(attributeOf(data, 'InResponseTo') === expected.requestId, 'in_response_to')
  require(attributeOf(data, 'NotBefore') === undefined, 'subject_confirmation')
  const end = instantOf(attributeOf(data, 'NotOnOrAfter'))
  require(isAhead(end), 'expired')
  return end
}

const KNOWN_CONDITIONS = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction']

/** SAML Core §2.5.1: a window, an audience, and no condition we do not understand (security.md S-21, S-26, S-28). */
function requireConditions(conditions: XmlElement, expected: Expected): Date {
  const { isAhead, isPast } = makeTimes(expected)
  const notBefore = attributeOf(conditions, 'NotBefore')
  if (notBefore !== undefined) require(isPast(instantOf(notBefore)), 'not_yet_valid')
  const end = instantOf(attributeOf(conditions, 'NotOnOrAfter'))
  require(isAhead(end), 'expired')
  for (const { namespace, name } of conditions.children)
    require(namespace === SAML && KNOWN_CONDITIONS.includes(name), 'unknown_condition')
  const restrictions = childrenNamed(conditions, SAML, 'AudienceRestriction')
  require(restrictions.length > 0, 'audience')
  for (const restriction of restrictions) {
    const audiences = childrenNamed(restriction, SAML, 'Audience').map(textOf)
    require(audiences.includes(expected.audience), 'audience')
  }
  return end
}

/** security.md S-31, threats.md I6: when and how they showed who they are, as the IdP signed it. */
function requireAuthenticated(
  assertion: XmlElement,
  expected: Expected,
): { at: Date; context?: string; index?: string; endsAt?: Date } {
  const { isPast } = makeTimes(expected)
  const [statement] = childrenNamed(assertion, SAML, 'AuthnStatement')
  require(statement !== undefined, 'authn_statement')
  const at = instantOf(attributeOf(statement, 'AuthnInstant'))
  require(isPast(at), 'authn_instant')
  const { authenticatedSince } = expected
  if (authenticatedSince !== undefined) {
    const earliest = authenticatedSince.getTime() - expected.skewSeconds * 1000
    require(at.getTime() >= earliest, 'authn_too_old')
  }
  const context = childrenNamed(statement, SAML, 'AuthnContext')[0]
  const reference = context && childrenNamed(context, SAML, 'AuthnContextClassRef')[0]
  const method = reference && textOf(reference)
  if (expected.contexts.length > 0) require(method !== undefined && expected.contexts.includes(method), 'authn_context')
  const end = attributeOf(statement, 'SessionNotOnOrAfter')
  const endsAt = end === undefined ? undefined : instantOf(end)
  // Checked without the clock skew: a session that has already ended here would send them round in circles.
  if (endsAt !== undefined) require(endsAt > expected.now, 'idp_session_over')
  const index = attributeOf(statement, 'SessionIndex')
  return {
    at,
    ...(method !== undefined && { context: method }),
    ...(index !== undefined && { index }),
    ...(endsAt !== undefined && { endsAt }),
  }
}

function nameIdOf(subject: XmlElement): { nameId: string | undefined; format: string } {
  const [nameId, ...others] = childrenNamed(subject, SAML, 'NameID')
  require(others.length === 0, 'name_id')
  // An EncryptedID or BaseID names nobody we could read.
  require(subject.children.every(
    (child) => isNamed(child, SAML, 'NameID') || isNamed(child, SAML, 'SubjectConfirmation'),
  ), 'name_id')
  if (nameId === undefined) return { nameId: undefined, format: UNSPECIFIED }
  const text = textOf(nameId)
  require(text.trim() !== '' && text.length <= 255, 'name_id')
  return { nameId: text, format: attributeOf(nameId, 'Format') ?? UNSPECIFIED }
}

/**
 * Attribute values by Name and, where no Name says so, by FriendlyName: one value as text, several as a list, none as an
 * empty list. An attribute that comes twice is one with all its values. Looked up by own members only (security.md M-12).
 */
function attributesOf(assertion: XmlElement): Record<string, unknown> {
  const byName = new Map<string, string[]>()
  const byFriendlyName = new Map<string, string[]>()
  const statements = childrenNamed(assertion, SAML, 'AttributeStatement')
  for (const attribute of statements.flatMap((statement) => statement.children)) {
    // Encrypted attributes are not read; nothing else may stand here (SAML Core §2.7.3).
    require(isNamed(attribute, SAML, 'Attribute'), 'attribute')
    const values = attribute.children.map((value) => {
      require(isNamed(value, SAML, 'AttributeValue'), 'attribute')
      return textOf(value)
    })
    append(byName, attributeOf(attribute, 'Name'), values)
    append(byFriendlyName, attributeOf(attribute, 'FriendlyName'), values)
  }
  const claims = new Map([...byFriendlyName, ...byName])
  return Object.fromEntries([...claims].map(([name, values]) => [name, values.length === 1 ? values[0] : values]))
}

function append(to: Map<string, string[]>, name: string | undefined, values: readonly string[]): void {
  if (name === undefined) return
  const known = to.get(name)
  if (known === undefined) to.set(name, [...values])
  else known.push(...values)
}

const textOfIssuer = (element: XmlElement): string | undefined => {
  const issuer = issuerOf(element)
  return issuer === undefined ? undefined : textOf(issuer)
}

function only(parent: XmlElement, name: string): XmlElement {
  const [first, ...others] = childrenNamed(parent, SAML, name)
  require(first !== undefined && others.length === 0, name.toLowerCase())
  return first
}
