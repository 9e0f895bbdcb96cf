import { RolegateError } from '../../domain/errors.ts'
import type { Attempt } from '../../domain/sign-in/attempt.ts'
import type { VerifiedClaims } from '../../domain/sign-in/claims.ts'
import type { Now } from '../ports.ts'
import type { UsedAttempts } from '../ports/tables.ts'

/** What counts once, whichever replica it comes to; a store that is down refuses. */
export type CountOnce = ReturnType<typeof makeCountOnce>

/** Fails with `sign_in_rejected` or `sign_in_expired`. */
export function makeCountOnce(deps: { usedAttempts: UsedAttempts; now: Now }) {
  return {
    /** The attempt an answer belongs to, used up by being asked for. */
    async attempt<Kind extends Attempt>(attempt: Kind | undefined, idp: string): Promise<Kind> {
      // RFC 6749 §10.12, security.md O-17: an answer without a question of this browser is somebody else's.
      if (attempt === undefined) throw rejected('no_attempt_in_this_browser')
      // RFC 9700 §4.4, security.md O-14: mix-up of two IdPs.
      if (attempt.idp !== idp) throw rejected('other_idp')
      const now = deps.now()
      if (now >= attempt.expiresAt) throw new RolegateError('sign_in_expired')
      // security.md O-12: used once, right or wrong, and before the code is redeemed.
      const keep = { expiresAt: new Date(attempt.expiresAt.getTime() + 60_000) }
      const first = await deps.usedAttempts.createIfAbsent(attempt.pending.state, { at: now }, keep)
      if (!first) throw rejected('attempt_used_before')
      return attempt
    },

    /** security.md S-29: an assertion counts once. */
    async assertion(idp: string, { issuer, once }: VerifiedClaims): Promise<void> {
      if (once === undefined) return
      const key = `assertion ${JSON.stringify([idp, issuer, once.id])}`
      const first = await deps.usedAttempts.createIfAbsent(key, { at: deps.now() }, { expiresAt: once.until })
      if (!first) throw rejected('assertion_used_before')
    },
  }
}

const rejected = (reason: string) => new RolegateError('sign_in_rejected', {}, { reason })
