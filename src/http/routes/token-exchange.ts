import { Router, urlencoded } from 'express'
import * as z from 'zod'
import { RolegateError } from '../../domain/errors.ts'
import type { ExchangeWorkloadToken } from '../../usecases/workload/exchange-workload-token.ts'
import type { IssueContainerToken } from '../../usecases/workload/issue-container-token.ts'
import { parse } from '../parse.ts'
import { factsOf, type Facts } from '../request-facts.ts'
import type { LogRefusal } from '../witness.ts'
import { requireOwnClient } from '../../usecases/device/clients.ts'
import { EXCHANGE_GRANT } from '../offered-grants.ts'
import { makeOauthErrorHandler, requireForm } from './oauth.ts'

/** RFC 8693 §3. */
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JOB_TOKENS: ReadonlySet<string> = new Set([
  'urn:ietf:params:oauth:token-type:jwt',
  'urn:ietf:params:oauth:token-type:id_token',
])
/** Ours: good at /v1/container-credentials, for one role, and nowhere else. */
const CONTAINER_TOKEN = 'urn:rolegate:params:oauth:token-type:container'

const ExchangeForm = z.object({
  client_id: z.string().max(200).optional(),
  subject_token: z.string().min(1).max(12_000),
  subject_token_type: z.string().max(200),
  requested_token_type: z.string().max(200).optional(),
  scope: z.string().max(200).optional(),
  actor_token: z.string().optional(),
})
type Asked = z.output<typeof ExchangeForm>

/**
 * Token exchange (RFC 8693) at the token endpoint, before its other grants: a job's own token for an access token, and one's
 * own access token for a container's. Each kind of subject token yields one kind of token, and is nothing else's (threats.md F4).
 */
export function tokenExchangeRoutes(deps: {
  exchangeWorkloadToken: ExchangeWorkloadToken
  issueContainerToken: IssueContainerToken
  logRefusal: LogRefusal
}): Router {
  const router = Router({ caseSensitive: true })

  async function forJob(asked: Asked, request: Facts): Promise<object> {
    if ((asked.requested_token_type ?? ACCESS_TOKEN) !== ACCESS_TOKEN)
      throw new RolegateError('invalid_request', { field: 'requested_token_type' })
    if (asked.scope !== undefined && asked.scope !== '') throw new RolegateError('invalid_scope')
    const { accessToken, expiresInSeconds } = await deps.exchangeWorkloadToken({ token: asked.subject_token, request })
    return {
      access_token: accessToken,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
    }
  }

  async function forContainer(asked: Asked, request: Facts): Promise<object> {
    if ((asked.requested_token_type ?? CONTAINER_TOKEN) !== CONTAINER_TOKEN)
      throw new RolegateError('invalid_request', { field: 'requested_token_type' })
    // One account and one role, both by their exact names (threats.md D15, D12).
    const [, wanted] = /^container:([a-z0-9-]{1,63}\/[a-z0-9-]{1,63})$/.exec(asked.scope ?? '') ?? []
    if (wanted === undefined) throw new RolegateError('invalid_scope')
    const { containerToken, role, expiresInSeconds } = await deps.issueContainerToken({
      accessToken: asked.subject_token,
      role: wanted,
      request,
    })
    return {
      access_token: containerToken,
      issued_token_type: CONTAINER_TOKEN,
      // RFC 8693 §2.2.1: it is no access token, and not used as one.
      token_type: 'N_A',
      expires_in: expiresInSeconds,
      scope: `container:${role}`,
    }
  }

  function exchange(asked: Asked, request: Facts): Promise<object> {
    // Nobody acts for somebody else here.
    if (asked.actor_token !== undefined) throw new RolegateError('invalid_request', { field: 'actor_token' })
    if (asked.client_id !== undefined) requireOwnClient(asked.client_id)
    if (JOB_TOKENS.has(asked.subject_token_type)) return forJob(asked, request)
    if (asked.subject_token_type === ACCESS_TOKEN) return forContainer(asked, request)
    throw new RolegateError('invalid_request', { field: 'subject_token_type' })
  }

  router.post(
    '/oauth/token',
    requireForm,
    urlencoded({ extended: false, limit: '16kb', parameterLimit: 20, inflate: false }),
    async (req, res, next) => {
      const body = req.body as { grant_type?: unknown } | undefined
      if (body?.grant_type !== EXCHANGE_GRANT) return next()
      const asked = parse(ExchangeForm, body)
      res.json(await exchange(asked, factsOf(res)).catch(asSubjectToken))
    },
  )

  router.use('/oauth', makeOauthErrorHandler(deps.logRefusal))
  return router
}

/** RFC 8693 §2.2.2: whatever is wrong with the subject token is `invalid_request`; why, log and audit know. */
function asSubjectToken(thrown: unknown): never {
  if (thrown instanceof RolegateError && (thrown.code === 'sign_in_rejected' || thrown.code === 'sign_in_required')) {
    const { reason = thrown.code } = thrown
    if (thrown.values['why'] === undefined)
      throw new RolegateError('invalid_request', { field: 'subject_token' }, { reason, cause: thrown })
  }
  throw thrown
}
