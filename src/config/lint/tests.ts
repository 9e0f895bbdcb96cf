import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { lintIdpName, lintWorkloadName } from './rules.ts'

/** In-file tests ask about people, accounts and roles that exist: a typo in `cannot` would prove nothing. */
export function lintTests(file: ConfigFile, findings: Findings): void {
  const { tests, accounts, roles } = file
  tests.forEach((test, index) => {
    lintWho(test.as, ['tests', index, 'as'], file, findings)
    if (test.can.length + test.cannot.length === 0) findings.fault(['tests', index], 'asks nothing: add can or cannot')
    for (const key of ['can', 'cannot'] as const) {
      test[key].forEach((target, place) => {
        const path = ['tests', index, key, place]
        const [alias = '', role = ''] = target.split('/')
        if (!Object.hasOwn(accounts, alias)) {
          findings.fault(path, `unknown account "${alias}"${didYouMean(alias, Object.keys(accounts))}`)
        }
        if (!Object.hasOwn(roles, role))
          findings.fault(path, `unknown role "${role}"${didYouMean(role, Object.keys(roles))}`)
      })
    }
  })
}

type Who = ConfigFile['tests'][number]['as']

/** A person or a job, and of each only what it can have. */
function lintWho(who: Who, path: Path, { idps, workloads }: ConfigFile, findings: Findings): void {
  const { idp, workload, groups, claims } = who
  if ((idp === undefined) === (workload === undefined)) findings.fault(path, 'needs exactly one of idp, workload')
  if (idp !== undefined) {
    lintIdpName(idp, [...path, 'idp'], idps, findings)
    if (Object.keys(claims).length > 0) findings.fault([...path, 'claims'], 'goes with "workload" only')
  }
  if (workload !== undefined) {
    lintWorkloadName(workload, [...path, 'workload'], workloads, findings)
    if (groups.length > 0) findings.fault([...path, 'groups'], 'goes with "idp" only: a job has no groups')
  }
}
