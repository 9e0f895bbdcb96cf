import { isAwaited } from '../../domain/aws/assertion.ts'
import type { HandOverFacts } from '../../domain/audit/facts.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { RolegateError } from '../../domain/errors.ts'
import { ATTEMPT_SECONDS, type PassThroughAttempt } from '../../domain/sign-in/attempt.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { AssertionSource, BrowserMove } from '../ports/identity-provider.ts'
import type { ConsoleRequest } from './open-console.ts'
import type { HandOverPlan } from './plan-hand-over.ts'
import type { PrepareConsole } from './prepare-console.ts'
import type { BeginHandOver } from './take-role.ts'

export type BeginPassThrough = (
  handOver: HandOverFacts['handOver'],
  ask: ConsoleRequest,
) => Promise<{ readonly move: BrowserMove; readonly attempt: PassThroughAttempt } | undefined>

/**
 * Sends a signed-in person to their IdP for its own assertion toward AWS, where the role's account takes that; undefined where it
 * takes ours. The intent is on record before the browser leaves. Fails as every hand-over does, and with `idp_unavailable`.
 */
export function makeBeginPassThrough(deps: {
  rules: CurrentRules
  beginHandOver: BeginHandOver
  prepareConsole: PrepareConsole
  /** Of each `sts` entry that passes through. */
  assertionSources: ReadonlyMap<string, AssertionSource>
  newAttemptId: () => string
  now: Now
}): BeginPassThrough {
  return async function beginPassThrough(handOver, ask) {
    const idp = passThroughIdpOf(deps.rules, ask.role)
    if (idp === undefined) return undefined
    const id = deps.newAttemptId()
    const destinationIn = (target: RoleTarget) =>
      handOver === 'console' ? deps.prepareConsole.destinationIn(target, ask.destination) : undefined
    const setOut = async ({ target, assertion }: HandOverPlan) => {
      const { sts } = target.account
      const source = deps.assertionSources.get(sts)
      if (source === undefined || !isAwaited(assertion)) throw new RolegateError('config_invalid', { sts })
      const destination = destinationIn(target)
      return { ...(await source.begin(id, assertion)), ...(destination !== undefined && { destination }) }
    }
    const { plan, checked } = await deps.beginHandOver(handOver, ask, setOut, destinationIn)
    const { move, ...remembered } = checked
    const { role, roleArn, seconds, limitedBy, jti, reasonGiven } = plan.facts
    return {
      move,
      attempt: {
        id,
        idp,
        expiresAt: new Date(deps.now().getTime() + ATTEMPT_SECONDS * 1000),
        sessionId: ask.session.id,
        begun: { handOver, role, roleArn, seconds, limitedBy, jti, ...(reasonGiven !== undefined && { reasonGiven }) },
        ...remembered,
      },
    }
  }
}

function passThroughIdpOf(rules: CurrentRules, role: string): string | undefined {
  try {
    return requireRole(rules(), role).account.passThroughIdp
  } catch {
    // The hand-over itself will say what is wrong with it, and put it on record.
    return undefined
  }
}
