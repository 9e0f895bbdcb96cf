import { managedPolicyFault } from '../../domain/aws/session-policy.ts'
import type { Findings } from '../faults.ts'
import type { ConfigFile, StsEntry } from '../schema.ts'
import { reachOf } from '../reach.ts'
import { narrowedIn } from '../session-policies.ts'
import { isNarrowed, rolesInForce } from '../variants.ts'
import { isPassThrough } from './pass-through.ts'

type Role = ConfigFile['roles'][string]

/** By a policy of its own, or by one that we write for the address that asks. */
const narrows = (one: Pick<Role, 'session_policy_file' | 'policy_arns' | 'bind_ip'>): boolean =>
  isNarrowed(one) || one.bind_ip

/** Session policies: each can be sent to AWS wherever it is promised, and none is widened by another (security.md T-11). */
export function lintSessionPolicies(file: ConfigFile, findings: Findings): void {
  const inForce = rolesInForce(file.roles)
  for (const [{ session_policy_file: inline, policy_arns: managed }, path] of narrowedIn(file)) {
    managed.forEach((arn, index) => {
      if (managed.indexOf(arn) < index) findings.fault([...path, 'policy_arns', index], `"${arn}" stands twice`)
    })
    if (inline !== undefined && managed.length > 0)
      findings.warn(
        [...path, 'policy_arns'],
        'stands beside session_policy_file: AWS allows what either allows, less what either denies [two-session-policies]',
      )
  }
  const said = new Set<string>()
  file.rules.forEach((rule, index) => {
    if (rule.grant === undefined) return
    const { accounts, roles } = reachOf(rule, file)
    for (const key of roles.meant) {
      const role = inForce[key]
      if (role === undefined || !(narrows(role) || narrows(rule.grant))) continue
      lintTwice(key, role, rule.grant, index, findings)
      const isRoles = isNarrowed(role) || (role.bind_ip && !isNarrowed(rule.grant))
      const [narrowed, path] = isRoles ? [role, ['roles', key]] : [rule.grant, ['rules', index, 'grant']]
      for (const alias of accounts.meant) {
        const once = (place: readonly (string | number)[], message: string): void => {
          const what = JSON.stringify(place)
          if (!said.has(what)) findings.fault(place, message)
          said.add(what)
        }
        lintReached(alias, narrowed, path, { rule: rule.id, key }, file, once)
      }
    }
  })
}

/** threats.md R11: STS pools the statements of all session policies, so a second one would let in what the first keeps out. */
function lintTwice(
  key: string,
  role: Role,
  grant: NonNullable<ConfigFile['rules'][number]['grant']>,
  index: number,
  findings: Findings,
): void {
  if (!isNarrowed(role) || !isNarrowed(grant)) return
  const here = grant.session_policy_file === undefined ? 'policy_arns' : 'session_policy_file'
  findings.fault(
    ['rules', index, 'grant', here],
    `"${key}" has a session policy of its own, and AWS would allow what either allows; narrow it in one place`,
  )
}

function lintReached(
  alias: string,
  { policy_arns: managed, bind_ip: isBound }: Pick<Role, 'policy_arns' | 'bind_ip'>,
  path: readonly (string | number)[],
  { rule, key }: { readonly rule: string; readonly key: string },
  { accounts, sts }: ConfigFile,
  fault: (place: readonly (string | number)[], message: string) => void,
): void {
  const account = accounts[alias]
  const way: StsEntry | undefined =
    account === undefined || !Object.hasOwn(sts, account.sts) ? undefined : sts[account.sts]
  if (account === undefined || way === undefined) return
  // threats.md F7: whoever holds the IdP's own assertion leaves the policy out.
  if (isPassThrough(way))
    fault(
      path,
      `is narrowed by a session policy${isBound ? ' (bind_ip)' : ''}, which does not go with "${alias}", where rule "${rule}" opens "${key}": its sts entry passes the IdP’s own assertion through`,
    )
  managed.forEach((arn, index) => {
    const wrong = managedPolicyFault(arn, { alias, id: account.id, partition: way.partition })
    if (wrong !== undefined) fault([...path, 'policy_arns', index], wrong)
  })
}
