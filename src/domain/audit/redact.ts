/** What `audit.redact` may name, and the fields of records that say it. */
export const REDACTABLE = {
  client_ip: ['client_ip', 'requester_address', 'approver_address'],
  user_agent: ['user_agent'],
  // The name that AWS is told begins with it.
  username: ['username', 'session_name', 'source_identity', 'asked_name', 'requester_name'],
} as const

export type Redactable = keyof typeof REDACTABLE

/** A text in place of a text, the same for the same: whoever lacks the key cannot go back, and cannot try all there are. */
type Pseudonym = (text: string) => string

/**
 * A record with these fields unreadable, and still to be joined with others (threats.md P8). Only what is kept of an event
 * passes here: whatever decides sees all of it.
 */
export function redacted(
  record: Record<string, unknown>,
  names: readonly Redactable[],
  pseudonym: Pseudonym,
): Record<string, unknown> {
  if (names.length === 0) return record
  const fields = new Set<string>(names.flatMap((name) => REDACTABLE[name]))
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [
      field,
      fields.has(field) && typeof value === 'string' && value !== '' ? `hmac:${pseudonym(value)}` : value,
    ]),
  )
}
