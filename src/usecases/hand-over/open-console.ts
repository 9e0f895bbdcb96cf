import { parseDestination } from '../../domain/aws/destination.ts'
import type { OpenFederation } from '../ports.ts'
import type { HandOverRequest } from './plan-hand-over.ts'
import type { Taken, TakeRole } from './take-role.ts'

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
  /** Console hosts of each `sts` entry, where they are not the partition's own. */
  consoleHosts: ReadonlyMap<string, readonly string[]>
}): OpenConsole {
  return async function openConsole(ask) {
    const { out: url, taken } = await deps.takeRole('console', ask, ({ account }) => {
      const { partition, region, sts } = account
      const hosts = deps.consoleHosts.get(sts)
      const destination = parseDestination(ask.destination, { partition, region, ...(hosts && { hosts }) })
      return ({ credentials, facts: { seconds } }) =>
        deps.openFederation({ sts, region, credentials, seconds, destination })
    })
    return { url, taken }
  }
}
