import type { RequestFacts } from '../../domain/audit/facts.ts'
import { asRolegateError } from '../../domain/errors.ts'
import type { SignInAttempt } from '../../domain/sign-in/attempt.ts'
import { HOME } from '../../domain/sign-in/return-to.ts'
import { OLD_GROUPS, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { HandOverPurpose, HandOverStepUp, StepUpTrip } from '../../domain/sign-in/step-up.ts'
import type { PlanHandOver } from '../hand-over/plan-hand-over.ts'
import type { CurrentRules, Now, RandomText } from '../ports.ts'
import type { BrowserMove } from '../ports/identity-provider.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import type { AnswerRequest } from '../request/answer-request.ts'
import type { BeginSignIn } from '../sign-in/begin-sign-in.ts'

type Away = { readonly move: BrowserMove; readonly attempt: SignInAttempt }

export type BeginStepUp = {
  /** For a hand-over to this browser; if the role takes no step-up, for a fresher session only. */
  forBrowser(input: {
    readonly session: GatewaySession
    readonly purpose: Omit<HandOverPurpose, 'roleArn'>
    readonly request: RequestFacts
  }): Promise<Away>
  /** For a yes to somebody else's request; undefined where that takes no fresh sign-in. */
  toApprove(input: {
    readonly session: GatewaySession
    /** Of the request. */
    readonly id: string
    readonly request: RequestFacts
  }): Promise<Away | undefined>
  /** For what a terminal has asked for. */
  forTerminal(input: {
    readonly session: GatewaySession
    readonly stepUp: HandOverStepUp
    readonly request: RequestFacts
  }): Promise<Away>
}

/**
 * Sends a signed-in person to their IdP to authenticate anew (threats.md H8, I6). Leaving grants nothing. Fails as the
 * hand-over would for any other reason, and with `rate_limited` or `idp_unavailable`.
 */
export function makeBeginStepUp(deps: {
  rules: CurrentRules
  planHandOver: Pick<PlanHandOver, 'plan'>
  answerRequest: Pick<AnswerRequest, 'requireApprovable'>
  beginSignIn: BeginSignIn
  randomText: RandomText
  now: Now
}): BeginStepUp {
  /** Nobody is sent away for what they would not get when they are back. */
  async function requireWorthIt(
    { handOver, role }: Omit<HandOverPurpose, 'roleArn'>,
    session: GatewaySession,
    request: RequestFacts,
  ): Promise<void> {
    try {
      await deps.planHandOver.plan(handOver, { session, role, request })
    } catch (thrown) {
      const { code, values } = asRolegateError(thrown)
      // A reason is given with the last click, and not before.
      const unmet = values['conditions']
      const lacksReason = Array.isArray(unmet) && unmet.every((condition) => condition === 'reason')
      // The trip is a sign-in, which reads the groups anew and lasts as long as any.
      const isMended = values['why'] === OLD_GROUPS || values['why'] === 'grant_ending'
      if (code !== 'step_up_required' && !lacksReason && !isMended) throw thrown
    }
  }

  const leave = (trip: StepUpTrip, { principal, id }: GatewaySession, request: RequestFacts): Promise<Away> =>
    deps.beginSignIn(principal.idp, HOME, request, id, trip)

  return {
    async forBrowser({ session, purpose, request }) {
      const target = requireRole(deps.rules(), purpose.role)
      await requireWorthIt(purpose, session, request)
      const trip: StepUpTrip = {
        id: deps.randomText(128),
        purpose: { ...purpose, role: target.name, roleArn: roleIdOf(target) },
        sessionId: session.id,
        startedAt: deps.now(),
        gives: target.kind.elevated ? 'hand-over' : 'freshness',
      }
      return leave(trip, session, request)
    },

    async toApprove({ session, id: approval, request }) {
      const { takesStepUp, request: asked } = await deps.answerRequest.requireApprovable(session, approval)
      if (!takesStepUp) return undefined
      const trip: StepUpTrip = {
        id: deps.randomText(128),
        purpose: { role: asked.role, roleArn: asked.roleId, approval },
        sessionId: session.id,
        startedAt: deps.now(),
        gives: 'approval',
      }
      return leave(trip, session, request)
    },

    forTerminal({ session, stepUp: { id, purpose: asked }, request }) {
      // What else was asked for stays in the store; a cookie has little room.
      const { role, roleArn, handOver } = asked
      const purpose = { role, roleArn, handOver }
      const trip = { id, purpose, sessionId: session.id, startedAt: deps.now(), gives: 'release' } as const
      return leave(trip, session, request)
    },
  }
}
