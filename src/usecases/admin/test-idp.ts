import { readIdpTest, type IdpTest } from '../../domain/admin/idp-test.ts'
import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import { ATTEMPT_SECONDS, type TestAttempt } from '../../domain/sign-in/attempt.ts'
import type { ClaimMapping, VerifiedClaims } from '../../domain/sign-in/claims.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, CurrentRules, LimitRate, Now } from '../ports.ts'
import type { BrowserMove, CallbackAnswer, IdentityProvider } from '../ports/identity-provider.ts'
import type { CountOnce } from '../sign-in/count-once.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { RequireStanding } from './require-standing.ts'

/** What came back from the IdP: all that a sign-in reads of it, or why none of it is believed. */
export type TestOutcome = IdpTest | { readonly unverified: RolegateError }

export type TestIdp = {
  /** Sends an operator to an IdP. Fails with `not_found`, `rate_limited` and `idp_unavailable`. */
  begin(
    session: GatewaySession,
    idp: string,
    address: string,
  ): Promise<{ readonly move: BrowserMove; readonly attempt: TestAttempt }>
  /**
   * What the IdP said. The test is on record before it is shown, without the answer itself; nothing of the answer is
   * kept.
   */
  complete(back: {
    readonly idp: string
    readonly attempt: TestAttempt
    readonly answer: CallbackAnswer
    readonly request: RequestFacts
  }): Promise<{ readonly operator: GatewaySession; readonly outcome: TestOutcome }>
  /** Operators alone: an auditor looks on, and signs in nowhere for a look. */
  requireOperator(session: GatewaySession): void
}

/**
 * A test sign-in that signs nobody in: operators see what an IdP sends and what a sign-in would make of it (threats.md
 * P1).
 */
export function makeTestIdp(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  mappings: ReadonlyMap<string, ClaimMapping>
  requireStanding: RequireStanding
  findSession: FindSession
  countOnce: CountOnce
  rules: CurrentRules
  newAttemptId: () => string
  limitRate: LimitRate
  audit: Audit
  now: Now
}): TestIdp {
  function requireOperator(session: GatewaySession): void {
    if (deps.requireStanding(session, 'page') !== 'operator')
      throw new RolegateError('not_entitled', { for: 'operators' })
  }

  async function answerOf(idp: string, attempt: TestAttempt, answer: CallbackAnswer): Promise<VerifiedClaims> {
    const provider = deps.providers.get(idp)
    if (provider === undefined) throw new RolegateError('not_found', { what: 'identity provider' })
    const { pending } = await deps.countOnce.attempt(attempt, idp)
    const claims = await provider.complete(answer, pending)
    await deps.countOnce.assertion(idp, claims)
    return claims
  }

  /** A refused answer is a result that the operator came to see; any other failure is thrown. */
  async function outcomeOf(idp: string, attempt: TestAttempt, answer: CallbackAnswer): Promise<TestOutcome> {
    const mapping = deps.mappings.get(idp)
    if (mapping === undefined) throw new RolegateError('not_found', { what: 'identity provider' })
    try {
      return readIdpTest(await answerOf(idp, attempt, answer), mapping, deps.rules(), deps.now())
    } catch (thrown) {
      const error = asRolegateError(thrown)
      if (!ABOUT_THE_ANSWER.has(error.code)) throw thrown
      return { unverified: error }
    }
  }

  return {
    requireOperator,

    async begin(session, idp, address) {
      requireOperator(session)
      await deps.limitRate(`begin:${networkOf(address)}`, 3_000, 60)
      const provider = deps.providers.get(idp)
      if (provider === undefined) throw new RolegateError('not_found')
      const id = deps.newAttemptId()
      const { move, pending } = await provider.begin(id)
      const expiresAt = new Date(deps.now().getTime() + ATTEMPT_SECONDS * 1000)
      return { move, attempt: { id, idp, expiresAt, pending, testerId: session.id } }
    },

    async complete({ idp, attempt, answer, request }) {
      await deps.limitRate(`callback:${networkOf(request.address)}`, 3_000, 60)
      const operator = await deps.findSession(attempt.testerId)
      if (operator === undefined) throw new RolegateError('sign_in_required')
      requireOperator(operator)
      const outcome = await outcomeOf(idp, attempt, answer)
      const refusal = 'unverified' in outcome ? outcome.unverified : outcome.signsIn ? undefined : outcome.refusal
      await deps.audit({
        event: 'idp_tested',
        request,
        principal: operator.principal,
        session: operator,
        testedIdp: idp,
        ...(refusal !== undefined && { code: refusal.code, reason: refusal.reason ?? '' }),
      })
      return { operator, outcome }
    },
  }
}

const ABOUT_THE_ANSWER: ReadonlySet<string> = new Set([
  'sign_in_rejected',
  'sign_in_expired',
  'groups_missing',
  'groups_truncated',
  'idp_unavailable',
])
