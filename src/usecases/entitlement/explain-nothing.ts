import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules } from '../ports.ts'

/** The denies that met somebody who has no role at all. Empty: no grant ever met them. */
export type ExplainNothing = (session: GatewaySession) => readonly string[]

export function makeExplainNothing(deps: { rules: CurrentRules }): ExplainNothing {
  return function explainNothing({ principal }) {
    const met = deps.rules().met(principal)
    if (!met.some(({ rule }) => rule.effect === 'grant')) return []
    return [...new Set(met.filter(({ rule }) => rule.effect === 'deny').map(({ rule }) => rule.id))]
  }
}
