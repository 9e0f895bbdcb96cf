import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { Authentication } from '../../domain/sign-in/authentication.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import {
  forRecord,
  freshnessFault,
  STEP_UP_SECONDS,
  stepUpRequired,
  type StepUp,
  type StepUpTrip,
} from '../../domain/sign-in/step-up.ts'
import type { Audit, Now } from '../ports.ts'
import type { StepUps } from '../ports/tables.ts'
import type { FindSession } from '../sign-in/find-session.ts'

/** What came back from the IdP, verified. */
type Answered = {
  readonly trip: StepUpTrip
  readonly principal: Principal
  readonly authentication: Authentication
  /** Whether this IdP can tell of a second factor, and so has to. */
  readonly needsMfa: boolean
  /** Who this browser was until now. */
  readonly former?: GatewaySession
  readonly request: RequestFacts
}

export type FinishStepUp = {
  /**
   * Whether the answer proves that the person who left is here again. False for somebody else, or if they signed out
   * meanwhile: then it is a sign-in like any other and grants nothing (threats.md I6, H9). Fails with
   * `step_up_required` if the IdP did not authenticate them anew.
   */
  isProof(answered: Answered): Promise<boolean>
  /**
   * Stores the proof for the session that the trip ended in: for one hand-over, for five minutes. A terminal's request
   * may have expired meanwhile.
   */
  grant(answered: Answered, session: GatewaySession): Promise<void>
}

/** The second half of a step-up's trip. Every outcome is on record. */
export function makeFinishStepUp(deps: {
  stepUps: StepUps
  findSession: FindSession
  audit: Audit
  now: Now
}): FinishStepUp {
  const factsOf = ({ trip: { id: stepUp, purpose }, principal, request }: Answered) => ({
    request,
    principal,
    stepUp,
    role: purpose.role,
    ...forRecord(purpose),
  })

  async function refuse(answered: Answered, reason: string, session?: GatewaySession): Promise<void> {
    const subject = { ...factsOf(answered), ...(session !== undefined && { session }) }
    await deps.audit({ ...subject, event: 'step_up_refused', reason })
  }

  async function keepForTerminal({ trip, authentication }: Answered, session: GatewaySession): Promise<boolean> {
    const now = deps.now()
    const person = identityOf(session.principal)
    const kept = await deps.stepUps.update(trip.id, (asked) => {
      const isOpen = asked.person === person && now < asked.expiresAt && ['asked', 'proved'].includes(asked.status)
      const next: StepUp = { ...asked, ...authentication, status: 'proved', provedBy: session.id }
      return { next: isOpen ? next : asked, answer: isOpen, keep: { expiresAt: asked.expiresAt } }
    })
    return kept === true
  }

  return {
    async isProof(answered) {
      const { trip, principal, authentication, needsMfa, former } = answered
      const found = await deps.findSession(trip.sessionId)
      const asked = found !== undefined && deps.now() < found.endsAt ? found : former
      if (asked === undefined) {
        await refuse(answered, 'signed_out')
        return false
      }
      if (identityOf(asked.principal) !== identityOf(principal) || asked.principal.idp !== principal.idp) {
        await refuse(answered, 'other_person')
        return false
      }
      const fault = freshnessFault(authentication, trip, needsMfa)
      if (fault === undefined) return true
      await refuse(answered, fault, asked)
      const { role, approval } = trip.purpose
      throw stepUpRequired({ why: fault, idp: principal.idp, role, ...(approval !== undefined && { approval }) }, fault)
    },

    async grant(answered, session) {
      const { trip, authentication } = answered
      const { id, purpose, gives } = trip
      const now = deps.now()
      const expiresAt = new Date(now.getTime() + STEP_UP_SECONDS * 1000)
      const person = identityOf(session.principal)
      const proved = { ...authentication, person, askedAt: now, status: 'proved', provedBy: session.id } as const
      await deps.audit({ ...factsOf(answered), session, event: 'step_up' })
      if (gives === 'hand-over' || gives === 'approval')
        await deps.stepUps.createIfAbsent(id, { id, purpose, expiresAt, ...proved }, { expiresAt })
      if (gives === 'release' && !(await keepForTerminal(answered, session))) await refuse(answered, 'expired', session)
    },
  }
}
