import { GOOGLE_GROUPS_SCOPE, makeGoogleLookUp } from '../adapters/directory/google.ts'
import { graphScope, makeGraphLookUp } from '../adapters/directory/graph.ts'
import { makeFetchServiceToken } from '../adapters/directory/service-account.ts'
import { makeFetchClientToken } from '../adapters/oidc/client-token.ts'
import type { OidcIdp } from '../config/config.ts'
import type { LookUpGroups, Now } from '../usecases/ports.ts'

/** Where an IdP's people have their groups looked up; undefined where its claims are all we read. */
export function groupLookUpOf(
  settings: OidcIdp,
  world: {
    fetch: typeof fetch
    now: Now
    onFailure: (what: string, cause: unknown) => void
    onNoGroups: (reason: string, cause: unknown) => void
  },
): LookUpGroups | undefined {
  const { id, overage, googleDirectory, mapping } = settings
  if (googleDirectory !== undefined)
    return makeGoogleLookUp({
      ...world,
      settings: { id, ...googleDirectory },
      fetchToken: makeFetchServiceToken({ ...world, ...googleDirectory, scope: GOOGLE_GROUPS_SCOPE }),
      onFailure: world.onNoGroups,
    })
  if (overage === undefined) return undefined
  const { endpoint } = overage
  return makeGraphLookUp({
    settings: { id, endpoint, else: overage.else, groups: mapping.groups },
    fetchToken: makeFetchClientToken({ ...world, settings, scope: graphScope(endpoint) }),
    fetch: world.fetch,
    now: world.now,
    onFailure: world.onNoGroups,
  })
}
