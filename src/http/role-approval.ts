import type { Entitlement } from '../domain/entitlement/decide.ts'
import { LEAST_SECONDS, secondsLeft } from '../domain/entitlement/duration.ts'
import { roleIdOf } from '../domain/entitlement/role-id.ts'
import type { Mapping, RoleTarget } from '../domain/entitlement/rule.ts'
import { askingFault } from '../domain/request/asking.ts'
import { mostSecondsOf, type Weighed } from '../domain/request/role-request.ts'
import type { Principal } from '../domain/sign-in/principal.ts'
import { answerFor } from './answers.ts'
import type { Pages } from './pages.ts'
import { requestCard } from './request-card.ts'
import { lengthsUpTo } from './role-facts.ts'

/** On the page of a role that takes somebody's word: to ask for it, that it waits, or that it is given; and what came of it before. */
export function roleApproval(
  principal: Principal,
  { target, requires, unmet, approval }: Entitlement,
  requests: readonly Weighed[],
  { mapping, idpLabel, now }: { mapping: Mapping; idpLabel: (idp: string) => string; now: Date },
): Pick<Pages['role'], 'approval'> {
  const wanted = requires.flatMap((requirement) => requirement.approval ?? [])
  if (wanted.length === 0) return {}
  const lacks = unmet.some(({ condition }) => condition === 'approval') || isShort({ approval }, now)
  if (!lacks && approval !== undefined)
    return { approval: { granted: { href: `/approvals/${approval.id}`, by: approval.by, until: approval.until } } }
  const last = lastAbout(target, requests)
  const isPending = last?.standing === 'asked'
  // Who could not ask would not be given what somebody approves either. How much else waits is nothing to what waits.
  const fault = askingFault(principal, mapping, isPending ? [] : requests)
  const before = last && { before: requestCard(last, idpLabel) }
  if (fault !== undefined) return { approval: { refused: answerFor(fault).why, ...before } }
  if (isPending) return { approval: { pending: requestCard(last, idpLabel) } }
  const action = `/roles/${target.name}/request`
  return { approval: { ask: { action, lengths: lengthsUpTo(mostSecondsOf(wanted)) }, ...before } }
}

/** Too little is left of its approval for anything to be lent. */
export const isShort = ({ approval }: { readonly approval: Entitlement['approval'] | undefined }, now: Date): boolean =>
  approval !== undefined && secondsLeft({ approval }, now) < LEAST_SECONDS

/** What was asked for last, and not taken back: what waits comes first. */
const lastAbout = (target: RoleTarget, requests: readonly Weighed[]): Weighed | undefined =>
  requests
    .filter(({ request, standing }) => request.roleId === roleIdOf(target) && standing !== 'cancelled')
    .toSorted((a, b) => rankOf(b) - rankOf(a))[0]

const rankOf = ({ request, standing }: Weighed): number =>
  standing === 'asked' ? Number.POSITIVE_INFINITY : request.askedAt.getTime()
