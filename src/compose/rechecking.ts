import type { Config } from '../config/config.ts'
import type { RolegateError } from '../domain/errors.ts'
import type { IdentityProvider } from '../usecases/ports.ts'
import type { Later, Recheck, RecheckOutcome } from '../usecases/sign-in/recheck-groups.ts'
import type { Witness } from './witness.ts'

/** Whose groups are read again between sign-ins, and how it is told what came of it: of a silence, its beginning and its end. */
export function recheckingOf(
  { idps }: Pick<Config, 'idps'>,
  providers: ReadonlyMap<string, IdentityProvider>,
  { log, metrics }: Witness,
) {
  const rechecks = new Map<string, Recheck>()
  for (const idp of idps) {
    if (idp.type === 'saml' || idp.recheck === undefined) continue
    const lookAgain = providers.get(idp.id)?.lookAgain
    if (lookAgain === undefined) throw new Error('a recheck without a directory was let through')
    rechecks.set(idp.id, { ...idp.recheck, lookAgain })
  }
  const silent = new Set<string>()
  return {
    rechecks,
    later,
    onRecheck(idp: string, outcome: RecheckOutcome, unread?: RolegateError): void {
      metrics.recheck(idp, outcome)
      if (outcome !== 'unanswered') {
        if (silent.delete(idp)) log.info('a directory tells groups again', { idp })
        return
      }
      if (silent.has(idp)) return
      silent.add(idp)
      const becomes =
        rechecks.get(idp)?.else === 'warn' ? 'what people stated at their sign-in counts' : 'nothing is handed over'
      log.error(`a directory does not tell groups again: ${becomes}`, { idp, reason: unread?.reason }, unread)
    },
  }
}

const later: Later = (ms, run) => {
  const timer = setTimeout(run, ms)
  return { cancel: () => clearTimeout(timer) }
}
