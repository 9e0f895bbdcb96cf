import type { ShownRequest } from '../usecases/request/see-requests.ts'

type Answered = {
  readonly by: string
  readonly at: Date
  readonly note?: string
  /** As a yes gave it. */
  readonly seconds?: number
}

/** What somebody said to a request; nothing before that is on record. */
export function answerIn(request: ShownRequest['request']): Answered | undefined {
  if (!('answeredBy' in request) || request.status === 'approving') return undefined
  const { answeredBy, answeredAt, note } = request
  return {
    by: answeredBy.username,
    at: answeredAt,
    ...(note !== undefined && { note }),
    ...('grantedSeconds' in request && { seconds: request.grantedSeconds }),
  }
}
