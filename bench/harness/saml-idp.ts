import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { selfSignedCertificate } from '../../src/adapters/issuer/self-signed.ts'
import { personOf } from './people.ts'

/** What an IdP must know of the question it answers. */
export type SamlQuestion = { readonly requestId: string; readonly acs: string; readonly audience: string }
export type SamlPerson = { readonly person: number; readonly groupCount: number }

export type SamlIdp = {
  /** Two certificates, as in every IdP now and then: the first one signs. */
  readonly metadata: string
  readonly certificatePem: string
  /** The XML of a Response with one signed assertion. */
  respond(question: SamlQuestion, person: SamlPerson): string
}

export const IDP_ENTITY = 'https://idp.bench.example/metadata'
export const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const MINUTE = 60_000

/** An IdP with a key of its own. What it signs is in canonical form as it stands, so it needs nobody to make that. */
export function makeSamlIdp(): SamlIdp {
  const [signing, next] = [newKey(), newKey()]
  const respond: SamlIdp['respond'] = (question, person) => {
    const now = Date.now()
    const id = `_${randomUUID()}`
    const [head, tail] = assertion(id, now, question, person)
    const digest = createHash('sha256')
      .update(head + tail)
      .digest('base64')
    const statement = signedInfo(id, digest)
    const value = sign('sha256', Buffer.from(standingAlone(statement)), signing.privateKey).toString('base64')
    return response(now, question, head + signature(statement, value, signing.bare) + tail)
  }
  return { metadata: metadata([signing, next]), certificatePem: signing.certificatePem, respond }
}

export const asField = (xml: string): string => Buffer.from(xml).toString('base64')

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificatePem = selfSignedCertificate({
    privateKey,
    commonName: 'idp.bench.example',
    use: 'sign',
    now: new Date(),
  })
  return { privateKey, certificatePem, bare: certificatePem.replace(/-----[A-Z ]+-----|\n/g, '') }
}

const metadata = (keys: readonly { bare: string }[]): string =>
  `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${IDP_ENTITY}">` +
  `<md:IDPSSODescriptor protocolSupportEnumeration="${SAMLP}">` +
  keys
    .map(
      ({ bare }) =>
        `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="${DSIG}"><ds:X509Data>` +
        `<ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
    )
    .join('') +
  `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.bench.example/sso"/>` +
  '</md:IDPSSODescriptor></md:EntityDescriptor>'

const response = (now: number, { acs, requestId }: SamlQuestion, signed: string): string =>
  `<samlp:Response xmlns:samlp="${SAMLP}" Destination="${acs}" ID="_${randomUUID()}" InResponseTo="${requestId}"` +
  ` IssueInstant="${at(now)}" Version="2.0"><saml:Issuer xmlns:saml="${SAML}">${IDP_ENTITY}</saml:Issuer>` +
  '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>' +
  `${signed}</samlp:Response>`

/** Its two parts, before and after the place where its signature goes. */
function assertion(
  id: string,
  now: number,
  { requestId, acs, audience }: SamlQuestion,
  { person, groupCount }: SamlPerson,
): readonly [string, string] {
  const { subject, username, email, groups } = personOf(person, groupCount)
  const end = at(now + 5 * MINUTE)
  return [
    `<saml:Assertion xmlns:saml="${SAML}" xmlns:xs="http://www.w3.org/2001/XMLSchema"` +
      ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="${id}" IssueInstant="${at(now)}" Version="2.0">` +
      `<saml:Issuer>${IDP_ENTITY}</saml:Issuer>`,
    `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${subject}</saml:NameID>` +
      '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">' +
      `<saml:SubjectConfirmationData InResponseTo="${requestId}" NotOnOrAfter="${end}" Recipient="${acs}">` +
      '</saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>' +
      `<saml:Conditions NotBefore="${at(now - MINUTE)}" NotOnOrAfter="${end}"><saml:AudienceRestriction>` +
      `<saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
      `<saml:AuthnStatement AuthnInstant="${at(now)}" SessionIndex="_${id.slice(1, 9)}"><saml:AuthnContext>` +
      '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>' +
      '</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>' +
      attribute('username', [username]) +
      attribute('email', [email]) +
      attribute('groups', groups) +
      '</saml:AttributeStatement></saml:Assertion>',
  ]
}

const attribute = (name: string, values: readonly string[]): string =>
  `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">` +
  values.map((value) => `<saml:AttributeValue xsi:type="xs:string">${value}</saml:AttributeValue>`).join('') +
  '</saml:Attribute>'

/** With the prefixes of its types counted as used, as many IdPs do it. */
const signedInfo = (id: string, digest: string): string =>
  `<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"></ds:CanonicalizationMethod>` +
  `<ds:SignatureMethod Algorithm="${RSA_SHA256}"></ds:SignatureMethod><ds:Reference URI="#${id}"><ds:Transforms>` +
  `<ds:Transform Algorithm="${DSIG}enveloped-signature"></ds:Transform>` +
  `<ds:Transform Algorithm="${EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE}" PrefixList="xs xsi">` +
  `</ec:InclusiveNamespaces></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${SHA256}"></ds:DigestMethod>` +
  `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`

/** The canonical form of a SignedInfo that stands in a Signature, where `ds` is declared. */
const standingAlone = (statement: string): string =>
  statement.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${DSIG}">`)

const signature = (statement: string, value: string, certificate: string): string =>
  `<ds:Signature xmlns:ds="${DSIG}">${statement}<ds:SignatureValue>${value}</ds:SignatureValue>` +
  `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
  '</ds:Signature>'

const at = (time: number): string => new Date(time).toISOString()
