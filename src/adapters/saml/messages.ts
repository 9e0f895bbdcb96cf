import { sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { BrowserMove } from '../../usecases/ports/identity-provider.ts'
import type { Endpoints, IdpMetadata } from './metadata.ts'
import { SAML, SAMLP } from './names.ts'
import type { samlify } from './samlify.ts'

type Samlify = typeof samlify

let library: Promise<Samlify> | undefined

/** samlify, loaded with the first request and not at start. */
const loadSamlify = (): Promise<Samlify> => (library ??= import('./samlify.ts').then((module) => module.samlify))

const signAsync = promisify(sign)
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:'

/** Us, as the IdP knows us. */
export type OurSide = {
  /** Our metadata's URL is our name. */
  readonly entityId: string
  readonly acs: string
  readonly slo: string
  /** Signs what we send; absent: nothing is signed. */
  readonly signing?: { readonly key: KeyObject; readonly pem: string; readonly certificatePem: string }
  /** Goes into our metadata, for IdPs that encrypt. */
  readonly encryptionCertificatePem?: string
}

export type LoginRequest = {
  readonly id: string
  readonly relayState: string
  readonly issuedAt: Date
  readonly forceAuthn: boolean
  readonly contexts: readonly string[]
}

type Kind = 'SAMLRequest' | 'SAMLResponse'

/**
 * What we send an IdP, by samlify: it wraps our messages for their bindings and makes our metadata. The messages are our own
 * text, since its templates replace inside what they have replaced (GHSA-34r5-q4jw-r36m).
 */
export function makeMessages(us: OurSide) {
  // Remembered, since samlify builds a side's metadata each time, and most sign-ins involve the same two sides.
  let ours: ReturnType<Samlify['ServiceProvider']> | undefined
  const theirs = new WeakMap<IdpMetadata, ReturnType<Samlify['IdentityProvider']>>()

  const ourSide = (samlify: Samlify) => (ours ??= samlify.ServiceProvider(ourSettings(us)))
  function idpSide(samlify: Samlify, idp: IdpMetadata) {
    const known = theirs.get(idp) ?? theirSide(samlify, idp)
    theirs.set(idp, known)
    return known
  }

  return {
    /** An AuthnRequest, by Redirect where the IdP takes it, else by POST (security.md S-37). */
    async loginRequest(idp: IdpMetadata, request: LoginRequest): Promise<BrowserMove> {
      const samlify = await loadSamlify()
      const binding = idp.signOn.redirect === undefined ? 'post' : 'redirect'
      const destination = idp.signOn[binding] ?? ''
      const xml = authnRequest(us, destination, request)
      const made = ourSide(samlify).createLoginRequest(idpSide(samlify, idp), binding, {
        relayState: request.relayState,
        customTagReplacement: () => ({ id: request.id, context: xml }),
      })
      return binding === 'redirect'
        ? { url: await signedUrl(made.context, us) }
        : {
            post: {
              url: destination,
              fields: { SAMLRequest: await postBody(samlify, xml, us), RelayState: request.relayState },
            },
          }
    },

    /** Asks the IdP to end its session as well: a link, so by Redirect alone. */
    async logoutRequest(
      idp: IdpMetadata,
      request: { id: string; issuedAt: Date; nameId: string; format: string; index?: string },
    ): Promise<BrowserMove | undefined> {
      const destination = idp.signOut.redirect
      if (destination === undefined) return undefined
      const { nameId, format, index } = request
      const xml =
        open('LogoutRequest', us, destination, request) +
        `<saml:NameID Format="${escaped(format)}">${escaped(nameId)}</saml:NameID>` +
        (index === undefined ? '' : `<samlp:SessionIndex>${escaped(index)}</samlp:SessionIndex>`) +
        '</samlp:LogoutRequest>'
      return { url: await redirectUrl('SAMLRequest', destination, request.id, xml, idp) }
    },

    /** Tells the IdP that its logout request was done. */
    async logoutResponse(
      idp: IdpMetadata,
      answer: { id: string; issuedAt: Date; inResponseTo: string; relayState?: string },
    ): Promise<BrowserMove | undefined> {
      const destination = idp.signOut.answer ?? idp.signOut.redirect
      if (destination === undefined) return undefined
      const xml =
        open('LogoutResponse', us, destination, answer, ` InResponseTo="${escaped(answer.inResponseTo)}"`) +
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>' +
        '</samlp:LogoutResponse>'
      return { url: await redirectUrl('SAMLResponse', destination, answer.id, xml, idp, answer.relayState) }
    },

    /** What the IdP's administrator loads: our name, addresses and certificates. */
    async metadata(): Promise<string> {
      const samlify = await loadSamlify()
      return samlify
        .ServiceProvider({ ...ourSettings(us), authnRequestsSigned: us.signing !== undefined })
        .getMetadata()
    },
  }

  async function redirectUrl(
    kind: Kind,
    destination: string,
    id: string,
    xml: string,
    idp: IdpMetadata,
    relayState?: string,
  ) {
    const samlify = await loadSamlify()
    const options = {
      ...(relayState !== undefined && { relayState }),
      customTagReplacement: () => ({ id, context: xml }),
    }
    const sp = ourSide(samlify)
    const target = theirSide(samlify, idp, destination)
    const made =
      kind === 'SAMLRequest'
        ? sp.createLogoutRequest(target, 'redirect', {}, options)
        : sp.createLogoutResponse(target, { extract: {} }, 'redirect', options)
    return signedUrl(made.context, us)
  }
}

/** Signing is done here, over what is sent; so neither side is told of it. */
const ourSettings = ({ entityId, acs, slo, signing, encryptionCertificatePem }: OurSide) => ({
  entityID: entityId,
  // The schema's order (saml-metadata-2.0 §2.4.2), which is not samlify's own.
  elementsOrder: ['KeyDescriptor', 'SingleLogoutService', 'NameIDFormat', 'AssertionConsumerService'],
  authnRequestsSigned: false,
  wantAssertionsSigned: true,
  nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
  assertionConsumerService: [{ Binding: `${BINDING}HTTP-POST`, Location: acs, isDefault: true }],
  singleLogoutService: [
    { Binding: `${BINDING}HTTP-Redirect`, Location: slo },
    { Binding: `${BINDING}HTTP-POST`, Location: slo },
  ],
  ...(signing !== undefined && { signingCert: signing.certificatePem }),
  ...(encryptionCertificatePem !== undefined && { encryptCert: encryptionCertificatePem }),
})

function theirSide(samlify: Samlify, { entityId, signOn }: IdpMetadata, logout?: string) {
  return samlify.IdentityProvider({
    entityID: entityId,
    wantAuthnRequestsSigned: false,
    singleSignOnService: services(signOn),
    // samlify complains on the console about an IdP without one; nothing is ever sent there.
    singleLogoutService: [
      { Binding: `${BINDING}HTTP-Redirect`, Location: logout ?? signOn.redirect ?? signOn.post ?? '' },
    ],
  })
}

const services = ({ redirect, post }: Endpoints) => [
  ...(redirect === undefined ? [] : [{ Binding: `${BINDING}HTTP-Redirect`, Location: redirect }]),
  ...(post === undefined ? [] : [{ Binding: `${BINDING}HTTP-POST`, Location: post }]),
]

/** saml-bindings-2.0 §3.4.4.1: the signature is over the query as it is sent. */
async function signedUrl(url: string, { signing }: OurSide): Promise<string> {
  if (signing === undefined) return url
  const at = url.search(/[?&]SAML(?:Request|Response)=/)
  const query = `${url.slice(at + 1)}&SigAlg=${encodeURIComponent(RSA_SHA256)}`
  const signature = await signAsync('sha256', Buffer.from(query), signing.key)
  return `${url.slice(0, at + 1)}${query}&Signature=${encodeURIComponent(signature.toString('base64'))}`
}

async function postBody({ SamlLib }: Samlify, xml: string, { signing }: OurSide): Promise<string> {
  if (signing === undefined) return Buffer.from(xml).toString('base64')
  return SamlLib.constructSAMLSignature({
    rawSamlMessage: xml,
    referenceTagXPath: "/*[local-name(.)='AuthnRequest']",
    privateKey: signing.pem,
    signatureAlgorithm: RSA_SHA256,
    // As KeyInfo carries it: samlify makes a PEM of it again.
    signingCert: signing.certificatePem.replace(/-----(?:BEGIN|END) CERTIFICATE-----|\s/g, ''),
    signatureConfig: { prefix: 'ds', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } },
  })
}

