import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import samlify from 'samlify'
import { selfSignedCertificate } from '../../../src/adapters/issuer/self-signed.ts'
import { samlTrustPolicyFor } from '../../../src/domain/aws/trust-policy/generate.ts'
import { subjectFor } from '../../../src/domain/aws/web-identity-token.ts'
import { startDemoAws } from '../../../src/sandbox/aws/demo-aws.ts'
import { ACCOUNT, NOW, OTHER_ACCOUNT, readXml, roleArn } from './a-demo-aws.ts'

export const ENTITY_ID = 'https://gateway.example.com/issuer/saml'
export const AWS_ATTRIBUTE = 'https://aws.amazon.com/SAML/Attributes/'
export const PROVIDER = 'rolegate'
export const providerArn = (accountId: string, name = PROVIDER) => `arn:aws:iam::${accountId}:saml-provider/${name}`
export const pairOf = (accountId: string, roleName: string) =>
  `${roleArn(accountId, roleName)},${providerArn(accountId)}`

const DSIG = 'http://www.w3.org/2000/09/xmldsig#'

/** A key and the base64 of its certificate, as an IdP signs with. */
function aSigner() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = selfSignedCertificate({ privateKey, commonName: 'test', use: 'sign', now: NOW })
  const certificate = new X509Certificate(pem).raw.toString('base64')
  return { privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate }
}
/** Made once: RSA keys take their time. */
const SIGNERS = { ours: aSigner(), next: aSigner(), stranger: aSigner() }
const DECRYPTION_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
type Signer = keyof typeof SIGNERS

const keyDescriptor = (certificate: string, use: string) =>
  `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="${DSIG}"><ds:X509Data><ds:X509Certificate>` +
  certificate +
  `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`

