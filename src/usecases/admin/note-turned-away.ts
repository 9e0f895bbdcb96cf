import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { ErrorCode, RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Now } from '../ports.ts'

/** `session`: of the browser it came from, where that has one. */
export type NoteTurnedAway = (error: RolegateError, request: RequestFacts, session?: GatewaySession) => void

/** A request of these is refused before any story reads it, or knows whom it is from. */
const UNREAD: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
  'csrf_rejected',
])
/**
 * A proof of who asks that opens nothing, by reason (security.md A-8). Not the cookie of a session that is over, which everybody has
 * in the morning.
 */
const NO_PROOF: ReadonlySet<string> = new Set(['altered_cookie', 'unknown_token', 'ended_token', 'unknown_code'])
const MINUTE_MS = 60_000

/**
 * Puts what no story saw on record: of each code, or of each kind of proof, the first of a minute, and with the next how
 * many had none of their own. So strangers add a few lines a minute however many they are (threats.md A4). Nobody waits
 * for it: nothing is handed over, and a sink that fails says so itself.
 */
export function makeNoteTurnedAway({ audit, now }: { audit: Audit; now: Now }): NoteTurnedAway {
  const last = new Map<string, { readonly at: number; unrecorded: number }>()
  return function noteTurnedAway({ code, reason }, request, session) {
    const kind = reason !== undefined && NO_PROOF.has(reason) ? reason : UNREAD.has(code) ? code : undefined
    if (kind === undefined) return
    const at = now().getTime()
    const before = last.get(kind)
    if (before !== undefined && Math.abs(at - before.at) < MINUTE_MS) {
      before.unrecorded += 1
      return
    }
    last.set(kind, { at, unrecorded: 0 })
    void audit({
      event: 'turned_away',
      request,
      ...(session !== undefined && { principal: session.principal, session }),
      code,
      ...(reason !== undefined && { reason }),
      unrecorded: before?.unrecorded ?? 0,
    }).catch(() => undefined)
  }
}
