import type { Findings } from './faults.ts'
import { lintAdmin } from './lint/admin.ts'
import { lintAccounts, lintRoles } from './lint/catalog.ts'
import { lintIdps } from './lint/idps.ts'
import { lintKeeping } from './lint/keeping.ts'
import { lintRules } from './lint/rules.ts'
import { lintServer } from './lint/server.ts'
import { lintSts } from './lint/sts.ts'
import { lintTerminals } from './lint/terminals.ts'
import { lintTests } from './lint/tests.ts'
import { lintWorkloads } from './lint/workloads.ts'
import type { ConfigFile } from './schema.ts'

/** What the keys mean together: references, and the combinations that would open what the file seems to close. */
export function lint(file: ConfigFile, findings: Findings, insecureDev: boolean): void {
  lintServer(file, findings, insecureDev)
  lintIdps(file, findings, insecureDev)
  lintWorkloads(file, findings, insecureDev)
  lintAccounts(file, findings)
  lintRoles(file, findings)
  lintRules(file, findings)
  lintSts(file, findings, insecureDev)
  lintTerminals(file, findings)
  lintKeeping(file, findings, insecureDev)
  lintAdmin(file, findings)
  lintTests(file, findings)
}
