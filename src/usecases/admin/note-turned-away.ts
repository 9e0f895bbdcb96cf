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
const MINUTE_MS = 60_000

/**
 * Puts what no story saw on record: of each code the first of a minute, and with the next how many had none of their own. So strangers
 * add a few lines a minute however many they are (threats.md A4). Nobody waits for it: nothing is handed over, and a sink that
 * fails says so itself.
 */
export function makeNoteTurnedAway({ audit, now }: { audit: Audit; now: Now }): NoteTurnedAway {
  const last = new Map<ErrorCode, { readonly at: number; unrecorded: number }>()
  return function noteTurnedAway({ code, reason }, request, session) {
    if (!UNREAD.has(code)) return
    const at = now().getTime()
    const before = last.get(code)
    if (before !== undefined && Math.abs(at - before.at) < MINUTE_MS) {
      before.unrecorded += 1
      return
    }
    last.set(code, { at, unrecorded: 0 })
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
