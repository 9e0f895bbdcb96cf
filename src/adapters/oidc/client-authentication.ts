import { createPrivateKey, hash, X509Certificate, type KeyObject, type webcrypto } from 'node:crypto'
import type * as OpenidClient from 'openid-client'

/** How we prove to the IdP who we are: OIDC Core §9. */
export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly pem: string; readonly certificatePem?: string }

export async function clientAuthenticationFor(
  oidc: typeof OpenidClient,
  settings: ClientAuthentication,
): Promise<OpenidClient.ClientAuth> {
  switch (settings.method) {
    case 'client_secret_basic':
      return oidc.ClientSecretBasic(settings.secret)
    case 'client_secret_post':
      return oidc.ClientSecretPost(settings.secret)
    case 'private_key_jwt':
      return oidc.PrivateKeyJwt(await signingKeyFrom(createPrivateKey(settings.pem)), {
        [oidc.modifyAssertion]: (header) => void Object.assign(header, thumbprintsOf(settings.certificatePem)),
      })
  }
}

/**
 * RFC 7515 §4.1.7, §4.1.8: Entra identifies a key by its certificate; some of its parts read one of these, some the
 * other.
 */
function thumbprintsOf(certificatePem: string | undefined): Record<string, string> {
  if (certificatePem === undefined) return {}
  const { raw } = new X509Certificate(certificatePem)
  return { x5t: hash('sha1', raw, 'base64url'), 'x5t#S256': hash('sha256', raw, 'base64url') }
}

/** RSA keys sign RS256 and P-256 keys ES256: what every IdP takes. */
function signingKeyFrom(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const der = key.export({ type: 'pkcs8', format: 'der' })
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign'])
}
