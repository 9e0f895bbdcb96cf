import type { UnseenDeny } from '../../domain/admin/deny-watch.ts'
import type { GroupStatistics } from '../../domain/admin/group-statistics.ts'
import {
  lastCredentialAfter,
  recheckedWithin,
  type LastCredential,
  type Lent,
  type RecheckLimit,
} from '../../domain/admin/last-credential.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { EMERGENCY_RULE } from '../../domain/emergency/emergency.ts'
import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import type { CurrentRules } from '../ports.ts'
import type { IdentityProvider } from '../ports/identity-provider.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { CountGroups } from './count-groups.ts'

/** The configuration in force, as far as its operators want to know how it came to be. */
export type InForce = {
  /** Names it in records. */
  readonly hash: string
  readonly loadedAt: Date
  /** Where its files are; the main one first. */
  readonly files: readonly string[]
  /** A line each. */
  readonly warnings: readonly string[]
  /** Questions of its own that it answered as written when it was loaded. */
  readonly testCount: number
  /** Longest browser session. */
  readonly absoluteSeconds: number
  /** What is on disk, and not in force. */
  readonly onDisk: {
    /** When it was first refused, and its first fault; absent: it is in force. */
    readonly refusedSince: Date | undefined
    readonly fault: string | undefined
    /** It changes what a running process cannot take up. */
    readonly needsRestart: boolean
    /** What is in force was remembered, and the file has not been taken since the start. */
    readonly lastGoodSince?: Date | undefined
  }
}

export type Status = Omit<InForce, 'absoluteSeconds'> & {
  readonly counts: { readonly accounts: number; readonly roles: number; readonly rules: number }
  readonly lastCredential: LastCredential
  /** What operators closed from the host, since when and by whom: the roles, or the person whose access is closed. */
  readonly emergencies: readonly { readonly said: string; readonly roles: readonly string[] }[]
  readonly idps: readonly {
    readonly id: string
    readonly label: string
    readonly protocol: 'oidc' | 'saml'
    readonly ready: boolean
    /** Closed from the host: nobody of theirs is let in. */
    readonly closed: boolean
    readonly recheck?: RecheckLimit
    /** Of those who signed in lately; absent: nobody did, or the store does not say. */
    readonly groups?: GroupStatistics
  }[]
  /** False: the store does not say who signed in lately. */
  readonly groupsKnown: boolean
  /** Groups that a deny names and nobody was seen in, the first of them, and how many (threats.md I4). */
  readonly unseenDenies: readonly UnseenDeny[]
  readonly unseenDenyCount: number
}

export type ShowStatus = () => Promise<Status>

const MOST_DENIES = 20

/** How the gateway is, for operators and auditors. */
export function makeShowStatus(deps: {
  inForce: () => InForce
  rules: CurrentRules
  closing: DeviceClosing
  providers: ReadonlyMap<string, IdentityProvider>
  rechecks: ReadonlyMap<string, RecheckLimit>
  countGroups: CountGroups
  emergency: Pick<StandingEmergency, 'isClosed'>
}): ShowStatus {
  return async function showStatus() {
    const counted = await deps.countGroups()
    const { absoluteSeconds, ...inForce } = deps.inForce()
    const recheckedSeconds = recheckedWithin([...deps.providers.keys()].map((id) => deps.rechecks.get(id)))
    return {
      ...inForce,
      counts: countsOf(deps.rules()),
      emergencies: emergenciesOf(deps.rules()),
      lastCredential: lastCredentialAfter(absoluteSeconds, lentBy(deps.rules(), deps.closing), recheckedSeconds),
      idps: [...deps.providers.values()].map((provider) => {
        const groups = counted?.idps.get(provider.id)
        const { everySeconds, else: otherwise } = deps.rechecks.get(provider.id) ?? {}
        return {
          id: provider.id,
          label: provider.label,
          protocol: provider.saml === undefined ? ('oidc' as const) : ('saml' as const),
          ready: provider.isReady(),
          closed: deps.emergency.isClosed(provider.id),
          ...(everySeconds !== undefined && otherwise !== undefined && { recheck: { everySeconds, else: otherwise } }),
          ...(groups !== undefined && { groups }),
        }
      }),
      groupsKnown: counted !== undefined,
      unseenDenies: (counted?.unseenDenies ?? []).slice(0, MOST_DENIES),
      unseenDenyCount: counted?.unseenDenies.length ?? 0,
    }
  }
}

const countsOf = ({ mapping }: RuleIndex): Status['counts'] => ({
  accounts: mapping.accounts.size,
  roles: mapping.roles.size,
  rules: mapping.rules.filter(({ id }) => id !== EMERGENCY_RULE).length,
})

/** Every role in every account, even if no rule gives it now: rules may change. */
const lentBy = ({ mapping }: RuleIndex, closing: DeviceClosing): readonly Lent[] =>
  [...mapping.accounts.values()].flatMap((account) =>
    [...mapping.roles.values()].map((kind) => ({
      oldestGroupsSeconds: closing.takeRole({ account, kind }, 'credentials').oldestGroupsSeconds ?? Infinity,
      maxSeconds: kind.maxSeconds,
      elevated: kind.elevated,
    })),
  )

const MOST_ROLES = 20

/** A deny of everything is about a person or an IdP: it is the host's to say which. */
const emergenciesOf = ({ mapping }: RuleIndex): Status['emergencies'] =>
  mapping.rules
    .filter(({ id }) => id === EMERGENCY_RULE)
    .map(({ owner = '', accounts, roles }) => {
      const isEverything = accounts.size === mapping.accounts.size && roles.size === mapping.roles.size
      const names = [...accounts].flatMap((alias) => [...roles].map((key) => `${alias}/${key}`))
      return { said: owner, roles: isEverything ? [] : names.slice(0, MOST_ROLES) }
    })