/** Two certificates to sign with, and a stranger's in a place where it vouches for nothing. */
const METADATA =
  `<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY_ID}">` +
  `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
  keyDescriptor(SIGNERS.next.certificate, 'signing') +
  keyDescriptor(SIGNERS.ours.certificate, 'signing') +
  `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ENTITY_ID}"/>` +
  `</md:IDPSSODescriptor>` +
  `<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
  keyDescriptor(SIGNERS.stranger.certificate, 'signing') +
  `</md:SPSSODescriptor></md:EntityDescriptor>`

const ROLES = [
  { accountId: ACCOUNT, roleName: 'rolegate/Admin', tagKeys: [], sourceIdentity: true },
  { accountId: ACCOUNT, roleName: 'rolegate/Admin2', tagKeys: [], sourceIdentity: true },
  { accountId: ACCOUNT, roleName: 'rolegate/Developer', tagKeys: ['team'], sourceIdentity: true },
  { accountId: ACCOUNT, roleName: 'rolegate/Plain', tagKeys: [], sourceIdentity: false },
  { accountId: OTHER_ACCOUNT, roleName: 'rolegate/Admin', tagKeys: [], sourceIdentity: true },
]

type Said = {
  readonly id: string
  readonly issuer: string
  readonly audience: string
  readonly recipient: string
  readonly destination: string
  readonly status: string
  readonly nameId: string
  readonly nameIdFormat: string
  /** Seconds from now. */
  readonly issued: number
  readonly notBefore: number
  readonly conditionsEnd: number
  readonly confirmationEnd: number
  readonly sessionEnd: number
  readonly method: string
  /** XML beside what is there. */
  readonly extraCondition: string
  readonly extraConfirmation: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

/** A demo AWS whose two accounts have the same SAML provider registered, and an IdP that signs for it. */
export async function aSamlAws({ now = () => NOW } = {}) {
  let metadata = METADATA
  const provider = { name: PROVIDER, metadata: () => Promise.resolve(metadata) }
  const privateKeyPem = DECRYPTION_KEY.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const aws = await startDemoAws({
    port: 0,
    consolePort: 0,
    now,
    random: randomBytes,
    oidcProviders: new Map(),
    samlProviders: new Map([
      [ACCOUNT, [{ ...provider, privateKeyPem }]],
      [OTHER_ACCOUNT, [provider]],
    ]),
    roles: ROLES.map(({ accountId, roleName }) => ({ accountId, roleName, maxSessionSeconds: 3600, trustPolicy: {} })),
  })
  /** Every role trusts what the gateway would have it trust. */
  const trust = () => {
    for (const role of ROLES) {
      aws.role(role.accountId, role.roleName).trustPolicy = samlTrustPolicyFor({
        partition: 'aws',
        providerName: PROVIDER,
        recipient: aws.samlUrl,
        ...role,
      })
    }
  }
  trust()

  const attributesFor = (accountId: string, roleName: string) => ({
    [`${AWS_ATTRIBUTE}Role`]: [pairOf(accountId, roleName)],
    [`${AWS_ATTRIBUTE}RoleSessionName`]: ['alice+abcdefgh'],
    ...(roleName !== 'rolegate/Plain' && { [`${AWS_ATTRIBUTE}SourceIdentity`]: ['alice+abcdefgh'] }),
  })
  const saidFor = (accountId: string, roleName: string): Said => ({
    id: '_assertion-1',
    issuer: ENTITY_ID,
    audience: 'urn:amazon:webservices',
    recipient: aws.samlUrl,
    destination: aws.samlUrl,
    status: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    nameId: subjectFor(accountId, roleName, 'abcdefghijklmnopqrstuvwx23'),
    nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    issued: 0,
    notBefore: -60,
    conditionsEnd: 120,
    confirmationEnd: 120,
    sessionEnd: 7200,
    method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    extraCondition: '',
    extraConfirmation: '',
    attributes: attributesFor(accountId, roleName),
  })
  /** The response, unsigned. `undefined` takes an attribute out. */
  const xml = (
    {
      attributes = {},
      ...change
    }: Partial<Omit<Said, 'attributes'>> & { attributes?: Record<string, string[] | undefined> } = {},
    [accountId, roleName] = [ACCOUNT, 'rolegate/Admin'],
  ) => {
    const said = saidFor(accountId, roleName)
    return responseXml({ ...said, ...change }, { ...said.attributes, ...attributes }, now())
  }

  /** One AssumeRoleWithSAML in plain HTTP. */
  async function assume(response: string, parameters: Record<string, string> = {}) {
    const body = new URLSearchParams({
      Action: 'AssumeRoleWithSAML',
      Version: '2011-06-15',
      RoleArn: roleArn(ACCOUNT, 'rolegate/Admin'),
      PrincipalArn: providerArn(ACCOUNT),
      SAMLAssertion: response,
      ...parameters,
    })
    return readXml(await fetch(`${aws.url}/`, { method: 'POST', body }))
  }
  /** One POST of a browser. */
  const post = (response: string, more: Record<string, string> = {}) =>
    fetch(aws.samlUrl, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ SAMLResponse: response, ...more }),
    })
  const publish = (text: string = METADATA) => void (metadata = text)
  return { aws, xml, assume, post, trust, publish, attributesFor, close: aws.close }
}

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')

function responseXml(said: Said, attributes: Record<string, readonly string[] | undefined>, now: Date): string {
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString()
  const listed = Object.entries(attributes)
    .map(([name, values]) =>
      values === undefined
        ? ''
        : `<saml:Attribute Name="${escaped(name)}">${values.map((value) => `<saml:AttributeValue>${escaped(value)}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
    )
    .join('')
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response-1" Version="2.0" IssueInstant="${at(said.issued)}" Destination="${said.destination}">` +
    `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${said.issuer}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="${said.status}"/></samlp:Status>` +
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${said.id}" Version="2.0" IssueInstant="${at(said.issued)}">` +
    `<saml:Issuer>${said.issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${said.nameIdFormat}">${said.nameId}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="${said.method}"><saml:SubjectConfirmationData NotOnOrAfter="${at(said.confirmationEnd)}" Recipient="${said.recipient}"/></saml:SubjectConfirmation>` +
    `${said.extraConfirmation}</saml:Subject>` +
    `<saml:Conditions NotBefore="${at(said.notBefore)}" NotOnOrAfter="${at(said.conditionsEnd)}">` +
    `<saml:AudienceRestriction><saml:Audience>${said.audience}</saml:Audience></saml:AudienceRestriction>${said.extraCondition}</saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${at(said.issued)}" SessionNotOnOrAfter="${at(said.sessionEnd)}"><saml:AuthnContext>` +
    `<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${listed}</saml:AttributeStatement></saml:Assertion></samlp:Response>`
  )
}

