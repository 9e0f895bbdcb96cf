import { sourceAddressOf, type AddressFault } from '../../domain/aws/source-address.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import type { Verdict } from '../../domain/entitlement/conditions.ts'
import type { Mapping, RoleTarget } from '../../domain/entitlement/rule.ts'
import { unmetFor, type Unmet } from '../../domain/entitlement/standing.ts'
import type { RolegateError } from '../../domain/errors.ts'
import { askingFault } from '../../domain/request/asking.ts'
import { requireSessionMay, sessionFault, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Now } from '../ports.ts'
import { circumstancesOf, type AskedFrom } from './circumstances.ts'

type Place = Pick<RoleTarget, 'account' | 'kind'>

/**
 * All that can differ between two requests of the same person under the same rules: the time, the address, and the age
 * of the sign-in, its second factor and the configuration. A list learns of these through the questions here and in no
 * other way.
 */
export type Moment = {
  readonly unmet: Unmet
  /** What keeps the session from such a role, whatever the rules say. */
  readonly fault: (place: Place) => RolegateError | undefined
  /** Why credentials could not be bound to where they ask from (threats.md R12). */
  readonly unbindable: () => AddressFault | undefined
  /**
   * Why nobody could approve anything for this person. It depends on the rules and the person only, so it is the same
   * at every moment.
   */
  readonly unaskable?: RolegateError
}

type Deps = { readonly closing: DeviceClosing; readonly now: Now }

/** Fails where the session may not even look. */
export function momentOf(session: GatewaySession, from: AskedFrom, mapping: Mapping, deps: Deps): Moment {
  const now = deps.now()
  requireSessionMay(session, { kind: 'look' }, now)
  const unaskable = askingFault(session.principal, mapping)
  return {
    ...(unaskable !== undefined && { unaskable }),
    unmet: unmetFor(session.principal, circumstancesOf(session, from, now), mapping),
    fault: (place) => sessionFault(session, deps.closing.takeRole(place, 'credentials'), now),
    unbindable: () => {
      const seen = sourceAddressOf(from.address)
      return 'fault' in seen ? seen.fault : undefined
    },
  }
}

/** A moment that remembers its answers. If another moment gives the same answers, it leads to the same list. */
export type NotedMoment = Moment & { readonly isLike: (other: Moment) => boolean }

export function notedMoment(moment: Moment, closing: DeviceClosing): NotedMoment {
  const verdicts = new Map<Parameters<Unmet>[0], readonly Verdict[]>()
  const faults = new Map<string, Place & { readonly fault: RolegateError | undefined }>()
  let bound: { readonly fault: AddressFault | undefined } | undefined
  return {
    ...(moment.unaskable !== undefined && { unaskable: moment.unaskable }),
    unmet(requirement) {
      const known = verdicts.get(requirement) ?? moment.unmet(requirement)
      verdicts.set(requirement, known)
      return known
    },
    fault({ account, kind }) {
      // An account says no more to this question.
      const alike = `${closing.closes(account)} ${closing.oldestGroups(account)} ${kind.key}`
      const known = faults.get(alike) ?? { account, kind, fault: moment.fault({ account, kind }) }
      faults.set(alike, known)
      return known.fault
    },
    unbindable() {
      bound ??= { fault: moment.unbindable() }
      return bound.fault
    },
    isLike(other) {
      // That somebody has approved is laid over the list afterwards (list-with-requests.ts).
      for (const [requirement, before] of verdicts) if (!areSame(before, other.unmet(requirement))) return false
      for (const place of faults.values()) if (!isSame(place.fault, other.fault(place))) return false
      return bound === undefined || bound.fault === other.unbindable()
    },
  }
}

const areSame = (some: readonly Verdict[], others: readonly Verdict[]): boolean =>
  some.length === others.length && JSON.stringify(some) === JSON.stringify(others)

const isSame = (one: RolegateError | undefined, other: RolegateError | undefined): boolean =>
  one?.message === other?.message && JSON.stringify(one?.values) === JSON.stringify(other?.values)
