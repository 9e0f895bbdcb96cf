import { requirePassedOn, type PassedOn } from './passed-on.ts'
import { Refusal } from './refusal.ts'
import { ASSERTION } from './saml-names.ts'
import { childrenOf, type Element } from './xml-tree.ts'

/** A role and the SAML provider that vouches for it. */
export type RolePair = { readonly roleArn: string; readonly principalArn: string }

/** What a verified assertion says, as far as AWS reads it (aws.md §4). */
export type SamlAssertion = PassedOn & {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  /** `persistent`, `transient`, or the NameID's whole Format. */
  readonly subjectType: string
  readonly roles: readonly RolePair[]
  readonly sessionName: string
  /** `SessionDuration` */
  readonly sessionSeconds: number | undefined
  /** `SessionNotOnOrAfter` */
  readonly sessionEndsAt: Date | undefined
}

/** The service provider id of the demo's one partition, `aws` (aws.md §4). */
const SAML_AUDIENCE = 'urn:amazon:webservices'
const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes/'
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const NAME_ID_FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
/** AWS takes an assertion within five minutes of its issue, as often as it comes (aws.md §4, Clock). */
const MOST_AGE_MILLISECONDS = 300_000

type Expected = { readonly issuer: string; readonly recipient: string; readonly now: Date }

/** Fails with `InvalidIdentityToken` or `ExpiredTokenException` unless it is for AWS, in time, and says what AWS needs. */
export function readAssertion(assertion: Element, { issuer, recipient, now }: Expected): SamlAssertion {
  const id = assertion.attributes.get('ID')
  if (id === undefined || assertion.attributes.get('Version') !== '2.0') throw invalid('The assertion is not SAML 2.0.')
  if (textOf(childrenOf(assertion, ASSERTION, 'Issuer')) !== issuer)
    throw invalid('Issuer not present in specified provider')
  requireFresh(assertion, now)
  requireConditions(assertion, now)
  return {
    id,
    issuer,
    ...readSubject(assertion, recipient, now),
    sessionEndsAt: readSessionEnd(assertion, now),
    ...readAttributes(attributesOf(assertion)),
  }
}

/** The roles an assertion names, nothing verified: to find the provider to verify it with. */
export const rolesNamed = (assertion: Element): readonly RolePair[] =>
  (attributesOf(assertion).get(`${ATTRIBUTES}Role`) ?? []).map(parseRolePair)

function requireFresh(assertion: Element, now: Date): void {
  const issuedAt = timeOf(assertion, 'IssueInstant')
  if (issuedAt === undefined || issuedAt > now) throw invalid('IssueInstant lies in the future, or is missing.')
  if (now.getTime() - issuedAt.getTime() > MOST_AGE_MILLISECONDS)
    throw expired('Token must be redeemed within 5 minutes of issuance')
}

/** SAML 2.0 Core §2.5.1: every restriction must hold, and one that is not understood does not (security.md S-21, S-28). */
function requireConditions(assertion: Element, now: Date): void {
  const conditions = requireOne(childrenOf(assertion, ASSERTION, 'Conditions'), 'Conditions')
  const restrictions = childrenOf(conditions, ASSERTION, 'AudienceRestriction')
  const others = conditions.children.filter((child) => !restrictions.includes(child) && child.name !== 'OneTimeUse')
  if (others.length > 0) throw invalid('The assertion has conditions that are not understood.')
  const isForAws = restrictions.every((restriction) =>
    childrenOf(restriction, ASSERTION, 'Audience').some(({ text }) => text === SAML_AUDIENCE),
  )
  if (restrictions.length === 0 || !isForAws) throw invalid('Response does not contain the required audience.')

  const notBefore = timeOf(conditions, 'NotBefore')
  if (notBefore !== undefined && now < notBefore) throw invalid('The assertion is not valid yet.')
  const notOnOrAfter = timeOf(conditions, 'NotOnOrAfter')
  if (notOnOrAfter === undefined) throw invalid('Conditions has no NotOnOrAfter.')
  if (now >= notOnOrAfter) throw expired('The assertion has expired.')
}

/** SAML 2.0 Profiles §4.1.4.2, and aws.md §4: exactly one confirmation, with a Recipient and an end. */
function readSubject(assertion: Element, recipient: string, now: Date): Pick<SamlAssertion, 'subject' | 'subjectType'> {
  const subject = requireOne(childrenOf(assertion, ASSERTION, 'Subject'), 'Subject')
  const nameId = requireOne(childrenOf(subject, ASSERTION, 'NameID'), 'NameID')
  const confirmation = requireOne(childrenOf(subject, ASSERTION, 'SubjectConfirmation'), 'SubjectConfirmation')
  const data = requireOne(childrenOf(confirmation, ASSERTION, 'SubjectConfirmationData'), 'SubjectConfirmationData')
  if (confirmation.attributes.get('Method') !== BEARER || data.attributes.has('NotBefore'))
    throw invalid('The subject is not confirmed as a bearer.')
  if (data.attributes.get('Recipient') !== recipient) throw invalid(`Recipient is not ${recipient}`)
  const notOnOrAfter = timeOf(data, 'NotOnOrAfter')
  if (notOnOrAfter === undefined) throw invalid('SubjectConfirmationData has no NotOnOrAfter.')
  if (now >= notOnOrAfter) throw expired('The assertion has expired.')

  const format = nameId.attributes.get('Format') ?? UNSPECIFIED
  return {
    subject: textOf([nameId]),
    subjectType: format.startsWith(NAME_ID_FORMAT) ? format.slice(NAME_ID_FORMAT.length) : format,
  }
}

