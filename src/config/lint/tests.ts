import { didYouMean } from '../did-you-mean.ts'
import type { Findings } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { lintIdpName } from './rules.ts'

/** In-file tests ask about people, accounts and roles that exist: a typo in `cannot` would prove nothing. */
export function lintTests({ tests, accounts, roles, idps }: ConfigFile, findings: Findings): void {
  tests.forEach((test, index) => {
    lintIdpName(test.as.idp, ['tests', index, 'as', 'idp'], idps, findings)
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
