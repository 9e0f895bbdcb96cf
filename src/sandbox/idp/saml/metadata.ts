import type { SamlBehaviour } from './behaviour.ts'
import { NAME_ID_FORMATS } from './name-id.ts'
import { bodyOf } from './signing-key.ts'
import { element, PROTOCOL, type Xml } from './xml.ts'

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
export const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

/** Where this IdP is. Its entity id is the address of its metadata, as is the custom. */
export type Addresses = { readonly entityId: string; readonly ssoUrl: string; readonly sloUrl: string }

/** The IdP's EntityDescriptor. Source: SAML 2.0 Metadata, §2.3 and §2.4.3. */
export function metadataOf(
  { entityId, ssoUrl, sloUrl }: Addresses,
  certificates: readonly string[],
  { nameId, wantsSignedRequests }: SamlBehaviour,
): string {
  const idp = element(
    'md:IDPSSODescriptor',
    { protocolSupportEnumeration: PROTOCOL, WantAuthnRequestsSigned: String(wantsSignedRequests) },
    ...certificates.map(signingKey),
    ...endpoints('md:SingleLogoutService', sloUrl),
    element('md:NameIDFormat', {}, NAME_ID_FORMATS[nameId]),
    ...endpoints('md:SingleSignOnService', ssoUrl),
  )
  const { xml } = element(
    'md:EntityDescriptor',
    { 'xmlns:md': 'urn:oasis:names:tc:SAML:2.0:metadata', entityID: entityId },
    idp,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`
}

const signingKey = (certificatePem: string): Xml =>
  element(
    'md:KeyDescriptor',
    { use: 'signing' },
    element(
      'ds:KeyInfo',
      { 'xmlns:ds': 'http://www.w3.org/2000/09/xmldsig#' },
      element('ds:X509Data', {}, element('ds:X509Certificate', {}, bodyOf(certificatePem))),
    ),
  )

const endpoints = (name: string, location: string): Xml[] =>
  [REDIRECT, POST].map((binding) => element(name, { Binding: binding, Location: location }))
