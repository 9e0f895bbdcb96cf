import type { ErrorCode } from '../domain/errors.ts'
import type { ChildEnd } from './world.ts'

/** One row for each ErrorCode: leave one out and this file does not compile. */
export const EXIT = {
  invalid_request: 2,
  unsupported_grant: 2,
  invalid_scope: 2,
  invalid_client: 1,
  invalid_grant: 4,
  payload_too_large: 1,
  unsupported_media_type: 1,
  csrf_rejected: 1,
  sign_in_required: 4,
  sign_in_rejected: 4,
  sign_in_expired: 4,
  step_up_required: 4,
  groups_missing: 5,
  groups_truncated: 5,
  no_roles: 5,
  not_entitled: 5,
  denied_by_rule: 5,
  condition_unmet: 5,
  approval_required: 7,
  role_unknown: 6,
  role_ambiguous: 6,
  destination_refused: 2,
  aws_refused: 8,
  aws_unavailable: 8,
  idp_unavailable: 1,
  authorization_pending: 4,
  slow_down: 4,
  device_code_expired: 4,
  device_denied: 4,
  user_code_unknown: 1,
  rate_limited: 1,
  audit_unavailable: 1,
  store_unavailable: 1,
  shutting_down: 1,
  config_invalid: 3,
  gateway_unreachable: 9,
  not_found: 1,
  internal: 1,
} satisfies Record<ErrorCode, number>

export const INTERRUPTED = 130

type NotStarted = Extract<ChildEnd, { started: false }>['because']

/** What `exec` answers when its command never ran: the shells' own numbers. */
export const NOT_STARTED = { other: 125, not_executable: 126, not_found: 127 } satisfies Record<NotStarted, number>

/** Every exit code and its meaning, as `rolegate help exit-codes` and docs/reference/cli.md give them. */
export const EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [0, 'ok'],
  [1, 'any other failure'],
  [2, 'usage'],
  [3, 'local or server configuration'],
  [4, 'sign-in needed'],
  [5, 'not allowed'],
  [6, 'role unknown or ambiguous'],
  [7, 'approval needed or pending'],
  [8, 'AWS refused'],
  [9, 'gateway unreachable, TLS'],
  [125, '`exec` could not start the command'],
  [126, '`exec` found the command, but it is not executable'],
  [127, '`exec` did not find the command'],
  [130, 'interrupted'],
])
