import { parseDestination, type Destination } from '../../domain/aws/destination.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import type { OpenFederation } from '../ports/aws.ts'
import type { Prepare } from './take-role.ts'

export type PrepareConsole = ReturnType<typeof makePrepareConsole>

/** Which page of the console opens, and the sign-in URL that opens it. */
export function makePrepareConsole(deps: {
  openFederation: OpenFederation
  /** Console hosts of each `sts` entry, where they are not the partition's own. */
  consoleHosts: ReadonlyMap<string, readonly string[]>
}) {
  return {
    /** `inRegion` is where a page opens that names no region itself. Fails with `destination_refused`. */
    destinationIn({ account }: Pick<RoleTarget, 'account'>, asked: string | undefined, inRegion?: string): Destination {
      const { partition, sts } = account
      const region = inRegion ?? account.region
      const hosts = deps.consoleHosts.get(sts)
      return parseDestination(asked, { partition, region, ...(hosts && { hosts }) })
    },

    signInUrl:
      ({ account: { sts, region } }: RoleTarget, destination: Destination): Prepare<string> =>
      ({ credentials, sessionName, target: { arn: roleArn }, facts: { seconds } }) =>
        deps.openFederation({ sts, region, roleArn, sessionName, credentials, seconds, destination }),
  }
}
