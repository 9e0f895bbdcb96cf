import type { Account, RoleKind, RoleTarget } from '../entitlement/rule.ts'
import type { Act } from '../sign-in/session.ts'

type TakeRole = Extract<Act, { kind: 'take-role' }>

/** What a session that began with a code is kept from, as the operator says (threats.md D4). */
export type DeviceClosing = {
  closes(account: Account): boolean
  /** How old the groups may be by which a role of this account is given, elevated ones aside. */
  oldestGroups(account: Account): number
  /** The act of taking this role: what the one function that judges sessions has to know of it. */
  takeRole(target: Pick<RoleTarget, 'account' | 'kind'>, handOver: TakeRole['handOver']): TakeRole
}

/** How old groups may be that decide (threats.md I7): in seconds, by the account's environment, and of elevated roles. */
export type OldestGroups = {
  readonly usual: number
  readonly elevated: number
  readonly byEnvironment: ReadonlyMap<string, number>
}

const ANY_AGE: OldestGroups = {
  usual: Number.POSITIVE_INFINITY,
  elevated: Number.POSITIVE_INFINITY,
  byEnvironment: new Map(),
}

/** Past this, the groups of a sign-in decide nothing at all. */
export const oldestOf = ({ usual, byEnvironment }: OldestGroups): number => Math.max(usual, ...byEnvironment.values())

/** `stopped`: why nobody may have this kind of role now, whatever their session; no rule says so. */
export function closingBy(
  policy: { readonly console: boolean; readonly except: ReadonlySet<string> },
  stopped: (kind: RoleKind) => string | undefined = () => undefined,
  oldest: OldestGroups = ANY_AGE,
): DeviceClosing {
  const closes = ({ alias }: Account): boolean => policy.except.has(alias)
  const oldestGroups = ({ environment = '' }: Account): number => oldest.byEnvironment.get(environment) ?? oldest.usual
  return {
    closes,
    oldestGroups,
    takeRole: ({ account, kind }, handOver) => ({
      stopped: stopped(kind),
      kind: 'take-role',
      elevated: kind.elevated,
      oldestGroupsSeconds: Math.min(oldestGroups(account), kind.elevated ? oldest.elevated : Number.POSITIVE_INFINITY),
      handOver,
      closedToDevices: closes(account) || (handOver === 'console' && !policy.console),
    }),
  }
}
