import { parseDestination, type Destination } from '../../domain/aws/destination.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import type { OpenFederation } from '../ports.ts'
import type { Prepare } from './take-role.ts'

export type PrepareConsole = ReturnType<typeof makePrepareConsole>

/** Which page of the console opens, and the sign-in URL that opens it. */
export function makePrepareConsole(deps: {
  openFederation: OpenFederation
  /** Console hosts of each `sts` entry, where they are not the partition's own. */
  consoleHosts: ReadonlyMap<string, readonly string[]>
}) {
  return {
    /** Fails with `destination_refused`. */
    destinationIn({ account }: RoleTarget, asked: string | undefined): Destination {
      const { partition, region, sts } = account
      const hosts = deps.consoleHosts.get(sts)
      return parseDestination(asked, { partition, region, ...(hosts && { hosts }) })
    },

    signInUrl:
      ({ account: { sts, region } }: RoleTarget, destination: Destination): Prepare<string> =>
      ({ credentials, facts: { seconds } }) =>
        deps.openFederation({ sts, region, credentials, seconds, destination }),
  }
}
