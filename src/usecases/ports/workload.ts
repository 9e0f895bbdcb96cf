import type { Principal } from '../../domain/sign-in/principal.ts'

/**
 * A verified token of a CI job or container: signed by its issuer, addressed to this door, in time, and with the
 * required claims.
 */
export type VerifiedWorkload = {
  readonly principal: Principal
  /** Longest session of its entry. */
  readonly maxSeconds: number
  readonly expiresAt: Date
  /**
   * Identifies the token among its issuer's. Where a token may be used once only, it is remembered until `countsUntil`
   * (threats.md D16).
   */
  readonly tokenId: string
  readonly countsUntil: Date
}

/** Fails with `sign_in_rejected` or `idp_unavailable`. The two doors take different audiences and ages (threats.md D15, D16). */
export type VerifyWorkloadToken = (token: string, door: 'exchange' | 'container') => Promise<VerifiedWorkload>
