import type { ErrorRequestHandler } from 'express'
import type { ErrorCode } from '../domain/errors.ts'
import { answerFor } from './answers.ts'
import { fromExpress, refuse } from './errors.ts'
import { factsOf } from './request-facts.ts'
import type { LogRefusal } from './witness.ts'

/** The exceptions of both APIs, as their service models name them. */
const AMZN_ERROR = {
  invalid_request: 'InvalidRequestException',
  unsupported_grant: 'UnsupportedGrantTypeException',
  invalid_scope: 'InvalidScopeException',
  invalid_client: 'InvalidClientException',
  invalid_grant: 'InvalidGrantException',
  payload_too_large: 'InvalidRequestException',
  unsupported_media_type: 'InvalidRequestException',
  csrf_rejected: 'InvalidRequestException',
  sign_in_required: 'UnauthorizedException',
  sign_in_rejected: 'AccessDeniedException',
  sign_in_expired: 'AccessDeniedException',
  step_up_required: 'ForbiddenException',
  groups_missing: 'ForbiddenException',
  groups_truncated: 'ForbiddenException',
  no_roles: 'ForbiddenException',
  not_entitled: 'ForbiddenException',
  denied_by_rule: 'ForbiddenException',
  condition_unmet: 'ForbiddenException',
  approval_required: 'ForbiddenException',
  role_unknown: 'ResourceNotFoundException',
  role_ambiguous: 'ResourceNotFoundException',
  destination_refused: 'InvalidRequestException',
  aws_refused: 'ForbiddenException',
  aws_unavailable: 'InternalServerException',
  idp_unavailable: 'InternalServerException',
  authorization_pending: 'AuthorizationPendingException',
  slow_down: 'SlowDownException',
  device_code_expired: 'ExpiredTokenException',
  device_denied: 'AccessDeniedException',
  user_code_unknown: 'InvalidRequestException',
  rate_limited: 'TooManyRequestsException',
  audit_unavailable: 'InternalServerException',
  store_unavailable: 'InternalServerException',
  shutting_down: 'InternalServerException',
  config_invalid: 'InternalServerException',
  gateway_unreachable: 'InternalServerException',
  not_found: 'ResourceNotFoundException',
  internal: 'InternalServerException',
} satisfies Record<ErrorCode, string>

/** `UnsupportedGrantTypeException` → `unsupported_grant_type`, the word of RFC 6749 and RFC 8628 for the same. */
const oauthWord = (exception: string): string =>
  exception
    .replace(/Exception$/, '')
    .replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase()

/** Clients tell errors apart by the header alone; the body is for whoever reads it. */
export function makeAmznErrorHandler(logRefusal: LogRefusal): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown)
    const error = fromExpress(thrown)
    const { status, title, why, next: doNext } = answerFor(error)
    logRefusal(error, req, status)
    refuse(res, error, status)
    const exception = AMZN_ERROR[error.code]
    const message = `${title}. ${why} ${doNext} (request ${factsOf(res).requestId})`
    res.set('x-amzn-errortype', exception)
    res.json({ error: oauthWord(exception), error_description: message, message })
  }
}
