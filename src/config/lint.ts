import type { Findings } from './faults.ts'
import { lintAdmin } from './lint/admin.ts'
import { lintAccounts, lintRoles } from './lint/catalog.ts'
import { lintEnvironments } from './lint/environments.ts'
import { lintIdps } from './lint/idps.ts'
import { lintIncludes } from './lint/includes.ts'
import { lintKeeping } from './lint/keeping.ts'
import { lintPersonKeys } from './lint/person-keys.ts'
import { lintRequirements } from './lint/require.ts'
import { lintRules } from './lint/rules.ts'
import { lintSessionPolicies } from './lint/session-policies.ts'
import { lintServer } from './lint/server.ts'
import { lintSts } from './lint/sts.ts'
import { lintTerminals } from './lint/terminals.ts'
import { lintTests } from './lint/tests.ts'
import { lintUsernames } from './lint/usernames.ts'
import { lintWorkloads } from './lint/workloads.ts'
import type { WholeFile } from './whole-file.ts'

/** What the keys mean together: references, and the combinations that would open what the file seems to close. */
export function lint(whole: Pick<WholeFile, 'file' | 'fenced'>, findings: Findings, insecureDev: boolean): void {
  const { file } = whole
  lintServer(file, findings, insecureDev)
  lintIdps(file, findings, insecureDev)
  lintUsernames(file, findings)
  lintWorkloads(file, findings, insecureDev)
  lintAccounts(file, findings)
  lintEnvironments(file, findings)
  lintRoles(file, findings)
  lintRules(file, findings)
  lintIncludes(whole, findings)
  lintSessionPolicies(file, findings)
  lintRequirements(file, findings)
  lintPersonKeys(file, findings)
  lintSts(file, findings, insecureDev)
  lintTerminals(file, findings)
  lintKeeping(file, findings, insecureDev)
  lintAdmin(file, findings)
  lintTests(file, findings)
}
