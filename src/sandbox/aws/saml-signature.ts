import samlify from 'samlify'

/**
 * What one of these certificates signed, out of the signed bytes themselves, or undefined. Certificates one at a time:
 * samlify would only try the first, or whichever the message itself names (security.md S-15).
 */
export function signedPart(text: string, certificates: readonly string[]): string | undefined {
  for (const certificate of certificates) {
    try {
      const [isVerified, signed] = samlify.SamlLib.verifySignature(text, { metadata: metadataWith(certificate) })
      if (isVerified && signed !== null) return signed
    } catch {
      // Another certificate's, or nobody's.
    }
  }
  return undefined
}

/** What samlify asks a provider's metadata for, when all it wants is the certificate. */
const metadataWith = (certificate: string) => ({
  xmlString: '',
  getMetadata: () => '',
  exportMetadata: () => {},
  getEntityID: () => '',
  getX509Certificate: () => certificate,
  getNameIDFormat: () => [],
  getSingleLogoutService: () => '',
  getSupportBindings: () => [],
})
