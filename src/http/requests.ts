import { REQUEST_INTERVAL_SECONDS } from '../domain/request/role-request.ts'
import type { ShownRequest } from '../usecases/request/see-requests.ts'
import { answerIn } from './answer-in.ts'
import { answerFor } from './answers.ts'
import type { GroupName } from './group-names.ts'
import { voidWhy } from './void-words.ts'

/** A request as programs are told of it. */
export function requestRow(shown: ShownRequest, { publicUrl, groupName }: { publicUrl: string; groupName: GroupName }) {
  const { request, standing, until, isOwn, target, wanted } = shown
  const { id, role, person, via, reason, seconds, askedAt, expiresAt } = request
  const answer = answerIn(request)
  // threats.md P3: who asks is told whose word it takes only where the way in is no secret.
  const isTold = !isOwn || target?.kind.discoverable === true
  return {
    id,
    role,
    ...(target !== undefined && { arn: target.arn }),
    status: standing,
    own: isOwn,
    requester: {
      username: person.username,
      idp: person.idp,
      ...(person.email !== undefined && { email: person.email }),
    },
    via,
    reason,
    seconds,
    askedAt,
    expiresAt,
    approvers: isTold ? approverNames(wanted, groupName) : [],
    ...(answer !== undefined && { answer }),
    ...(until !== undefined && { grantedUntil: until }),
    ...(!isOwn && { mayApprove: refusalOf(shown) === undefined && standing === 'asked' }),
    ...whyIn(shown),
    url: `${publicUrl}/approvals/${id}`,
    ...(standing === 'asked' && { intervalSeconds: REQUEST_INTERVAL_SECONDS }),
  }
}

/** Why it is worth nothing; or why whoever looks may not answer it. */
function whyIn(shown: ShownRequest): { readonly why?: string } {
  const { because, isOwn } = shown
  if (because !== undefined) return { why: voidWhy(because.values) }
  const refusal = refusalOf(shown)
  return isOwn || refusal === undefined ? {} : { why: answerFor(refusal).why }
}

const refusalOf = ({ fault, approvingFault }: ShownRequest) => fault ?? approvingFault

/** The groups of whom one has to approve, as people call them. */
export const approverNames = (wanted: ShownRequest['wanted'], groupName: GroupName): readonly string[] => [
  ...new Set(wanted.flatMap(({ idp, groups }) => groups.map((group) => groupName(idp, group) ?? group))),
]
