import { sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { WebIdentityClaims } from '../../domain/aws/web-identity-token.ts'
import type { SigningKey } from './signing-keys.ts'

const signInPool = promisify(sign)

/** A token toward AWS. The text goes to STS and nowhere else (threats.md F2). */
export type MintWebIdentityToken = (claims: WebIdentityClaims) => Promise<string>

/** Signs our token toward AWS (RFC 7515 compact form; RFC 7518 §3.3, §3.4). One token shape, one key (threats.md F4). */
export function makeMint(key: SigningKey): MintWebIdentityToken {
  const header = Buffer.from(JSON.stringify({ alg: key.algorithm, kid: key.kid, typ: 'JWT' })).toString('base64url')
  const signingKey =
    key.algorithm === 'ES256' ? { key: key.privateKey, dsaEncoding: 'ieee-p1363' as const } : { key: key.privateKey }

  return async function mint(claims) {
    const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
    const data = Buffer.from(signed)
    // An RSA signature takes half a millisecond, so it is made in the thread pool; an elliptic-curve one is too quick
    // to be worth that.
    const signature =
      key.algorithm === 'ES256' ? sign('sha256', data, signingKey) : await signInPool('sha256', data, signingKey)
    return `${signed}.${signature.toString('base64url')}`
  }
}
