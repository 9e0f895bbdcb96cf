import { printDuration } from '../domain/entitlement/duration.ts'
import type { ShownRequest } from '../usecases/request/see-requests.ts'
import { answerIn } from './answer-in.ts'
import { accountCard } from './cards.ts'
import type { RequestCard } from './models/cards.ts'

/** A request as pages show it to whom it concerns. */
export function requestCard(
  { request, standing, until, target }: Pick<ShownRequest, 'request' | 'standing' | 'until' | 'target'>,
  idpLabel: (idp: string) => string,
): RequestCard {
  const { id, role, person, reason, seconds, askedAt, expiresAt } = request
  const email = person.email === person.username ? undefined : person.email
  return {
    href: `/approvals/${id}`,
    role,
    ...(target !== undefined && { account: accountCard(target.account), elevated: target.kind.elevated }),
    requester: {
      username: person.username,
      idpLabel: idpLabel(person.idp),
      ...(email !== undefined && { email }),
    },
    reason,
    length: printDuration(seconds),
    askedAt,
    expiresAt,
    standing,
    ...cardAnswerIn(request),
    ...(until !== undefined && { until }),
  }
}

function howEnded({ endedBy, person }: Extract<ShownRequest['request'], { status: 'ended' }>): string {
  const isOwn = endedBy.issuer === person.issuer && endedBy.subject === person.subject
  return `${endedBy.username} ${isOwn ? 'gave it back' : 'took it back'}`
}

function cardAnswerIn(request: ShownRequest['request']): Pick<RequestCard, 'answer' | 'ended'> {
  const answered = answerIn(request)
  if (answered === undefined) return {}
  const { seconds, ...answer } = answered
  return {
    answer: { ...answer, ...(seconds !== undefined && { length: printDuration(seconds) }) },
    ...(request.status === 'ended' && { ended: { how: howEnded(request), at: request.endedAt } }),
  }
}
