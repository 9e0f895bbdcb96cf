import type { RequestFacts } from '../../domain/audit/facts.ts'
import { isSameNetwork, type NameNetwork } from '../../domain/device/network.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import {
  isForHandOver,
  STEP_UP_INTERVAL_SECONDS,
  STEP_UP_SECONDS,
  stepUpRequired,
  type HandOverPurpose,
  type StepUp,
  type UsedStepUp,
} from '../../domain/sign-in/step-up.ts'
import type { CurrentRules, LimitRate, Now, RandomText } from '../ports.ts'
import type { StepUps } from '../ports/tables.ts'

type Asked = {
  readonly session: GatewaySession
  readonly purpose: Omit<HandOverPurpose, 'roleArn'>
  readonly request: RequestFacts
}

export type TerminalStepUp = {
  /**
   * What to throw for a refusal: if only a fresh sign-in is missing and this terminal may be confirmed in a browser, a
   * `step_up_required` that names the confirmation; otherwise the refusal itself.
   */
  offer(thrown: unknown, asked: Asked): Promise<unknown>
  /**
   * The step-up that was released to this very terminal, taken out of the store. `authorization_pending` until then,
   * `step_up_required` when there is none any more, `rate_limited` for one that asks too often.
   */
  redeem(asked: Omit<Asked, 'purpose'> & { readonly id: string }): Promise<UsedStepUp>
}

/** "Confirm in your browser": how a terminal comes to a role that takes a fresh sign-in (threats.md H8). */
export function makeTerminalStepUp(deps: {
  stepUps: StepUps
  rules: CurrentRules
  nameNetwork: NameNetwork
  limitRate: LimitRate
  randomText: RandomText
  now: Now
}): TerminalStepUp {
  async function ask({ session, purpose, request }: Asked): Promise<string> {
    await deps.limitRate(`step-up:${session.id}`, 20, STEP_UP_SECONDS)
    const target = requireRole(deps.rules(), purpose.role)
    const id = deps.randomText(128)
    const askedAt = deps.now()
    const expiresAt = new Date(askedAt.getTime() + STEP_UP_SECONDS * 1000)
    const { client = '', host } = session.terminal ?? {}
    const terminal = {
      sessionId: session.id,
      client,
      address: request.address,
      ...(host !== undefined && { host }),
    }
    const stepUp: StepUp = {
      id,
      purpose: { ...purpose, role: target.name, roleArn: roleIdOf(target) },
      person: identityOf(session.principal),
      askedAt,
      expiresAt,
      terminal,
      status: 'asked',
    }
    await deps.stepUps.put(id, stepUp, { expiresAt })
    return id
  }

  return {
    async offer(thrown, asked) {
      const { code, values } = asRolegateError(thrown)
      // threats.md D4: a terminal that began with a code is confirmed for nothing.
      if (code !== 'step_up_required' || asked.session.via !== 'pkce') return thrown
      // A reason is given with the request: without it they would confirm for nothing.
      const unmet = values['conditions']
      if (Array.isArray(unmet) && unmet.includes('reason')) return thrown
      const confirm = await ask(asked)
      return stepUpRequired({
        ...values,
        confirm,
        expiresInSeconds: STEP_UP_SECONDS,
        intervalSeconds: STEP_UP_INTERVAL_SECONDS,
      })
    },

    async redeem({ session, id, request }) {
      await deps.limitRate(`step-up-poll:${session.id}`, 60, 60)
      const known = await deps.stepUps.get(id)
      const isItsOwn =
        known?.terminal?.sessionId === session.id &&
        deps.now() < known.expiresAt &&
        isSameNetwork(known.terminal.address, request.address, deps.nameNetwork)
      if (!isItsOwn) throw stepUpRequired({ why: 'gone' })
      if (known.status === 'denied') throw stepUpRequired({ why: 'denied' })
      if (known.status !== 'released') throw new RolegateError('authorization_pending')
      const taken = await deps.stepUps.take(id)
      // Of parallel processes that hold one id, one has it.
      if (taken === undefined || !isForHandOver(taken)) throw stepUpRequired({ why: 'gone' })
      return { ...taken, sessionId: session.id }
    },
  }
}
