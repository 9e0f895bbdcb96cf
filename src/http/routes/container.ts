import { Router, type ErrorRequestHandler, type Request } from 'express'
import { RolegateError, unmet } from '../../domain/errors.ts'
import { NAME } from '../../domain/name.ts'
import type { TakeContainerCredentials } from '../../usecases/workload/take-container-credentials.ts'
import { answerFor } from '../answers.ts'
import { fromExpress, refuse } from '../errors.ts'
import { factsOf } from '../request-facts.ts'
import type { LogRefusal } from '../witness.ts'

/** What AWS_CONTAINER_CREDENTIALS_FULL_URI names. */
const ROUTE = '/v1/container-credentials/:account/:role'

/**
 * Credentials as AWS's SDKs fetch them in a container. The header is the only proof; requests with anything a browser
 * would send are refused (threats.md D15). No cookie is read, nothing redirects, and errors are in a form that SDKs
 * show.
 */
export function containerRoutes(deps: {
  takeContainerCredentials: TakeContainerCredentials
  logRefusal: LogRefusal
}): Router {
  const router = Router({ caseSensitive: true })

  router.get(ROUTE, async (req, res) => {
    // Express answers HEAD by GET's route, and would lend credentials to nobody.
    if (req.method !== 'GET') throw new RolegateError('not_found')
    requireNoBrowser(req)
    const { account = '', role = '' } = req.params as Record<string, string>
    if (!NAME.test(account) || !NAME.test(role)) throw new RolegateError('role_unknown')
    const { credentials, target } = await deps.takeContainerCredentials({
      proof: proofIn(req.headers.authorization),
      role: `${account}/${role}`,
      request: factsOf(res),
    })
    res.json({
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      // To the second, as AWS writes it: some SDKs read no fractions.
      Expiration: credentials.expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z'),
      AccountId: target.account.id,
    })
  })

  router.use('/v1/container-credentials', makeContainerErrorHandler(deps.logRefusal))
  return router
}

/** threats.md D15, H7: pages and their cookies have no business here. */
function requireNoBrowser({ headers }: Request): void {
  const fromBrowser =
    headers.cookie !== undefined ||
    headers.origin !== undefined ||
    Object.keys(headers).some((name) => name.startsWith('sec-fetch-'))
  if (fromBrowser) throw unmet('sdk_only')
}

/** SDKs send the token as it is; whoever tries it by hand writes `Bearer` before it. */
function proofIn(authorization = ''): string {
  const proof = /^(?:Bearer )?([\w.-]{1,16000})$/i.exec(authorization)?.[1]
  if (proof === undefined) throw new RolegateError('sign_in_required')
  return proof
}

/** Of the sentences for people, those that would send them to a browser. */
const INSTEAD: Partial<Record<RolegateError['code'], string>> = {
  sign_in_required:
    'The token is not good here: it has expired, was made for another role, or the sign-in it was made from has ended.',
  sign_in_rejected: 'The token was not accepted.',
}

/** AWS’s clients disagree on the case of these names; each finds its own. */
function makeContainerErrorHandler(logRefusal: LogRefusal): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown)
    const error = fromExpress(thrown)
    const { status, title, why } = answerFor(error)
    logRefusal(error, req, status)
    refuse(res, error, status)
    const message = `${INSTEAD[error.code] ?? `${title}. ${why}`} (request ${factsOf(res).requestId})`
    res.json({ code: error.code, message, Code: error.code, Message: message })
  }
}
