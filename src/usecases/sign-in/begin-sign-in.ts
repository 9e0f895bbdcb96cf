import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import { ATTEMPT_SECONDS, type SignInAttempt } from '../../domain/sign-in/attempt.ts'
import type { LocalPath } from '../../domain/sign-in/return-to.ts'
import type { StepUpTrip } from '../../domain/sign-in/step-up.ts'
import type { LimitRate, Now } from '../ports.ts'
import type { BrowserMove, IdentityProvider } from '../ports/identity-provider.ts'
import type { RecordRefused } from './record-refused.ts'

export type BeginSignIn = (
  idp: string,
  returnTo: LocalPath,
  request: RequestFacts,
  /** Id of the session this browser has now. */
  formerId?: string,
  /** They are to show anew who they are, for this. */
  stepUp?: StepUpTrip,
) => Promise<{ readonly move: BrowserMove; readonly attempt: SignInAttempt }>

/**
 * Sends somebody to their IdP. Fails with `rate_limited`, and on record with `not_found` for an IdP we do not have and with
 * `idp_unavailable`.
 */
export function makeBeginSignIn(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  newAttemptId: () => string
  limitRate: LimitRate
  recordRefused: RecordRefused
  now: Now
}): BeginSignIn {
  async function begin(idp: string, id: string, isFresh: boolean) {
    const provider = deps.providers.get(idp)
    if (provider === undefined) throw new RolegateError('not_found', { what: 'identity provider' })
    return provider.begin(id, { isFresh })
  }

  return async function beginSignIn(idp, returnTo, request, formerId, stepUp) {
    // A whole office shares an address; a flood is more (security.md V-5).
    await deps.limitRate(`begin:${networkOf(request.address)}`, 3_000, 60)
    const id = deps.newAttemptId()
    const { move, pending } = await begin(idp, id, stepUp !== undefined).catch(async (thrown: unknown) => {
      // Who cannot sign in is told why, whether there is room for the record or not: nothing is handed over here.
      await deps.recordRefused(idp, request, thrown).catch(() => undefined)
      throw thrown
    })
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
