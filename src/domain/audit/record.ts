import type { AuditEvent, Subject } from './event.ts'
import type { RequestFacts, HandOverFacts } from './facts.ts'

const LONGEST = 512

/** One record as the log keeps it: flat names, UTC, every text cut to a bound and marked (security.md ). */
export function auditRecord(event: AuditEvent, at: Date, id: string): Record<string, unknown> {
  const { request, event: name, ...rest } = event as AuditEvent & { request?: RequestFacts }
  const { principal, session, facts, ...own } = rest as Partial<Subject> & { facts?: HandOverFacts }
  const record: Record<string, unknown> = { stream: 'audit', time: at.toISOString(), id, event: name }
  if (request !== undefined)
    add(record, { requestId: request.requestId, clientIp: request.address, userAgent: request.userAgent })
  if (principal !== undefined) {
    const { idp, issuer, subject, username, groups } = principal
    add(record, { idp, issuer, subject, username, groupsCount: groups.names.length })
  }
  if (session !== undefined) {
    const { id, via, authenticatedAt, mfaAt } = session
    add(record, { session: id, via, ...(authenticatedAt && { authenticatedAt }), ...(mfaAt && { mfaAt }) })
  }
  add(record, own)
  if (facts !== undefined) add(record, facts)
  return record
}

function add(record: Record<string, unknown>, values: object): void {
  for (const [key, value] of Object.entries(values)) record[snakeCased(key)] = bounded(value)
}

/** Our own names, of which there are few: each is worked out once. */
const snakeCase = new Map<string, string>()

function snakeCased(name: string): string {
  const known = snakeCase.get(name)
  if (known !== undefined) return known
  const made = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  snakeCase.set(name, made)
  return made
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > LONGEST ? `${value.slice(0, LONGEST)}…[cut ${value.length - LONGEST}]` : value
  // As JSON has it; JSON.stringify takes twice as long over a record with a date in it.
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(bounded)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bounded(inner)]))
}