function readSessionEnd(assertion: Element, now: Date): Date | undefined {
  const statement = requireOne(childrenOf(assertion, ASSERTION, 'AuthnStatement'), 'AuthnStatement')
  const endsAt = timeOf(statement, 'SessionNotOnOrAfter')
  if (endsAt !== undefined && now >= endsAt) throw expired('SessionNotOnOrAfter has passed.')
  return endsAt
}

// ── Attributes ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Attributes = ReadonlyMap<string, readonly string[]>

/** Names have a case, and each comes once: of two, nobody knows which one counts. */
function attributesOf(assertion: Element): Attributes {
  const found = childrenOf(assertion, ASSERTION, 'AttributeStatement')
    .flatMap((statement) => childrenOf(statement, ASSERTION, 'Attribute'))
    .map((attribute) => {
      const values = childrenOf(attribute, ASSERTION, 'AttributeValue').map((value) => textOf([value]))
      return [attribute.attributes.get('Name') ?? '', values] as const
    })
  const attributes = new Map(found)
  if (attributes.size !== found.length) throw invalid('An attribute is there more than once.')
  return attributes
}

function readAttributes(
  attributes: Attributes,
): PassedOn & Pick<SamlAssertion, 'roles' | 'sessionName' | 'sessionSeconds'> {
  const valuesOf = (name: string) => attributes.get(`${ATTRIBUTES}${name}`)
  const sessionName = singleOf(valuesOf('RoleSessionName'), 'RoleSessionName')
  if (sessionName === undefined) throw invalid('RoleSessionName is required in AuthnResponse')
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}')

  const tagPrefix = `${ATTRIBUTES}PrincipalTag:`
  const tags = [...attributes]
    .filter(([name]) => name.startsWith(tagPrefix))
    .map(([name, values]) => [name.slice(tagPrefix.length), singleOf(values, name) ?? ''] as const)
  return {
    roles: (valuesOf('Role') ?? []).map(parseRolePair),
    sessionName,
    sessionSeconds: parseSeconds(singleOf(valuesOf('SessionDuration'), 'SessionDuration')),
    ...requirePassedOn({
      sourceIdentity: singleOf(valuesOf('SourceIdentity'), 'SourceIdentity'),
      tags,
      transitiveKeys: valuesOf('TransitiveTagKeys') ?? [],
    }),
  }
}

/** `roleArn,providerArn`, or the other way round. Names of roles may have commas in them. */
function parseRolePair(value: string): RolePair {
  const arns = value.split(/,(?=arn:)/)
  const roleArn = arns.find((arn) => /^arn:aws:iam::\d{12}:role\/./.test(arn))
  const principalArn = arns.find((arn) => /^arn:aws:iam::\d{12}:saml-provider\/./.test(arn))
  if (arns.length !== 2 || roleArn === undefined || principalArn === undefined)
    throw invalid('A value of the Role attribute is not a pair of a role and a SAML provider.')
  return { roleArn, principalArn }
}

function parseSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (seconds < 900 || seconds > 43_200) throw invalid('SessionDuration must be 900 to 43200.')
  return seconds
}

function singleOf(values: readonly string[] | undefined, name: string): string | undefined {
  if (values === undefined) return undefined
  const [value, second] = values
  if (value === undefined || second !== undefined) throw invalid(`${name} must have exactly one value.`)
  return value
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The text of the one element, whole: an element inside it would cut it in two (security.md S-19). */
function textOf(elements: readonly Element[]): string {
  const [only, second] = elements
  if (only === undefined || second !== undefined || only.children.length > 0 || only.text === '')
    throw invalid('An element of the assertion is missing, doubled, empty, or more than text.')
  return only.text
}

function requireOne(elements: readonly Element[], name: string): Element {
  const [only, second] = elements
  if (only === undefined || second !== undefined) throw invalid(`The assertion needs exactly one ${name}.`)
  return only
}

/** UTC, and nothing else (SAML 2.0 Core §1.3.3). */
function timeOf({ attributes }: Element, name: string): Date | undefined {
  const text = attributes.get(name)
  if (text === undefined) return undefined
  const time = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) ? text : NaN)
  if (Number.isNaN(time.getTime())) throw invalid(`${name} is not a time in UTC.`)
  return time
}

const invalid = (message: string): Refusal => new Refusal('InvalidIdentityToken', message)
const expired = (message: string): Refusal => new Refusal('ExpiredTokenException', message)
