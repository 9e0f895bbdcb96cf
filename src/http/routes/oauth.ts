import { Router, urlencoded, type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
import * as z from 'zod'
import { RolegateError, type ErrorCode } from '../../domain/errors.ts'
import { requireOwnClient } from '../../usecases/device/clients.ts'
import type { RevokeToken } from '../../usecases/device/revoke-token.ts'
import type { LoginWay } from '../../usecases/device/start-terminal-session.ts'
import { answerFor } from '../answers.ts'
import { refusePages } from '../csrf.ts'
import { fromExpress, refuse } from '../errors.ts'
import { failAsAtHotDoor } from '../hot-door.ts'
import type { OauthAnswers } from '../oauth-answers.ts'
import { offeredGrants } from '../offered-grants.ts'
import { parse } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import type { LogRefusal } from '../witness.ts'

const RevokeForm = z.object({ client_id: z.string(), token: z.string().max(200) })

/** RFC 8628, RFC 6749 §6, RFC 7009 and RFC 8414, as far as terminals need them. Reads no cookie. */
export function oauthRoutes(deps: {
  oauthAnswers: OauthAnswers
  revokeToken: RevokeToken
  publicUrl: string
  /** The ways that somebody here may sign a terminal in. */
  offeredWays: ReadonlySet<LoginWay>
  logRefusal: LogRefusal
}): Router {
  const router = Router({ caseSensitive: true })
  const offers = (way: LoginWay) => deps.offeredWays.has(way)
  const form: RequestHandler[] = [
    requireForm,
    urlencoded({ extended: false, limit: '8kb', parameterLimit: 20, inflate: false }),
  ]

  router.get('/.well-known/oauth-authorization-server', (_req, res) => {
    const endpoint = (name: string) => `${deps.publicUrl}/oauth/${name}`
    res.set({ 'cache-control': 'public, max-age=300', 'x-content-type-options': 'nosniff' }).json({
      issuer: deps.publicUrl,
      ...(offers('pkce') && { authorization_endpoint: endpoint('authorize') }),
      ...(offers('device') && { device_authorization_endpoint: endpoint('device_authorization') }),
      token_endpoint: endpoint('token'),
      revocation_endpoint: endpoint('revoke'),
      grant_types_supported: offeredGrants(deps.offeredWays),
      response_types_supported: offers('pkce') ? ['code'] : [],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
    })
  })

  router.use(['/oauth/device_authorization', '/oauth/token', '/oauth/revoke'], refusePages)

  router.post('/oauth/device_authorization', failAsAtHotDoor, ...form, async (req, res) => {
    res.json(await deps.oauthAnswers.deviceAuthorization(req.body, factsOf(res)))
  })

  router.post('/oauth/token', failAsAtHotDoor, ...form, async (req, res) => {
    res.json(await deps.oauthAnswers.token(req.body, factsOf(res)))
  })

  router.post('/oauth/revoke', ...form, async (req, res) => {
    const { client_id: clientId, token } = parse(RevokeForm, req.body)
    requireOwnClient(clientId)
    await deps.revokeToken(token, factsOf(res))
    res.json({})
  })

  router.use('/oauth', makeOauthErrorHandler(deps.logRefusal))
  return router
}

export const requireForm: RequestHandler = (req: Request, _res, next) => {
  if (!req.is('application/x-www-form-urlencoded')) throw new RolegateError('unsupported_media_type')
  next()
}

/** RFC 6749 §5.2 and RFC 8628 §3.5, by our codes. */
const OAUTH_ERROR = {
  invalid_request: 'invalid_request',
  unsupported_grant: 'unsupported_grant_type',
  invalid_scope: 'invalid_scope',
  invalid_client: 'invalid_client',
  invalid_grant: 'invalid_grant',
  payload_too_large: 'invalid_request',
  unsupported_media_type: 'invalid_request',
  csrf_rejected: 'invalid_request',
  sign_in_required: 'invalid_token',
  sign_in_rejected: 'access_denied',
  sign_in_expired: 'access_denied',
  step_up_required: 'access_denied',
  groups_missing: 'access_denied',
  groups_truncated: 'access_denied',
  no_roles: 'access_denied',
  not_entitled: 'access_denied',
  denied_by_rule: 'access_denied',
  condition_unmet: 'access_denied',
  approval_required: 'access_denied',
  role_unknown: 'invalid_request',
  role_ambiguous: 'invalid_request',
  destination_refused: 'invalid_request',
  aws_refused: 'access_denied',
  aws_unavailable: 'temporarily_unavailable',
  idp_unavailable: 'temporarily_unavailable',
  authorization_pending: 'authorization_pending',
  slow_down: 'slow_down',
  device_code_expired: 'expired_token',
  device_denied: 'access_denied',
  user_code_unknown: 'invalid_request',
  rate_limited: 'slow_down',
  audit_unavailable: 'temporarily_unavailable',
  store_unavailable: 'temporarily_unavailable',
  shutting_down: 'temporarily_unavailable',
  config_invalid: 'server_error',
  gateway_unreachable: 'temporarily_unavailable',
  not_found: 'invalid_request',
  internal: 'server_error',
} satisfies Record<ErrorCode, string>

export function makeOauthErrorHandler(logRefusal: LogRefusal): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown)
    const error = fromExpress(thrown)
    const { status } = answerFor(error)
    logRefusal(error, req, status)
    refuse(res, error, status)
    res.json(oauthError(error))
  }
}

/** RFC 6749 §5.2. */
export function oauthError(error: RolegateError): object {
  const { title, why } = answerFor(error)
  return { error: OAUTH_ERROR[error.code], error_description: `${title}. ${why}` }
}
