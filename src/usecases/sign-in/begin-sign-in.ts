import { networkOf } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import { ATTEMPT_SECONDS, type SignInAttempt } from '../../domain/sign-in/attempt.ts'
import type { LocalPath } from '../../domain/sign-in/return-to.ts'
import type { StepUpTrip } from '../../domain/sign-in/step-up.ts'
import type { LimitRate, Now } from '../ports.ts'
import type { BrowserMove, IdentityProvider } from '../ports/identity-provider.ts'

export type BeginSignIn = (
  idp: string,
  returnTo: LocalPath,
  /** Where the browser is, for the limit. */
  address: string,
  /** Id of the session this browser has now. */
  formerId?: string,
  /** They are to show anew who they are, for this. */
  stepUp?: StepUpTrip,
) => Promise<{ readonly move: BrowserMove; readonly attempt: SignInAttempt }>

/** Sends somebody to their IdP. Fails with `not_found` for an IdP we do not have, `rate_limited` and
 * `idp_unavailable`. */
export function makeBeginSignIn(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  newAttemptId: () => string
  limitRate: LimitRate
  now: Now
}): BeginSignIn {
  return async function beginSignIn(idp, returnTo, address, formerId, stepUp) {
    // A whole office shares an address; a flood is more (security.md V-5).
    await deps.limitRate(`begin:${networkOf(address)}`, 3_000, 60)
    const provider = deps.providers.get(idp)
    if (provider === undefined) throw new RolegateError('not_found', { what: 'identity provider' })
    const id = deps.newAttemptId()
    const { move, pending } = await provider.begin(id, { isFresh: stepUp !== undefined })
    const expiresAt = new Date(deps.now().getTime() + ATTEMPT_SECONDS * 1000)
    return {
      move,
      attempt: {
        id,
        idp,
        returnTo,
        expiresAt,
        pending,
        ...(formerId !== undefined && { formerId }),
        ...(stepUp !== undefined && { stepUp }),
      },
    }
  }
}
