import { basename, dirname } from 'node:path'
import { printFault } from '../config/faults.ts'
import { policyOf } from '../config/policy.ts'
import { standingOf } from '../domain/admin/standing.ts'
import type { Principal } from '../domain/sign-in/principal.ts'
import { makeCountGroups } from '../usecases/admin/count-groups.ts'
import { makeDescribePolicy } from '../usecases/admin/describe-policy.ts'
import { makeExplainAs } from '../usecases/admin/explain-as.ts'
import { makeExplainForStaff } from '../usecases/admin/explain-for-staff.ts'
import { makeRequireStanding } from '../usecases/admin/require-standing.ts'
import { makeShowStatus } from '../usecases/admin/show-status.ts'
import { makeTestIdp } from '../usecases/admin/test-idp.ts'
import { makeWatchDenies } from '../usecases/admin/watch-denies.ts'
import { makeFindSignedIn } from '../usecases/sign-in/signed-in-by-name.ts'
import type { Basics } from './basics.ts'
import { giveWay } from './chance.ts'
import { lifetimesOf } from './lifetimes.ts'
import type { LoadedConfig, World } from './world.ts'

type Needs = Basics &
  Pick<Parameters<typeof makeShowStatus>[0], 'rechecks'> &
  Omit<Parameters<typeof makeTestIdp>[0], 'requireStanding'> &
  Omit<Parameters<typeof makeFindSignedIn>[0], 'idps'>

/** What operators and auditors see and ask: what is in force, what it means for somebody, what an IdP says. */
export function staffStories(deps: Needs, { config, hash, files, warnings }: LoadedConfig, { disk }: World) {
  const { providers, now } = deps
  const { browser } = lifetimesOf(config)
  const staff = () => config.admin
  const requireStanding = makeRequireStanding({ staff, now })
  const countGroups = makeCountGroups({ ...deps, watchDenies: makeWatchDenies({ ...deps, giveWay }) })
  const idps = new Set(providers.keys())
  const { groupNames } = config
  const findSignedIn = makeFindSignedIn({ ...deps, idps })
  const explainAs = makeExplainAs({ ...deps, ...browser, idps, findSignedIn, groupNames, hash })
  const [mainFile = ''] = files
  const loadedAt = now()
  const inForce = () => ({
    hash,
    loadedAt,
    files,
    warnings: warnings.map((warning) => printFault(basename(mainFile), warning)),
    testCount: config.tests.length,
    ...browser,
    onDisk: disk,
  })
  return {
    countGroups,
    requireStanding,
    isStaff: (principal: Principal) => standingOf(staff(), principal) !== undefined,
    explainForStaff: makeExplainForStaff({ ...deps, requireStanding, explainAs }),
    testIdp: makeTestIdp({ ...deps, requireStanding }),
    describePolicy: makeDescribePolicy({
      requireStanding,
      policy: policyOf(config, dirname(mainFile)),
      hash,
      providers,
    }),
    showStatus: makeShowStatus({ ...deps, inForce, countGroups }),
  }
}
