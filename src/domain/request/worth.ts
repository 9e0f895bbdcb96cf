import type { RuleIndex } from '../entitlement/compile.ts'
import { decide } from '../entitlement/decide.ts'
import type { Approval } from '../entitlement/requirement.ts'
import type { RoleTarget } from '../entitlement/rule.ts'
import { unmet, type RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import { targetOf, wantedNow } from './approver.ts'
import { approvedUntil, isApproved, LEAST_APPROVAL_SECONDS, mostSecondsOf, standingOf } from './role-request.ts'
import type { Approved, Person, RoleRequest, Weighed, Worth } from './role-request.ts'
import { keyFault, samePersonFault } from './same-person.ts'

/** What requests are weighed by: the rules in force, and what is known of people beside them. */
export type Scales = {
  readonly index: RuleIndex
  readonly now: Date
  /** Whether the IdP that they say they are of still is the one that vouched for them (threats.md I2). */
  readonly isTheirs: (person: Person) => boolean
  /** Whether the host has ended their sessions of that time (threats.md R8). */
  readonly isEnded: (session: { readonly principal: Principal; readonly signedInAt: Date }) => boolean
}

/** `asker`: whoever asked, as their IdP states them now, where that is known. */
export const weighed = (request: RoleRequest, scales: Scales, asker?: Person): Weighed => ({
  request,
  ...worthOf(request, scales, asker),
})

/**
 * What a request is worth now: the one answer for whoever looks at it, and for decisions, so that none looks open that opens nothing,
 * and none opens what looks closed.
 */
function worthOf(request: RoleRequest, scales: Scales, asker: Person | undefined): Worth {
  const { index, now } = scales
  const standing = standingOf(request, now)
  if (standing === 'asked') {
    const because = mootBecause(request, scales)
    return because === undefined ? { standing } : { standing: 'moot', because }
  }
  if (!isApproved(request, now)) return { standing }
  const target = targetOf(request, index)
  const wanted = target && wantedNow(index, target, request)
  if (target === undefined || wanted === undefined) return { standing: 'void', because: unmet('request_moot') }
  const because =
    forfeitOf(request, target, wanted, scales) ??
    // They may state another name or key by now than when they asked.
    (asker && samePersonFault(asker, request.answeredBy, index.mapping))
  if (because !== undefined) return { standing: 'void', because }
  // The file may have shortened it since.
  const grantedSeconds = Math.min(request.grantedSeconds, mostSecondsOf(wanted))
  const until = approvedUntil({ ...request, grantedSeconds })
  return now < until ? { standing: 'approved', until } : { standing: 'ended' }
}

/**
 * Why nobody can answer it any more: what the file asks now, its approval would not meet; nothing would be lent under it
 * (threats.md H4); or nobody can tell that they are somebody else than whoever asked (threats.md I3).
 */
function mootBecause(request: RoleRequest, scales: Scales): RolegateError | undefined {
  const { index } = scales
  const target = targetOf(request, index)
  if (target === undefined || wantedNow(index, target, request) === undefined) return unmet('request_moot')
  // Rows of older versions may have been asked for less time.
  if (request.seconds < LEAST_APPROVAL_SECONDS) return unmet('request_too_short')
  return requesterFault(request.person, scales)
}

/**
 * Why nobody can tell that whoever answers is somebody else: their key is missing, or their IdP is called something else by now, and
 * then no key that it names would be looked for.
 */
export const requesterFault = (
  requester: Person,
  { index, isTheirs }: Pick<Scales, 'index' | 'isTheirs'>,
): RolegateError | undefined =>
  isTheirs(requester) ? keyFault(requester, 'requester', index.mapping) : unmet('request_moot')

/**
 * What somebody approved counts while they are who they were: one whom the file names to approve it, by a group that they had then;
 * not once their IdP's label means another issuer (threats.md I2), nor once their sessions of that time are ended from the host, nor
 * while a deny keeps them from that role themselves, by whatever group of theirs (threats.md R8). And not while nobody can tell that
 * they are somebody else than whoever asked, by the file as it is now (threats.md I3).
 */
function forfeitOf(
  request: Approved,
  target: RoleTarget,
  wanted: readonly Approval[],
  scales: Scales,
): RolegateError | undefined {
  const { index, now, isTheirs, isEnded } = scales
  const { answeredBy, answeredAt, allGroups } = request
  const principal: Principal = { ...answeredBy, groups: { state: 'stated', names: allGroups }, claims: {} }
  const isGone =
    // Rows of older versions do not say which groups those were.
    (request as Partial<Approved>).allGroups === undefined ||
    !wanted.every((approval) => isNamed(request, approval)) ||
    !isTheirs(answeredBy) ||
    isEnded({ principal, signedInAt: answeredAt }) ||
    isDenied(index, principal, target, now)
  if (isGone) return unmet('approver_no_more')
  // threats.md H8: the role may have become an elevated one since, and rows of older versions hold none.
  if (target.kind.elevated && request.stepUp === undefined) return unmet('approved_without_step_up')
  return requesterFault(request.person, scales) ?? samePersonFault(request.person, answeredBy, index.mapping)
}

const isNamed = ({ answeredBy, groups }: Approved, approval: Approval): boolean =>
  answeredBy.idp === approval.idp && groups.some((group) => approval.groups.includes(group))

/** Whether a deny, of the file or of an emergency, keeps them from this role. */
export function isDenied(index: RuleIndex, principal: Principal, target: RoleTarget, now: Date): boolean {
  const decision = decide(index, principal, target, { now, address: '' })
  return !decision.allowed && decision.code === 'denied_by_rule'
}
