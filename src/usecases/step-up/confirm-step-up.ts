import type { RequestFacts } from '../../domain/audit/facts.ts'
import { isSameNetwork, type NameNetwork } from '../../domain/device/network.ts'
import { asRolegateError, unmet, type RolegateError } from '../../domain/errors.ts'
import type { RoleRequest } from '../../domain/request/role-request.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import {
  forRecord,
  isForHandOver,
  isProvedBy,
  isToApprove,
  stepUpRequired,
  type HandOverStepUp,
  type StepUp,
  type UsedStepUp,
} from '../../domain/sign-in/step-up.ts'
import type { PlanHandOver } from '../hand-over/plan-hand-over.ts'
import type { Audit, LimitRate, Now } from '../ports.ts'
import type { StepUps } from '../ports/tables.ts'

/** Somebody else's request. */
type Asked = Pick<RoleRequest, 'id'>
type Input = { readonly session: GatewaySession; readonly id: string; readonly request: RequestFacts }

export type ConfirmStepUp = {
  /**
   * The step-up that waits for this person's confirmation. Fails with `step_up_required`, the same for one that is
   * unknown, expired, not for a hand-over, or somebody else's.
   */
  find(input: Omit<Input, 'request'>): Promise<HandOverStepUp>
  /** Takes it out of the store, for the one hand-over to the browser that made the trip. */
  use(input: Input): Promise<UsedStepUp>
  /** Whether a yes to this request may use it up. Fails as `find` does. */
  requireToApprove(input: Omit<Input, 'request'>, asked: Asked): Promise<void>
  /** Takes it out of the store, for that yes and no other. */
  useToApprove(input: Omit<Input, 'request'>, asked: Asked): Promise<void>
  /**
   * Releases the step-up to the terminal that asked, if the person, as the trip has shown them, may have the role.
   * `elsewhere`: they accept that the terminal is in another network.
   */
  release(input: Input & { readonly elsewhere: boolean }): Promise<void>
  deny(input: Input): Promise<void>
}

/** A person's word on a step-up, given in their browser, after the trip (threats.md H8). */
export function makeConfirmStepUp(deps: {
  stepUps: StepUps
  planHandOver: Pick<PlanHandOver, 'plan'>
  nameNetwork: NameNetwork
  /** Whether a terminal in another network than the browser may be confirmed at all: `sessions.cli.cross_network`. */
  crossNetwork: 'downgrade' | 'refuse'
  audit: Audit
  limitRate: LimitRate
  now: Now
}): ConfirmStepUp {
  const isTheirs = ({ person, expiresAt }: StepUp, { principal }: GatewaySession): boolean =>
    person === identityOf(principal) && deps.now() < expiresAt

  async function own({ session, id }: Omit<Input, 'request'>): Promise<StepUp> {
    // Nothing a terminal holds may confirm what a terminal asks for (threats.md I8).
    requireSessionMay(session, { kind: 'approve-terminal' }, deps.now())
    const stepUp = await deps.stepUps.get(id)
    if (stepUp === undefined || !isTheirs(stepUp, session)) throw gone()
    if (stepUp.terminal === undefined && !isProvedBy(stepUp, session)) throw gone()
    return stepUp
  }

  async function find(input: Omit<Input, 'request'>): Promise<HandOverStepUp> {
    const stepUp = await own(input)
    if (!isForHandOver(stepUp)) throw gone()
    return stepUp
  }

  async function requireToApprove(input: Omit<Input, 'request'>, asked: Asked): Promise<void> {
    const stepUp = await own(input)
    if (!isToApprove(stepUp, asked)) throw gone()
  }

  const recordOf = ({ id: stepUp, purpose, terminal }: StepUp, { session, request }: Omit<Input, 'id'>) => ({
    request,
    principal: session.principal,
    session,
    stepUp,
    role: purpose.role,
    ...forRecord(purpose),
    ...(terminal !== undefined && { terminal: terminal.sessionId, requesterAddress: terminal.address }),
  })

  /** Exactly one of those who race moves it on. */
  async function settle(
    { session, id }: Input,
    may: (kept: StepUp) => boolean,
    next: Pick<StepUp, 'status' | 'principal'>,
  ): Promise<void> {
    const settled = await deps.stepUps.update(id, (kept) => {
      const answer = may(kept) && isTheirs(kept, session)
      return { next: answer ? { ...kept, ...next } : kept, answer, keep: { expiresAt: kept.expiresAt } }
    })
    if (settled !== true) throw gone()
  }

  /**
   * threats.md I7: decided by the groups the trip has just read, since the terminal's are as old as its sign-in; and by
   * the terminal's address, since the credentials will be used there.
   */
  async function requireStillTheirs(found: HandOverStepUp, address: string, input: Input): Promise<void> {
    const { purpose } = found
    const { session, request } = input
    const stepUp = { ...found, sessionId: session.id }
    try {
      await deps.planHandOver.plan(purpose.handOver, { ...purpose, session, stepUp, request: { ...request, address } })
    } catch (thrown) {
      const { code, reason = code } = asRolegateError(thrown)
      await deps.audit({ ...recordOf(found, input), event: 'step_up_refused', reason })
      throw thrown
    }
  }

  return {
    find,

    async use(input) {
      const { session, id } = input
      const found = await find(input)
      if (found.terminal !== undefined) throw gone()
      // If several press at once, one succeeds. A proof for a browser is kept unchanged.
      if ((await deps.stepUps.take(id)) === undefined) throw gone()
      return { ...found, sessionId: session.id }
    },

    requireToApprove,

    async useToApprove(input, asked) {
      // One that was made for something else is left for that.
      await requireToApprove(input, asked)
      if ((await deps.stepUps.take(input.id)) === undefined) throw gone()
    },

    async release(input) {
      // Whatever is refused is on record: a loop of it must not fill the disk (threats.md A4).
      await deps.limitRate(`step-up-release:${input.session.id}`, 60, 60)
      const found = await find(input)
      const { terminal } = found
      if (terminal === undefined || found.status !== 'proved' || !isProvedBy(found, input.session)) throw gone()
      const isBeside = isSameNetwork(terminal.address, input.request.address, deps.nameNetwork)
      if (!isBeside && (deps.crossNetwork === 'refuse' || !input.elsewhere)) {
        await deps.audit({ ...recordOf(found, input), event: 'step_up_refused', reason: 'another_network' })
        throw unmet('another_network')
      }
      await requireStillTheirs(found, terminal.address, input)
      const isReady = (kept: StepUp) => kept.status === 'proved' && isProvedBy(kept, input.session)
      const isTaken = (kept: StepUp) => kept.status === 'releasing'
      await settle(input, isReady, { status: 'releasing' })
      // If several press at once, one is recorded, durably before the terminal can come for it.
      await deps.audit({ ...recordOf(found, input), event: 'step_up_released' }).catch(async (thrown: unknown) => {
        await settle(input, isTaken, { status: 'proved' })
        throw thrown
      })
      await settle(input, isTaken, { status: 'released', principal: input.session.principal })
    },

    async deny(input) {
      const found = await find(input)
      if (found.terminal === undefined) throw gone()
      await settle(input, isOpen, { status: 'denied' })
      await deps.audit({ ...recordOf(found, input), event: 'step_up_refused', reason: 'denied' })
    },
  }
}

const isOpen = ({ status }: StepUp): boolean => status === 'asked' || status === 'proved'

const gone = (): RolegateError => stepUpRequired({ why: 'gone' })
