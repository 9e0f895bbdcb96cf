import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { selfSigned } from './a-certificate.ts'

/** The moment at which every response is made and should be judged. */
export const NOW = new Date('2030-01-01T09:00:00Z')
export const IDP = 'https://idp.example.com/saml'
export const SP = 'https://gate.example.com/saml/contractors/metadata'
export const ACS = 'https://gate.example.com/saml/contractors/acs'
/** The sign-in that this browser began. */
export const REQUEST_ID = `_${'0123456789abcdef'.repeat(3).slice(0, 40)}`
/** What the gateway's clock may be off by (contract.md, `clock_skew`). */
export const SKEW_SECONDS = 60

/** A key pair with its self-signed certificate, as PEM. */
export type Holder = {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly certificate: string
}

function aHolder(name: string, serial: number): Holder {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...keys, certificate: selfSigned(name, serial, keys) }
}

/** The first of the two certificates in the IdP's metadata. */
export const idp = aHolder('idp.example.com', 1)
/** The second, which the IdP will sign with one day. */
export const nextIdp = aHolder('idp.example.com next', 2)
/** In nobody's metadata. */
export const stranger = aHolder('stranger.example.com', 3)
/** The gateway's own key, for decryption. */
export const sp = aHolder('gate.example.com', 4)

/** A time so many seconds from `NOW`, as SAML writes it (SAML Core §1.3.3). */
export const secondsFromNow = (seconds: number): string =>
  new Date(NOW.getTime() + seconds * 1000).toISOString().replace('.000Z', 'Z')

/** The base64 inside a PEM certificate, on one line. */
export const bareCertificate = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, '')

/** The IdP's metadata, with both of its signing certificates unless said otherwise. */
export function idpMetadata(
  options: {
    readonly certificates?: readonly string[]
    readonly entityId?: string
    readonly signOnUrl?: string
    readonly wantsSignedRequests?: boolean
    /** More children of the IDPSSODescriptor, after the keys. */
    readonly more?: string
  } = {},
): string {
  const { certificates = [idp.certificate, nextIdp.certificate], entityId = IDP, more = '' } = options
  const { signOnUrl = 'https://idp.example.com/saml/sso', wantsSignedRequests = false } = options
  const keys = certificates.map(
    (pem) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
      `<ds:X509Certificate>${bareCertificate(pem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  )
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<md:IDPSSODescriptor WantAuthnRequestsSigned="${wantsSignedRequests}"` +
    ` protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join('')}${more}` +
    `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${signOnUrl}"/>` +
    `</md:IDPSSODescriptor></md:EntityDescriptor>`
  )
}
