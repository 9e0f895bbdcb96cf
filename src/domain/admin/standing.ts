import type { Principal } from '../sign-in/principal.ts'

/** Operators and auditors see what concerns everybody. Auditors change nothing (threats.md P1). */
export type Standing = 'operator' | 'auditor'

/** Members of one of these groups, as this IdP states them. Without an IdP any of them could mint the name (threats.md R3). */
type StaffSelector = { readonly idp: string; readonly groups: readonly string[] }

/** `admin` of rolegate.yaml. */
export type Staff = { readonly operators: readonly StaffSelector[]; readonly auditors: readonly StaffSelector[] }

/**
 * Whether somebody is an operator or an auditor; undefined for nearly everybody. Never a job; and a list of groups that
 * is cut or missing proves no membership.
 */
export function standingOf({ operators, auditors }: Staff, principal: Principal): Standing | undefined {
  if (principal.workload === true || principal.groups.state !== 'stated') return undefined
  const groups = new Set(principal.groups.names)
  const isAmong = (selectors: readonly StaffSelector[]): boolean =>
    selectors.some((one) => one.idp === principal.idp && one.groups.some((group) => groups.has(group)))
  if (isAmong(operators)) return 'operator'
  return isAmong(auditors) ? 'auditor' : undefined
}
