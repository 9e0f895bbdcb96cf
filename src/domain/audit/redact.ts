/** What `audit.redact` may name, and the fields of records that say it. */
export const REDACTABLE = {
  client_ip: ['client_ip', 'requester_address', 'approver_address'],
  user_agent: ['user_agent'],
  // The name that AWS is told begins with it.
  username: ['username', 'session_name', 'source_identity', 'asked_name', 'requester_name'],
} as const

export type Redactable = keyof typeof REDACTABLE

/**
 * Stands for a text: equal texts get equal pseudonyms. Without the key nobody can undo it, or find the text by trying
 * them all.
 */
type Pseudonym = (text: string) => string

/**
 * A record with these fields replaced by pseudonyms, so that records can still be joined (threats.md P8). Applied to
 * what is stored only: every decision sees the real values.
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