export const base64 = (text: string) => Buffer.from(text).toString('base64')
export const textOf = (response: string) => Buffer.from(response, 'base64').toString()

type Signing = { by?: Signer; what?: 'assertion' | 'response'; algorithm?: string; shows?: Signer }

/** The response as samlify signs it, in base64: the assertion unless the whole response is asked for. */
export function signed(
  xml: string,
  { by = 'ours', what = 'assertion', algorithm = 'rsa-sha256', shows = by }: Signing = {},
): string {
  const element = what === 'assertion' ? 'Assertion' : 'Response'
  return samlify.SamlLib.constructSAMLSignature({
    rawSamlMessage: xml,
    referenceTagXPath: `//*[local-name(.)='${element}']`,
    privateKey: SIGNERS[by].privateKeyPem,
    signingCert: SIGNERS[shows].certificate,
    signatureAlgorithm:
      algorithm === 'rsa-sha1' ? `${DSIG}rsa-sha1` : `http://www.w3.org/2001/04/xmldsig-more#${algorithm}`,
    signatureConfig: {
      prefix: 'ds',
      location: { reference: `//*[local-name(.)='${element}']/*[local-name(.)='Issuer']`, action: 'after' },
    },
  })
}

const OAEP = {
  sha1: {
    method: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    inside: `<ds:DigestMethod xmlns:ds="${DSIG}" Algorithm="${DSIG}sha1"/>`,
  },
  sha256: {
    method: 'http://www.w3.org/2009/xmlenc11#rsa-oaep',
    inside:
      `<ds:DigestMethod xmlns:ds="${DSIG}" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>` +
      `<e11:MGF xmlns:e11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>`,
  },
}

/** The same response with its assertion encrypted to the provider of the first account. */
export function encrypted(
  response: string,
  {
    oaepHash = 'sha256',
    publicKey = DECRYPTION_KEY.publicKey,
  }: { oaepHash?: keyof typeof OAEP; publicKey?: typeof DECRYPTION_KEY.publicKey } = {},
): string {
  const [assertion = ''] = /<saml:Assertion[^]*<\/saml:Assertion>/.exec(textOf(response)) ?? []
  const [key, vector] = [randomBytes(32), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', key, vector)
  const sealed = Buffer.concat([vector, cipher.update(assertion), cipher.final(), cipher.getAuthTag()])
  const wrapped = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, key)
  const cipherData = (bytes: Buffer) =>
    `<xenc:CipherData><xenc:CipherValue>${bytes.toString('base64')}</xenc:CipherValue></xenc:CipherData>`
  return base64(
    textOf(response).replace(
      assertion,
      () =>
        `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">` +
        `<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/><ds:KeyInfo xmlns:ds="${DSIG}"><xenc:EncryptedKey>` +
        `<xenc:EncryptionMethod Algorithm="${OAEP[oaepHash].method}">${OAEP[oaepHash].inside}</xenc:EncryptionMethod>${cipherData(wrapped)}</xenc:EncryptedKey></ds:KeyInfo>` +
        `${cipherData(sealed)}</xenc:EncryptedData></saml:EncryptedAssertion>`,
    ),
  )
}
