import { malformed } from './answers.ts'
import { recordOf } from './record.ts'
import { oneLine } from './server-text.ts'

/** A request for a role that takes somebody's approval, as the gateway tells it. */
export type RoleRequest = {
  readonly id: string
  readonly role: string
  /** `asked`, `approved`, `denied`, `cancelled`, `expired`, `ended`, `moot` (nobody can answer it any more), `void` (approved, and worth nothing now); a newer gateway may know more. */
  readonly status: string
  readonly isOwn: boolean
  readonly requester: string
  readonly reason: string
  /** As asked for, and as a yes gave it. */
  readonly seconds: number
  readonly grantedSeconds?: number
  readonly askedAt: Date
  readonly expiresAt: Date
  readonly approvers: readonly string[]
  readonly grantedUntil?: Date
  readonly answeredBy: string
  readonly note: string
  /** In a browser; `why` not, or why it is moot or void. */
  readonly mayApprove: boolean
  readonly why: string
  readonly intervalSeconds: number
}

/** What an address may hold of it, and a line be started with. */
export const isRequestId = (text: string): boolean => /^[A-Za-z0-9_][\w-]{0,59}$/.test(text)

export function readRequest(body: unknown): RoleRequest {
  const row = recordOf(body)
  const answer = recordOf(row['answer'])
  const id = lineOf(row['id'])
  if (!isRequestId(id)) throw malformed('id')
  const { grantedUntil } = row
  return {
    id,
    role: lineOf(row['role']),
    status: lineOf(row['status']),
    isOwn: row['own'] === true,
    requester: lineOf(recordOf(row['requester'])['username']),
    reason: lineOf(row['reason']),
    seconds: typeof row['seconds'] === 'number' ? row['seconds'] : 0,
    ...(typeof answer['seconds'] === 'number' && { grantedSeconds: answer['seconds'] }),
    askedAt: dateOf(row['askedAt'], 'askedAt'),
    expiresAt: dateOf(row['expiresAt'], 'expiresAt'),
    approvers: Array.isArray(row['approvers']) ? row['approvers'].map(lineOf) : [],
    ...(grantedUntil !== undefined && { grantedUntil: dateOf(grantedUntil, 'grantedUntil') }),
    answeredBy: lineOf(answer['by']),
    note: lineOf(answer['note']),
    mayApprove: row['mayApprove'] === true,
    why: lineOf(row['why']),
    intervalSeconds: Math.min(Math.max(Number(row['intervalSeconds'] ?? 5) || 5, 1), 60),
  }
}

export function readRequests(body: unknown): {
  readonly own: readonly RoleRequest[]
  readonly waiting: readonly RoleRequest[]
  /** None of an older gateway. */
  readonly answered: readonly RoleRequest[]
  readonly answeredMore: boolean
  /** How many there are beside those: older ones of one's own, and what waits on other pages. */
  readonly ownMore: number
  readonly waitingMore: number
} {
  const { own, waiting, answered = [], answeredMore, ownCount, waitingCount } = recordOf(body)
  if (!Array.isArray(own) || !Array.isArray(waiting)) throw malformed('own')
  if (!Array.isArray(answered)) throw malformed('answered')
  const more = (count: unknown, listed: readonly unknown[]) =>
    typeof count === 'number' && Number.isSafeInteger(count) ? Math.max(0, count - listed.length) : 0
  return {
    own: own.map(readRequest),
    waiting: waiting.map(readRequest),
    answered: answered.map(readRequest),
    answeredMore: answeredMore === true,
    ownMore: more(ownCount, own),
    waitingMore: more(waitingCount, waiting),
  }
}

const lineOf = (value: unknown): string => oneLine(typeof value === 'string' ? value : '')

function dateOf(value: unknown, field: string): Date {
  const date = new Date(lineOf(value))
  if (Number.isNaN(date.getTime())) throw malformed(field)
  return date
}
