import type { Principal } from '../../domain/sign-in/principal.ts'

/** A token of a CI job or a container, verified: signed by its issuer, for this door of ours, in time, with the claims required. */
export type VerifiedWorkload = {
  readonly principal: Principal
  /** Longest session of its entry. */
  readonly maxSeconds: number
  readonly expiresAt: Date
  /** Names the token among its issuer's; counts once until then, where it counts (threats.md D16). */
  readonly tokenId: string
  readonly countsUntil: Date
}

/** Fails with `sign_in_rejected` or `idp_unavailable`. The two doors take different audiences and ages (threats.md D15, D16). */
export type VerifyWorkloadToken = (token: string, door: 'exchange' | 'container') => Promise<VerifiedWorkload>
