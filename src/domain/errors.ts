/** Every way Rolegate can refuse. Each door keeps one table over this union: see http/errors.ts and cli/exit.ts. */
export const ERROR_CODES = [
  'invalid_request',
  'unsupported_grant',
  'invalid_scope',
  'invalid_client',
  'invalid_grant',
  'payload_too_large',
  'unsupported_media_type',
  'csrf_rejected',
  'sign_in_required',
  'sign_in_rejected',
  'sign_in_expired',
  'step_up_required',
  'groups_missing',
  'groups_truncated',
  'no_roles',
  'not_entitled',
  'denied_by_rule',
  'condition_unmet',
  'approval_required',
  'role_unknown',
  'role_ambiguous',
  'destination_refused',
  'aws_refused',
  'aws_unavailable',
  'idp_unavailable',
  'authorization_pending',
  'slow_down',
  'device_code_expired',
  'device_denied',
  'user_code_unknown',
  'rate_limited',
  'audit_unavailable',
  'store_unavailable',
  'shutting_down',
  'config_invalid',
  'gateway_unreachable',
  'not_found',
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** Named facts that a door may put into its sentence. Never a secret, a token, or a sign-in URL. */
export type ErrorValues = Readonly<Record<string, string | number | readonly string[]>>

/**
 * A failure Rolegate understands: a stable code, the facts its sentence needs, and, for log and audit alone,
 * a `reason` (why an authentication failed) and the `cause`. The sentences stand at the doors.
 */
export class RolegateError extends Error {
  override readonly name = 'RolegateError'
  readonly code: ErrorCode
  readonly values: ErrorValues
  readonly reason: string | undefined

  constructor(code: ErrorCode, values: ErrorValues = {}, details: { reason?: string; cause?: unknown } = {}) {
    super(details.reason === undefined ? code : `${code}: ${details.reason}`, { cause: details.cause })
    this.code = code
    this.values = values
    this.reason = details.reason
  }
}

/** A condition that is not met, by its name, and what its sentence needs beside it: all of it is the reason, for log and audit. */
export const unmet = (condition: string, facts: Readonly<Record<string, string>> = {}): RolegateError =>
  new RolegateError(
    'condition_unmet',
    { condition, ...facts },
    { reason: [condition, ...Object.values(facts)].join(':') },
  )

/** Anything thrown, as a RolegateError. A stranger becomes `internal` and keeps its cause for the log. */
export function asRolegateError(thrown: unknown): RolegateError {
  return thrown instanceof RolegateError ? thrown : new RolegateError('internal', {}, { cause: thrown })
}
