import type { DeviceClaims } from './device-login.ts'

/** An authorization code is worth a minute (threats.md D2, security.md D-3). */
export const CODE_SECONDS = 60
/** How long we remember that a code was used: a second use tells of a thief (RFC 6749 §4.1.2). */
export const CODE_MEMORY_SECONDS = 600

/** An approved sign-in on its way to the terminal through the browser (RFC 6749 §4.1, RFC 7636). */
export type AuthorizationCode = {
  readonly clientId: string
  readonly clientName: string
  readonly redirectUri: string
  /** S256 alone: base64url of the verifier's SHA-256. */
  readonly codeChallenge: string
  readonly claims: DeviceClaims
  /** The browser's session that approved it. */
  readonly parentId: string
  readonly approverAddress: string
  readonly expiresAt: Date
  /** The session it made, once it has been used. */
  readonly usedFor: string | null
  /** It came back a second time. */
  readonly reused: boolean
}

/** RFC 7636 §4.1: what a verifier may look like. */
export const isVerifier = (text: string): boolean => /^[A-Za-z0-9._~-]{43,128}$/.test(text)
/** RFC 7636 §4.2, S256: 43 characters, always. `plain` has no place here (security.md D-5). */
export const isChallenge = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)
