import type { Account, RoleKind, RoleTarget } from '../entitlement/rule.ts'
import type { Act } from '../sign-in/session.ts'

type TakeRole = Extract<Act, { kind: 'take-role' }>

/** What is closed to sessions that began with a device code, as the operator says (threats.md D4). */
export type DeviceClosing = {
  closes(account: Account): boolean
  /** How old groups may be for a decision about this account; elevated roles have a limit of their own. */
  oldestGroups(account: Account): number
  /** Taking this role, with everything `requireSessionMay` has to know about it. */
  takeRole(target: Pick<RoleTarget, 'account' | 'kind'>, handOver: TakeRole['handOver']): TakeRole
}

/**
 * How many seconds old the groups behind a decision may be (threats.md I7): usually, by the account's environment, and
 * for elevated roles.
 */
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

/** `stopped`: why this gateway may not give this kind of role to anybody now, or undefined. */
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
