import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { asRolegateError, RolegateError } from '../domain/errors.ts'
import { GROUPS_CHANGED, GROUPS_UNREAD } from '../domain/sign-in/groups-again.ts'
import { parseReturnTo } from '../domain/sign-in/return-to.ts'
import { answerFor } from './answers.ts'
import { show } from './pages.ts'
import { factsOf } from './request-facts.ts'
import { isForPrograms } from './security-headers.ts'
import type { LogRefusal } from './witness.ts'

/** Express's own complaints (bad JSON, body too large) in our codes; everything else as it is. */
export function fromExpress(thrown: unknown): RolegateError {
  const { type, status } = (thrown ?? {}) as { type?: unknown; status?: unknown }
  if (thrown instanceof RolegateError) return thrown
  if (type === 'entity.too.large' || type === 'parameters.too.many') return new RolegateError('payload_too_large')
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new RolegateError('unsupported_media_type')
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new RolegateError('invalid_request', {}, { cause: thrown })
  return asRolegateError(thrown)
}

/** Headers every refusal carries, at every door. */
export function refuse(res: Response, error: RolegateError, status: number): void {
  res.status(status).set('cache-control', 'no-store')
  const { retryAfterSeconds } = error.values
  if (status === 503 || status === 429) res.set('retry-after', String(retryAfterSeconds ?? 5))
}

/** The last in line for pages and programs: HTML for people, problem+json (RFC 9457) for everybody else. */
export function makeErrorHandler({
  logRefusal,
  publicUrl,
}: {
  logRefusal: LogRefusal
  publicUrl: string
}): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown)
    const error = fromExpress(thrown)
    const { status, title, why, next: doNext, who } = answerFor(error)
    logRefusal(error, req, status)
    // JSON comes first: a client that accepts anything (curl, an SDK) is a program, not a person.
    const forPeople = !isForPrograms(res) && req.accepts(['json', 'html']) === 'html'
    const toPage = forPeople || (req.method === 'GET' && !isForPrograms(res))
    if (toPage && error.code === 'sign_in_required' && error.values['why'] === undefined) {
      // An empty fragment, or the browser would carry the page's own along: a user code stands in it (threats.md D5).
      res.redirect(303, `/sign-in?returnTo=${encodeURIComponent(parseReturnTo(pageOf(req)))}#-`)
      return
    }
    refuse(res, error, status)
    const { requestId } = factsOf(res)
    if (forPeople) {
      show(res, 'error', title, {
        happened: title,
        why,
        next: doNext,
        who,
        code: error.code,
        time: new Date(factsOf(res).at),
        action: wayOn(error, req),
      })
      return
    }
    if (status === 401) res.set('www-authenticate', 'Bearer')
    res.type('application/problem+json').send(
      JSON.stringify({
        type: 'about:blank',
        title,
        status,
        detail: why,
        next: doNext,
        code: error.code,
        requestId,
        ...confirmIn(error, publicUrl),
        ...pendingIn(error),
      }),
    )
  }
}

/** Where the terminal's person confirms, for how long they can, and how often to poll. The address grants nothing. */
function confirmIn({ values }: RolegateError, publicUrl: string): object {
  const { confirm: id, expiresInSeconds: expiresIn, intervalSeconds: interval } = values
  return id === undefined ? {} : { confirm: { id, url: `${publicUrl}/step-up/${String(id)}`, expiresIn, interval } }
}

/** Their request that waits for an answer, by its id. */
const pendingIn = ({ values: { pending } }: RolegateError): object => (pending === undefined ? {} : { pending })

/** The page a person was on: a form's own page for a POST. */
const pageOf = (req: Request): string =>
  req.method === 'GET' ? req.originalUrl : req.path.replace(/\/(console|credentials)$/, '')

function wayOn({ code, values }: RolegateError, req: Request): { label: string; href: string } {
  const { role, why, handOver, approval, by, pending } = values
  if (code === 'step_up_required' && typeof approval === 'string')
    return { label: 'To the request', href: `/approvals/${approval}` }
  if (typeof pending === 'string') return { label: 'Your request', href: `/approvals/${pending}` }
  if (code === 'approval_required' && typeof role === 'string')
    return { label: 'To the role’s page', href: `/roles/${role}` }
  if (code === 'step_up_required' && typeof role === 'string')
    return handOver === undefined
      ? { label: 'To the role’s page', href: `/roles/${role}` }
      : { label: 'Sign in afresh', href: `/roles/${role}/step-up?for=${String(handOver)}` }
  if (code === 'sign_in_required' && (why === 'old_claims' || why === 'old_groups' || why === GROUPS_CHANGED))
    return { label: 'Sign in again', href: `/sign-in?returnTo=${encodeURIComponent(parseReturnTo(pageOf(req)))}` }
  if ((code === 'not_entitled' || code === 'denied_by_rule') && typeof role === 'string' && by !== 'link')
    return { label: 'Why not?', href: `/roles/${role}/why` }
  return code.startsWith('sign_in') ||
    code === 'groups_missing' ||
    code === 'groups_truncated' ||
    (code === 'idp_unavailable' && why !== GROUPS_UNREAD)
    ? { label: 'Sign in again', href: '/sign-in' }
    : { label: 'Go to the portal', href: '/' }
}

/** What no route took. */
export const nothingHere: RequestHandler = () => {
  throw new RolegateError('not_found')
}
