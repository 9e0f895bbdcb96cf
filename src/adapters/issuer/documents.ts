import type { SigningKey } from './signing-keys.ts'

/** What a verifier fetches, as the bytes we answer: made once, no cookie, no query, no store (threats.md F12). */
export type IssuerDocuments = { readonly discovery: Buffer; readonly jwks: Buffer }

/**
 * OpenID Connect Discovery 1.0 §3, with only what a verifier needs: no endpoint invites another application to make us
 * its sign-in (threats.md F12).
 */
export function issuerDocuments({ issuer, keys }: { issuer: string; keys: readonly SigningKey[] }): IssuerDocuments {
  const algorithms = [...new Set(keys.map(({ algorithm }) => algorithm))]
  return {
    discovery: json({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: algorithms,
      claims_supported: ['iss', 'aud', 'sub', 'iat', 'exp', 'jti'],
    }),
    jwks: json({ keys: keys.map(({ publicJwk }) => publicJwk) }),
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
