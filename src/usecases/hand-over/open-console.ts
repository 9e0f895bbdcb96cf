import { parseDestination, type ConsoleWorld } from '../../domain/aws/destination.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import type { CurrentRules, OpenFederation } from '../ports.ts'
import type { HandOverRequest, Taken, TakeRole } from './take-role.ts'

export type OpenConsole = (
  ask: HandOverRequest & { readonly destination?: string },
) => Promise<{ readonly url: string; readonly taken: Taken }>

/**
 * A console sign-in URL for one role and one page. The URL is a reusable secret for fifteen minutes (threats.md H3): the
 * caller hands it over once and keeps no copy. Fails with `destination_refused` before AWS is asked for anything.
 */
export function makeOpenConsole(deps: {
  takeRole: TakeRole
  openFederation: OpenFederation
  rules: CurrentRules
  /** Console hosts of each `sts` entry, where they are not the partition's own. */
  consoleHosts: ReadonlyMap<string, readonly string[]>
}): OpenConsole {
  return async function openConsole(ask) {
    const { account } = requireRole(deps.rules(), ask.role)
    const hosts = deps.consoleHosts.get(account.sts)
    const world: ConsoleWorld = { partition: account.partition, region: account.region, ...(hosts && { hosts }) }
    const destination = parseDestination(ask.destination, world)

    const { out: url, taken } = await deps.takeRole('console', ask, ({ credentials, facts }) =>
      deps.openFederation({
        sts: account.sts,
        region: account.region,
        credentials,
        seconds: facts.seconds,
        destination,
      }),
    )
    return { url, taken }
  }
}
