import { decide, requireEntitlement, type Entitlement } from '../domain/entitlement/decide.ts'
import type { RoleTarget } from '../domain/entitlement/rule.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import { circumstancesOf, type AskedFrom } from '../usecases/entitlement/circumstances.ts'
import type { CurrentRules } from '../usecases/ports.ts'
import type { Pages } from './pages.ts'

/** The role somebody holds, even if a condition keeps them from taking it now; otherwise throws the refusal. */
export function heldNow(
  rules: ReturnType<CurrentRules>,
  session: GatewaySession,
  from: AskedFrom,
  target: RoleTarget,
  now: Date,
  said?: Parameters<typeof circumstancesOf>[3],
): Entitlement {
  const asked = [rules, session.principal, target, circumstancesOf(session, from, now, said)] as const
  const decision = decide(...asked)
  return 'entitlement' in decision ? decision.entitlement : requireEntitlement(...asked)
}

/** What the form of a role says of the reason it asks for. */
export function reasonAskedBy({ requires }: Entitlement): Pick<Pages['role'], 'reason'> {
  const reasons = requires.flatMap(({ reason }) => reason ?? [])
  return reasons.length === 0 ? {} : { reason: { hints: reasons.flatMap(({ hint }) => hint ?? []) } }
}
