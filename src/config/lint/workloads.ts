import { audienceOf as stsAudienceOf, PARTITIONS } from '../../domain/aws/partition.ts'
import type { Findings, Path } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { itemsOf } from '../selectors.ts'
import type { WorkloadEntry } from '../workload-schema.ts'
import { audienceOf, containerAudienceOf } from '../workloads.ts'
import { isMultiTenant, isOurs } from './idps.ts'
import { sharedIssuer } from './shared-issuers.ts'
import { audienceFor } from './sts.ts'
import { isLoopback, requireUrl } from './web-address.ts'

/** Issuers of jobs' tokens: that they are somebody else, and that a stranger's job at the same issuer is told from ours. */
export function lintWorkloads(file: ConfigFile, findings: Findings, insecureDev: boolean): void {
  const taken = new Map(file.idps.map(({ id }, index) => [id, `idps[${index}]`]))
  file.workloads.forEach((entry, index) => {
    const path = ['workloads', index]
    const other = taken.get(entry.id)
    if (other === undefined) taken.set(entry.id, `workloads[${index}]`)
    else findings.fault([...path, 'id'], `"${entry.id}" is the id of ${other} too`)
    lintIssuer(entry, path, file, findings, insecureDev)
    lintAudiences(entry, path, file, findings)
    lintExact(entry.require, [...path, 'require'], findings)
    lintShared(entry, [...path, 'require'], findings)
  })
}

function lintIssuer(
  { issuer, allow }: WorkloadEntry,
  path: Path,
  file: ConfigFile,
  findings: Findings,
  insecureDev: boolean,
): void {
  const here = [...path, 'issuer']
  // Checked first: a template such as {tenantid} is no URL, but deserves a better sentence.
  if (isMultiTenant(issuer)) {
    findings.fault(here, 'signs for every tenant; name one tenant, by its id')
    return
  }
  const url = requireUrl(issuer, here, findings, insecureDev)
  if (url?.protocol === 'http:' && !allow.http)
    findings.fault(here, 'is http: set allow.http beside it, for development only')
  if (allow.http) {
    if (!insecureDev) findings.fault([...path, 'allow', 'http'], 'is for development only: start with --insecure-dev')
    else if (url !== undefined && !isLoopback(url.hostname))
      findings.fault([...path, 'allow', 'http'], 'is for an issuer on loopback only')
  }
  // threats.md F4: a loop would turn our own token of minutes into a session.
  if (isOurs(issuer, file)) findings.fault(here, 'is Rolegate itself: jobs are vouched for by somebody else')
}

/** threats.md D16: only the audience tells a job's token from one for AWS, or from a person's of the same issuer. */
function lintAudiences(entry: WorkloadEntry, path: Path, file: ConfigFile, findings: Findings): void {
  const { workloads, idps, sts } = file
  const [exchange, container] = [audienceOf(entry, file), containerAudienceOf(entry, file)]
  const signIns = new Map(idps.flatMap((idp) => (idp.type === 'oidc' ? [[idp.client_id, idp.id] as const] : [])))
  const toAws = new Set([
    ...PARTITIONS.map(stsAudienceOf),
    ...Object.values(sts).flatMap((way) => [audienceFor(way), ...(way.client_id === undefined ? [] : [way.client_id])]),
  ])
  const others = {
    audience: new Set(workloads.map((one) => containerAudienceOf(one, file))),
    container_audience: new Set(workloads.map((one) => audienceOf(one, file))),
  }
  for (const [key, audience] of [
    ['audience', exchange],
    ['container_audience', container],
  ] as const) {
    const here = [...path, key]
    const signIn = signIns.get(audience)
    if (signIn !== undefined)
      findings.fault(here, `"${audience}" is what people sign in with at "${signIn}": their own token would be a job’s`)
    else if (toAws.has(audience))
      findings.fault(here, `"${audience}" is for AWS: a token for one would do for the other`)
    else if (isIssuersOwn(audience))
      findings.fault(here, `"${audience}" is what a token says when nobody asked for an audience`)
    else if (others[key].has(audience))
      findings.fault(
        here,
        'must not be one for both: a container’s token is shown again and again, a job’s counts once',
      )
  }
}

/** The audiences that GitHub and GitLab.com put in by themselves. */
const isIssuersOwn = (audience: string): boolean =>
  /^https:\/\/(?:github|gitlab)\.com(?:\/|$)/i.test(audience) || audience === 'api://AzureADTokenExchange'

/** Values are compared literally; somebody who writes a pattern expects more than that. */
export function lintExact(
  claims: Readonly<Record<string, string | readonly string[]>>,
  path: Path,
  findings: Findings,
): void {
  for (const [name, values] of Object.entries(claims)) {
    itemsOf(values).forEach((value, index) => {
      const here = [...path, name, ...(typeof values === 'string' ? [] : [index])]
      if (value.includes('*')) findings.fault(here, 'must be exact: "*" stands for nothing here')
    })
  }
}

/** threats.md D16: a name that is given up can be a stranger's tomorrow, and a job can run from any branch. */
function lintShared({ issuer, require }: WorkloadEntry, path: Path, findings: Findings): void {
  const shared = sharedIssuer(issuer)
  if (shared === undefined) return
  const has = (claim: string) => Object.hasOwn(require, claim)
  const { name, projects, owners, jobs } = shared
  const lacks = [
    ...([...projects, ...owners].some(has) ? [] : [`whose job it is (${[...projects, ...owners].join(' or ')})`]),
    ...(jobs.some((claims) => claims.every(has))
      ? []
      : [`which job (${jobs.map((claims) => claims.join(' with ')).join(' or ')})`]),
  ]
  if (lacks.length > 0) findings.fault(path, `lacks ${lacks.join(', and ')}: ${name} signs for everybody’s jobs`, 'key')
  else if (!projects.some(has))
    findings.warn(
      path,
      `pins an owner alone: such a job of any project of theirs is meant; ${projects[0]} names one [owner-pinned-alone]`,
      'key',
    )
}