function authnRequest(us: OurSide, destination: string, request: LoginRequest): string {
  const attributes =
    ` ProtocolBinding="${BINDING}HTTP-POST" AssertionConsumerServiceURL="${escaped(us.acs)}"` +
    (request.forceAuthn ? ' ForceAuthn="true"' : '')
  const contexts = request.contexts
    .map((context) => `<saml:AuthnContextClassRef>${escaped(context)}</saml:AuthnContextClassRef>`)
    .join('')
  return (
    open('AuthnRequest', us, destination, request, attributes) +
    '<samlp:NameIDPolicy AllowCreate="true"/>' +
    (contexts === ''
      ? ''
      : `<samlp:RequestedAuthnContext Comparison="exact">${contexts}</samlp:RequestedAuthnContext>`) +
    '</samlp:AuthnRequest>'
  )
}

const open = (
  name: string,
  us: OurSide,
  destination: string,
  { id, issuedAt }: { id: string; issuedAt: Date },
  attributes = '',
): string =>
  `<samlp:${name} xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="${id}" Version="2.0"` +
  ` IssueInstant="${issuedAt.toISOString()}" Destination="${escaped(destination)}"${attributes}>` +
  `<saml:Issuer>${escaped(us.entityId)}</saml:Issuer>`

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '')
