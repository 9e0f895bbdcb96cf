import { googleScope, makeGoogleDirectory } from '../adapters/directory/google.ts'
import { graphScope, makeGraphDirectory } from '../adapters/directory/graph.ts'
import { makeFetchServiceToken } from '../adapters/directory/service-account.ts'
import { makeFetchClientToken } from '../adapters/oidc/client-token.ts'
import type { OidcIdp } from '../config/config.ts'
import type { Now } from '../usecases/ports.ts'
import type { LookAgain, LookUpGroups } from '../usecases/ports/identity-provider.ts'

/** Where an IdP's people have their groups looked up; undefined where its claims are all we read. */
export function directoryOf(
  settings: OidcIdp,
  world: {
    fetch: typeof fetch
    now: Now
    onFailure: (what: string, cause: unknown) => void
    onNoGroups: (reason: string, cause: unknown) => void
  },
): { readonly lookUp: LookUpGroups; readonly lookAgain: LookAgain } | undefined {
  const { id, overage, googleDirectory, mapping } = settings
  const rechecks = settings.recheck !== undefined
  if (googleDirectory !== undefined)
    return makeGoogleDirectory({
      ...world,
      settings: { id, ...googleDirectory, rechecks },
      fetchToken: makeFetchServiceToken({ ...world, ...googleDirectory, scope: googleScope(rechecks) }),
      onFailure: world.onNoGroups,
    })
  if (overage === undefined) return undefined
  const { endpoint } = overage
  return makeGraphDirectory({
    settings: { id, endpoint, else: overage.else, groups: mapping.groups, rechecks },
    fetchToken: makeFetchClientToken({ ...world, settings, scope: graphScope(endpoint) }),
    fetch: world.fetch,
    now: world.now,
    onFailure: world.onNoGroups,
  })
}
