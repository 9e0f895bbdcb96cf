import { IDP_BOUNDS, makeBoundedFetch } from '../adapters/oidc/bounded-fetch.ts'
import { makeVerifyWorkloadToken } from '../adapters/workload/verify.ts'
import type { Config } from '../config/config.ts'
import { WORKLOAD_SUBJECT } from '../domain/sign-in/workload.ts'
import { makeIssueAccessToken } from '../usecases/device/issue-tokens.ts'
import type { KnownIssuer } from '../usecases/sign-in/find-session.ts'
import { makeExchangeWorkloadToken } from '../usecases/workload/exchange-workload-token.ts'
import { makeIssueContainerToken } from '../usecases/workload/issue-container-token.ts'
import { makeRefuseWorkload } from '../usecases/workload/refuse-workload.ts'
import { makeTakeContainerCredentials } from '../usecases/workload/take-container-credentials.ts'
import type { Host } from './host.ts'
import type { Memory } from './memory.ts'
import type { Witness } from './witness.ts'

/** A job's access token lives as long as its session: it is not renewed. */
const ACCESS_SECONDS = 3_600

/** Who vouches for jobs and containers: the issuers of `workloads`, and how their tokens are checked. */
export function reachWorkloadIssuers({ workloads }: Config, { now }: Host, { log }: Witness, { digest }: Memory) {
  const mappings = new Map(workloads.map(({ mapping }) => [mapping.id, mapping]))
  const issuerOf: KnownIssuer = (id) => {
    const issuer = mappings.get(id)?.issuer
    return issuer === undefined ? undefined : { issuer, subjectClaim: WORKLOAD_SUBJECT, workload: true }
  }
  return {
    issuerOf,
    ...makeVerifyWorkloadToken({
      workloads,
      fetch: makeBoundedFetch(IDP_BOUNDS),
      digest,
      now,
      onFailure: (workload, cause) => log.error('an issuer of workloads did not answer', { workload }, cause),
    }),
  }
}

type Needs = Omit<Parameters<typeof makeExchangeWorkloadToken>[0], 'refuseWorkload' | 'issueAccessToken'> &
  Omit<Parameters<typeof makeIssueAccessToken>[0], 'accessSeconds'> &
  Parameters<typeof makeIssueContainerToken>[0] &
  Omit<Parameters<typeof makeTakeContainerCredentials>[0], 'refuseWorkload'>

/** The stories of jobs and containers. */
export function workloadStories(deps: Needs) {
  const issueAccessToken = makeIssueAccessToken({ ...deps, accessSeconds: ACCESS_SECONDS })
  const refuseWorkload = makeRefuseWorkload(deps)
  return {
    exchangeWorkloadToken: makeExchangeWorkloadToken({ ...deps, refuseWorkload, issueAccessToken }),
    issueContainerToken: makeIssueContainerToken(deps),
    takeContainerCredentials: makeTakeContainerCredentials({ ...deps, refuseWorkload }),
  }
}
