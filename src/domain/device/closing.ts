import type { Account, RoleKind, RoleTarget } from '../entitlement/rule.ts'
import type { Act } from '../sign-in/session.ts'

type TakeRole = Extract<Act, { kind: 'take-role' }>

/** What a session that began with a code is kept from, as the operator says (threats.md D4). */
export type DeviceClosing = {
  closes(account: Account): boolean
  /** The act of taking this role: what the one function that judges sessions has to know of it. */
  takeRole(target: Pick<RoleTarget, 'account' | 'kind'>, handOver: TakeRole['handOver']): TakeRole
}

/** `stopped`: why nobody may have this kind of role now, whatever their session; no rule says so. */
export function closingBy(
  policy: { readonly console: boolean; readonly except: ReadonlySet<string> },
  stopped: (kind: RoleKind) => string | undefined = () => undefined,
): DeviceClosing {
  const closes = ({ alias }: Account): boolean => policy.except.has(alias)
  return {
    closes,
    takeRole: ({ account, kind }, handOver) => ({
      stopped: stopped(kind),
      kind: 'take-role',
      elevated: kind.elevated,
      handOver,
      closedToDevices: closes(account) || (handOver === 'console' && !policy.console),
    }),
  }
}
