import { isRoleName } from '../../domain/aws/arn.ts'
import { subjectFor } from '../../domain/aws/web-identity-token.ts'
import { printDuration } from '../../domain/entitlement/duration.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import type { ConfigFile, StsEntry } from '../schema.ts'
import { isPassThrough } from './pass-through.ts'
import { lintRegion } from './sts.ts'
import { lintTags } from './tags.ts'
import { lintVariant } from './variants.ts'
import { rolesInForce } from '../variants.ts'

type Role = ConfigFile['roles'][string]

/** Accounts: one alias each, reached by a way that exists. */
export function lintAccounts({ accounts, sts }: ConfigFile, findings: Findings): void {
  const byId = new Map<string, string>()
  for (const [alias, account] of Object.entries(accounts)) {
    const path = ['accounts', alias]
    // threats.md R1: a second alias would walk round the rules of the first.
    const other = byId.get(account.id)
    if (other === undefined) byId.set(account.id, alias)
    else findings.fault([...path, 'id'], `${account.id} is "${other}" already; an account has one alias`)
    if (/^\d{12}$/.test(alias)) findings.fault(path, 'an alias must not look like an account id', 'key')

    const way = Object.hasOwn(sts, account.sts) ? sts[account.sts] : undefined
    if (way === undefined) {
      findings.fault([...path, 'sts'], `unknown sts entry "${account.sts}"${didYouMean(account.sts, Object.keys(sts))}`)
      continue
    }
    if (account.region !== undefined) lintRegion(account.region, way.partition, [...path, 'region'], findings)
    if (account.console === 'saml_post' && way.strategy !== 'saml')
      findings.fault([...path, 'console'], `needs an sts entry with "strategy: saml"; "${account.sts}" has none`)
    lintAcceptRisk(account, way, path, findings)
  }
}

const LEAST_REASON = 10

/** threats.md F7: what a pass-through gives up is given up for each account, by somebody who says why. */
function lintAcceptRisk(
  { accept_risk: reason, sts }: ConfigFile['accounts'][string],
  way: StsEntry,
  path: Path,
  findings: Findings,
): void {
  const here = [...path, 'accept_risk']
  if (!isPassThrough(way)) {
    if (reason !== undefined)
      findings.fault(here, `goes with an sts entry that passes the IdP’s assertion through; "${sts}" does not`)
  } else if (reason === undefined) {
    findings.fault(
      here,
      `is missing: "${sts}" passes the IdP’s own assertion through, and whoever holds one opens every role that trusts it; say why that is accepted here`,
    )
  } else if (reason.trim().length < LEAST_REASON) {
    findings.fault(here, `must be a reason, of at least ${LEAST_REASON} characters`)
  }
}

/** Role keys: one IAM role each, with lengths and tags AWS takes. */
export function lintRoles(file: ConfigFile, findings: Findings): void {
  const { roles } = file
  const inForce = rolesInForce(roles)
  const byIamName = new Map<string, string>()
  for (const [key, role] of Object.entries(roles)) {
    const path = ['roles', key]
    // threats.md R2: IAM tells names apart by neither case nor path.
    const iamName = (role.role_name.split('/').at(-1) ?? '').toLowerCase()
    const other = role.variant_of === undefined ? byIamName.get(iamName) : undefined
    if (other !== undefined)
      findings.fault(
        [...path, 'role_name'],
        `is the IAM role of "${other}" already; IAM ignores case and path. A narrower form of it says "variant_of: ${other}"`,
      )
    else if (role.variant_of === undefined) byIamName.set(iamName, key)
    lintVariant(role, path, file, findings)
    lintSubjectLength(role, path, findings)
    const usual = role.default_duration
    if (usual !== undefined && 'seconds' in usual && usual.seconds > role.max_duration) {
      findings.fault([...path, 'default_duration'], `is longer than max_duration (${printDuration(role.max_duration)})`)
    }
    lintTags(inForce[key] ?? role, path, file, findings)
  }
}

const LONGEST_SUBJECT = 255
const PERSON_HASH = 'x'.repeat(26)

/** `sub` names account, role and person; AWS takes 255 characters (contract.md, Tokens toward AWS). */
function lintSubjectLength({ role_name: roleName }: Role, path: Path, findings: Findings): void {
  if (!isRoleName(roleName)) return
  const { length } = subjectFor('0'.repeat(12), roleName, PERSON_HASH)
  if (length > LONGEST_SUBJECT) {
    findings.fault(
      [...path, 'role_name'],
      `is ${length - LONGEST_SUBJECT} characters too long for the subject of our token`,
    )
  }
}
