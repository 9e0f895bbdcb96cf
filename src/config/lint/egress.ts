import { isPosted } from '../../domain/aws/trust-policy/expected.ts'
import type { Mapping } from '../../domain/entitlement/rule.ts'
import { listed } from '../../domain/listed.ts'
import type { Config, StsSettings } from '../config.ts'
import type { Findings } from '../faults.ts'
import { isLoopback } from './web-address.ts'

/**
 * The name to accept, in the file and at `rolegate aws trust-policy`, for roles that are deliberately pinned to no
 * address.
 */
export const NO_EGRESS_PIN = 'no-egress-pin'

const MOST_NAMED = 3

/**
 * threats.md F3: STS does not check where a token comes from. A leaked token, or the key that signs them, works from
 * anywhere unless trust policies say where we call from. One warning for each way to AWS, and never a fault: the file
 * does not know what AWS has.
 */
export function lintEgressPins({ sts, mapping }: Pick<Config, 'sts' | 'mapping'>, findings: Findings): void {
  const granted = grantedIn(mapping)
  for (const way of sts.values()) {
    const open = openRolesOf(way, mapping, granted)
    if (way.acceptsNoPin === true && (way.egress !== undefined || open.length === 0))
      findings.warn(
        ['sts', way.name, 'accept'],
        'accepts what is not there: no role here wants for an address [needless-accept]',
      )
    if (way.egress !== undefined || way.acceptsNoPin === true || open.length === 0) continue
    findings.warn(
      ['sts', way.name],
      `has no egress: a token that leaks, or the key that signs them, opens ${counted(open)} from anywhere; say where our calls come from, and take the trust policies that are printed from that [no-egress-pin]`,
      'key',
    )
  }
}

type OpenRole = { readonly name: string; readonly elevated: boolean }

/** The IAM roles that rules open by this way to AWS and that a pin could protect. Variants share one IAM role. */
function openRolesOf(
  { name, endpoint, passThrough }: StsSettings,
  mapping: Mapping,
  granted: Granted,
): readonly OpenRole[] {
  // We cannot pin the IdP's own assertion, and nothing can leak from a stand-in for AWS on this machine.
  if (passThrough !== undefined || (endpoint !== undefined && isLoopback(new URL(endpoint).hostname))) return []
  const open = new Map<string, OpenRole>()
  for (const [alias, keys] of granted) {
    const account = mapping.accounts.get(alias)
    if (account?.sts !== name) continue
    for (const key of keys) {
      const kind = mapping.roles.get(key)
      if (kind === undefined || isPosted(mapping, { account, kind })) continue
      const at = `${alias} ${kind.roleName}`
      const isFirst = open.get(at) === undefined || (kind.elevated && open.get(at)?.elevated === false)
      if (isFirst) open.set(at, { name: `${alias}/${key}`, elevated: kind.elevated })
    }
  }
  return [...open.values()]
}

/** By account: the roles that some rule opens there. */
type Granted = ReadonlyMap<string, ReadonlySet<string>>

function grantedIn({ rules }: Mapping): Granted {
  const granted = new Map<string, Set<string>>()
  for (const { effect, accounts, roles } of rules) {
    if (effect !== 'grant') continue
    for (const alias of accounts) {
      const keys = granted.get(alias) ?? new Set<string>()
      granted.set(alias, keys)
      for (const key of roles) keys.add(key)
    }
  }
  return granted
}

function counted(open: readonly OpenRole[]): string {
  const elevated = open.flatMap((role) => (role.elevated ? [role.name] : []))
  const others = open.length - elevated.length
  const plain = `${others} ${others === 1 ? 'role' : 'roles'}`
  if (elevated.length === 0) return plain
  const first = `${elevated.length} elevated ${elevated.length === 1 ? 'role' : 'roles'} (${listed(elevated, MOST_NAMED)})`
  return others === 0 ? first : `${first} and ${others} ${others === 1 ? 'other' : 'others'}`
}
