import type { SamlBehaviour } from './behaviour.ts'
import type { BrowserSession } from './browser-sessions.ts'
import { nameIdElement } from './name-id.ts'
import { SamlRefusal } from './refusal.ts'
import type { AwsApplication, ServiceProvider } from './service-provider.ts'
import { encrypted, signed } from './signatures.ts'
import type { SigningKey } from './signing-key.ts'
import { ASSERTION, element, PROTOCOL, SUCCESS, type Xml } from './xml.ts'

const ASSERTION_LIFE_SECONDS = 5 * 60
const URI_NAME = 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri'
const BASIC_NAME = 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic'

export type ResponseFacts = {
  readonly issuer: string
  readonly sp: ServiceProvider
  readonly requestId: string
  readonly session: BrowserSession
  readonly behaviour: SamlBehaviour
  readonly key: SigningKey
  readonly now: Date
  readonly newId: () => string
}

/** A Response with one Assertion, signed and encrypted as the behaviour says. Source: SAML 2.0 Profiles, §4.1.4.2. */
export async function makeResponse(facts: ResponseFacts): Promise<string> {
  const { behaviour, key, sp } = facts
  const bare = assertionOf(facts).xml
  const assertion = behaviour.signs === 'response' ? bare : await signed(bare, key)
  const plain = responseAround({ xml: assertion }, facts).xml
  // Core §6.2: the assertion is signed before it is encrypted, the response after.
  const response = behaviour.encrypts === 'nothing' ? plain : await encryptedTo(sp, plain, behaviour.encrypts)
  return behaviour.signs === 'assertion' ? response : signed(response, key)
}

function encryptedTo({ encryptionCertificate }: ServiceProvider, xml: string, cipher: Parameters<typeof encrypted>[2]) {
  if (encryptionCertificate === undefined) throw new SamlRefusal('The gateway has shown no certificate to encrypt to.')
  return encrypted(xml, encryptionCertificate, cipher)
}

function responseAround(assertion: Xml, { issuer, sp, requestId, now, newId }: ResponseFacts): Xml {
  const success = element('samlp:StatusCode', { Value: SUCCESS })
  return element(
    'samlp:Response',
    {
      'xmlns:samlp': PROTOCOL,
      'xmlns:saml': ASSERTION,
      ID: newId(),
      Version: '2.0',
      IssueInstant: now.toISOString(),
      Destination: sp.acs,
      InResponseTo: requestId,
    },
    element('saml:Issuer', {}, issuer),
    element('samlp:Status', {}, success),
    assertion,
  )
}

function assertionOf(facts: ResponseFacts): Xml {
  const { issuer, sp, session, behaviour, now, newId } = facts
  const window = { NotBefore: now.toISOString(), NotOnOrAfter: endOf(now) }
  const audience = element('saml:AudienceRestriction', {}, element('saml:Audience', {}, sp.entityId))
  return element(
    'saml:Assertion',
    { 'xmlns:saml': ASSERTION, ID: newId(), Version: '2.0', IssueInstant: now.toISOString() },
    element('saml:Issuer', {}, issuer),
    subjectOf(facts),
    element('saml:Conditions', window, audience),
    authnStatement(session),
    attributeStatement(session, behaviour, sp),
  )
}

function subjectOf({ session, behaviour, sp, requestId, now }: ResponseFacts): Xml {
  const data = { InResponseTo: requestId, NotOnOrAfter: endOf(now), Recipient: sp.aws?.recipient ?? sp.acs }
  return element(
    'saml:Subject',
    {},
    nameIdElement(session, behaviour.nameId),
    element(
      'saml:SubjectConfirmation',
      { Method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer' },
      element('saml:SubjectConfirmationData', data),
    ),
  )
}

const endOf = (now: Date): string => new Date(now.getTime() + ASSERTION_LIFE_SECONDS * 1000).toISOString()

const authnStatement = ({ signedInAt, sessionIndex }: BrowserSession): Xml =>
  element(
    'saml:AuthnStatement',
    { AuthnInstant: signedInAt.toISOString(), SessionIndex: sessionIndex },
    element(
      'saml:AuthnContext',
      {},
      element('saml:AuthnContextClassRef', {}, 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'),
    ),
  )

/** Two attributes by object id with a friendly name, as directories of LDAP descent do, and two by their plain name. */
function attributeStatement(
  { person }: BrowserSession,
  { groups, groupValues }: SamlBehaviour,
  { aws }: ServiceProvider,
): Xml {
  const listed = groupValues === 'many' || person.groups.length === 0 ? person.groups : [person.groups.join(';')]
  return element(
    'saml:AttributeStatement',
    {},
    attribute({ Name: 'urn:oid:0.9.2342.19200300.100.1.1', NameFormat: URI_NAME, FriendlyName: 'uid' }, [
      person.username,
    ]),
    attribute({ Name: 'urn:oid:2.16.840.1.113730.3.1.241', NameFormat: URI_NAME, FriendlyName: 'displayName' }, [
      person.name,
    ]),
    attribute({ Name: 'email', NameFormat: BASIC_NAME }, [person.email]),
    ...(groups === 'absent'
      ? []
      : [attribute({ Name: 'groups', NameFormat: BASIC_NAME }, groups === 'listed' ? listed : [])]),
    ...(aws === undefined ? [] : awsAttributes(person, aws)),
  )
}

/** What AWS reads: which roles, and the name CloudTrail shows (aws.md §4). */
const awsAttributes = ({ username, email }: BrowserSession['person'], { roles }: AwsApplication): readonly Xml[] =>
  [['Role', roles] as const, ['RoleSessionName', [email]] as const, ['SourceIdentity', [username]] as const].map(
    ([name, values]) =>
      attribute({ Name: `https://aws.amazon.com/SAML/Attributes/${name}`, NameFormat: URI_NAME }, values),
  )

const attribute = (name: Readonly<Record<string, string>>, values: readonly string[]): Xml =>
  element('saml:Attribute', name, ...values.map((value) => element('saml:AttributeValue', {}, value)))
