import { printDuration } from '../../domain/entitlement/duration.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { baseOf, isNarrowed } from '../variants.ts'

type Role = ConfigFile['roles'][string]

/** A variant is one IAM role with its base, and never wider than that (threats.md R2). */
export function lintVariant(role: Role, path: Path, { roles }: ConfigFile, findings: Findings): void {
  const { variant_of: name } = role
  if (name === undefined) return
  const base = baseOf(role, roles)
  if (base === undefined || base === role) {
    const others = Object.keys(roles).filter((key) => roles[key] !== role && roles[key]?.variant_of === undefined)
    const message = base === role ? 'names the role itself' : `unknown role "${name}"${didYouMean(name, others)}`
    findings.fault([...path, 'variant_of'], message)
    return
  }
  if (base.variant_of !== undefined) {
    findings.fault(
      [...path, 'variant_of'],
      `"${name}" is a variant itself; name "${base.variant_of}", which both narrow`,
    )
    return
  }
  lintNarrower(role, base, path, findings)
}

function lintNarrower(role: Role, base: Role, path: Path, findings: Findings): void {
  const name = role.variant_of ?? ''
  if (role.role_name !== base.role_name)
    findings.fault([...path, 'role_name'], `must be that of "${name}", whose variant it is: ${base.role_name}`)
  if (role.max_duration > base.max_duration)
    findings.fault(
      [...path, 'max_duration'],
      `is longer (${printDuration(role.max_duration)}) than that of "${name}" (${printDuration(base.max_duration)})`,
    )
  if (!role.source_identity && base.source_identity)
    findings.fault([...path, 'source_identity'], `stays as it is for "${name}": on`)
  for (const key of Object.keys(role.session_tags))
    if (Object.hasOwn(base.session_tags, key))
      findings.fault([...path, 'session_tags', key], `is a tag of "${name}", and stays as it is there`, 'key')
  if (!isNarrowed(role) || !isNarrowed(base)) return
  findings.fault(
    [...path, role.session_policy_file === undefined ? 'policy_arns' : 'session_policy_file'],
    `"${name}" has a session policy, which holds here too, and AWS would allow what either allows; narrow it in one place`,
  )
}
