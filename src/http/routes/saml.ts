import { Router, type Request, type RequestHandler } from 'express'
import { RolegateError } from '../../domain/errors.ts'
import { attemptIdIn, type SignInAttempt } from '../../domain/sign-in/attempt.ts'
import type { Digest } from '../../usecases/ports.ts'
import type { IdentityProvider, LogoutMessage } from '../../usecases/ports/identity-provider.ts'
import type { CompleteSignIn } from '../../usecases/sign-in/complete-sign-in.ts'
import type { FindSession } from '../../usecases/sign-in/find-session.ts'
import type { ReceiveLogout } from '../../usecases/sign-in/receive-logout.ts'
import type { AttemptCookies } from '../attempt-cookies.ts'
import { singleFields } from '../callback-answer.ts'
import { finishTrip } from '../finish-trip.ts'
import type { AnswerIdpTest } from '../idp-test.ts'
import type { MoveBrowser } from '../move-browser.ts'
import { factsOf } from '../request-facts.ts'

type Deps = {
  providers: ReadonlyMap<string, IdentityProvider>
  completeSignIn: CompleteSignIn
  receiveLogout: ReceiveLogout
  findSession: FindSession
  attempts: AttemptCookies<SignInAttempt>
  answerIdpTest: AnswerIdpTest
  browserSession: RequestHandler
  moveBrowser: MoveBrowser
  samlForm: RequestHandler
  digest: Digest
}

/** Where a SAML IdP's answers and requests arrive: bound by the attempt's cookie or by a signature, never by a session. */
export function samlRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })
  // Before a large body is waited for (security.md V-4).
  const onlyOfSaml: RequestHandler = (req, _res, next) => {
    providerOf(req)
    next()
  }
  const form = [onlyOfSaml, deps.samlForm]

  router.get('/saml/:idp/metadata', async (req, res) => {
    const { saml } = providerOf(req)
    res.type('application/samlmetadata+xml').send(await saml.metadata())
  })

  router.post('/saml/:idp/acs', ...form, deps.browserSession, async (req, res) => {
    const { id: idp, restartsUnasked } = providerOf(req)
    const parameters = singleFields(req.body)
    if (await deps.answerIdpTest(req, res, idp, parameters)) return
    const attemptId = attemptIdIn(parameters?.get('RelayState'))
    if (attemptId === undefined && restartsUnasked === true && !deps.attempts.holdsAny(req)) {
      // security.md S-25: nothing of it is believed; the IdP is asked anew, for this browser. Not while it is away already:
      // an IdP that drops RelayState would send it round in circles.
      res.redirect(303, `/sign-in/${encodeURIComponent(idp)}`)
      return
    }
    const attempt = attemptId === undefined ? undefined : deps.attempts.take(req, res, attemptId)
    // Browsers do not send the session's cookie with a POST from another site; the attempt's cookie says whose browser
    // it is.
    const former =
      req.session.signedIn ?? (attempt?.formerId === undefined ? undefined : await deps.findSession(attempt.formerId))
    res.redirect(303, await finishTrip(deps, req, res, { idp, attempt, parameters, former }))
  })

  const logout: RequestHandler = async (req, res) => {
    const { id, label } = providerOf(req)
    const move = await deps.receiveLogout(id, logoutMessageIn(req), factsOf(res))
    deps.moveBrowser(res, move ?? { url: '/signed-out' }, { title: 'Signing out', to: label })
  }
  // Express answers HEAD as GET: nobody is signed out by what only looks (RFC 9110 §9.2.1). IdPs do it in frames.
  router.head('/saml/:idp/slo', () => {
    throw new RolegateError('not_found')
  })
  router.get('/saml/:idp/slo', logout)
  router.post('/saml/:idp/slo', ...form, logout)

  function providerOf(req: Request) {
    const provider = deps.providers.get(String(req.params['idp']))
    if (provider?.saml === undefined) throw new RolegateError('not_found', { what: 'identity provider' })
    return { ...provider, saml: provider.saml }
  }

  return router
}

function logoutMessageIn(req: Request): LogoutMessage {
  if (req.method === 'POST') {
    const fields = singleFields(req.body)
    if (fields === undefined) throw new RolegateError('invalid_request', { field: 'the body' })
    return { binding: 'post', fields }
  }
  const at = req.originalUrl.indexOf('?')
  return { binding: 'redirect', query: at < 0 ? '' : req.originalUrl.slice(at + 1) }
}
