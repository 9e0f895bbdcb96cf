import { Router, type Request, type RequestHandler } from 'express'
import { RolegateError } from '../../domain/errors.ts'
import { attemptIdIn, type SignInAttempt } from '../../domain/sign-in/attempt.ts'
import { HOME, parseReturnTo } from '../../domain/sign-in/return-to.ts'
import type { Digest, Now } from '../../usecases/ports.ts'
import type { IdentityProvider } from '../../usecases/ports/identity-provider.ts'
import type { BeginSignIn } from '../../usecases/sign-in/begin-sign-in.ts'
import type { CompleteSignIn } from '../../usecases/sign-in/complete-sign-in.ts'
import type { EndSession } from '../../usecases/sign-in/end-session.ts'
import { cookiesOf, type AttemptCookies } from '../attempt-cookies.ts'
import { singleParameters } from '../callback-answer.ts'
import { sessionOf, type SessionCookie } from '../browser-session.ts'
import { requireSameOrigin } from '../csrf.ts'
import { finishTrip } from '../finish-trip.ts'
import { failAsAtHotDoor } from '../hot-door.ts'
import type { AnswerIdpTest } from '../idp-test.ts'
import type { MoveBrowser } from '../move-browser.ts'
import { show } from '../pages.ts'
import { factsOf } from '../request-facts.ts'
import { isFromOtherSite, onlyAsPage } from '../trip-start.ts'
import type { SealedCookie } from '../sealed-cookie.ts'
import { takeCookieAway } from '../set-cookie.ts'

type Deps = {
  providers: ReadonlyMap<string, IdentityProvider>
  beginSignIn: BeginSignIn
  completeSignIn: CompleteSignIn
  endSession: EndSession
  attempts: AttemptCookies<SignInAttempt>
  answerIdpTest: AnswerIdpTest
  /** The IdP's own sign-out, for the page after ours. */
  idpSignOut: SealedCookie
  moveBrowser: MoveBrowser
  digest: Digest
  cookie: SessionCookie
  publicHost: string
  /** Whether an emergency deny keeps everybody of an IdP out (threats.md R8). */
  isClosed: (idp: string) => boolean
  now: Now
}

/** Where browsers sign in and out. */
export function signInRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.get('/sign-in', (req, res) => {
    const returnTo = parseReturnTo(req.query['returnTo'])
    // security.md W-9: a cookie that opens nothing is taken away here.
    if (cookiesOf(req).has(deps.cookie.name) && req.session.signedIn === undefined) {
      takeCookieAway(res, deps.cookie.name, deps.cookie.attributes)
    }
    const [only, ...others] = deps.providers.values()
    const href = (id: string) => `/sign-in/${id}${returnTo === HOME ? '' : `?returnTo=${encodeURIComponent(returnTo)}`}`
    const isOnly = only !== undefined && others.length === 0
    if (isOnly && only.isReady() && !deps.isClosed(only.id) && req.query['choose'] === undefined) {
      res.redirect(303, href(only.id))
      return
    }
    show(res, 'sign-in', 'Sign in', {
      host: deps.publicHost,
      idps: [...deps.providers.values()].map((provider) => ({
        label: provider.label,
        href: href(provider.id),
        ready: provider.isReady(),
        closed: deps.isClosed(provider.id),
      })),
      ...(returnTo !== HOME && { goingTo: returnTo }),
    })
  })

  router.get('/signed-out', (req, res) => {
    const provider = typeof req.query['idp'] === 'string' ? deps.providers.get(req.query['idp']) : undefined
    const href = deps.idpSignOut.take(req, res) ?? provider?.signOutUrl()
    show(
      res,
      'signed-out',
      'Signed out',
      provider !== undefined && href !== undefined ? { idp: { label: provider.label, href } } : {},
    )
  })

  return router
}

/**
 * Signing out. Mounted before the CSRF check, since a session that is gone already has no token to show: somebody who
 * presses the button in a second tab must not be sent to sign in again.
 */
export function signOutRoutes(deps: Deps & { requireCsrf: RequestHandler; origin: string }): Router {
  const router = Router({ caseSensitive: true })

  const onlyFromHere: RequestHandler = (req, res, next) => {
    requireSameOrigin(req, deps.origin)
    if (req.session.signedIn !== undefined) return void deps.requireCsrf(req, res, next)
    takeCookieAway(res, deps.cookie.name, deps.cookie.attributes)
    res.redirect(303, '/signed-out')
  }

  router.post('/sign-out', onlyFromHere, async (req, res) => {
    const session = sessionOf(req, deps.now)
    await deps.endSession(session, factsOf(res))
    const { principal, idpSession } = session
    const provider = deps.providers.get(principal.idp)
    const move = idpSession === undefined ? undefined : await provider?.saml?.logoutMove(idpSession)
    if (move !== undefined && 'url' in move) deps.idpSignOut.keep(res, move.url)
    await new Promise<void>((resolve, reject) =>
      req.session.destroy((failure) => (failure ? reject(failure) : resolve())),
    )
    takeCookieAway(res, deps.cookie.name, deps.cookie.attributes)
    res.redirect(303, `/signed-out?idp=${encodeURIComponent(principal.idp)}`)
  })

  return router
}

/**
 * The trip to an IdP, and back from an OIDC one. Bound by `state` and its sealed cookie, not by a session. A session is
 * read only if another site starts the trip, and made only if the trip ends well.
 */
export function signInTripRoutes(deps: Deps & { browserSession: RequestHandler }): Router {
  const router = Router({ caseSensitive: true })

  // A SAML answer comes without the session's cookie, so the session is read here and the attempt remembers it.
  const sessionIfNeeded: RequestHandler<{ idp: string }> = (req, res, next) => {
    const needed = isFromOtherSite(req) || deps.providers.get(req.params.idp)?.saml !== undefined
    if (needed) void deps.browserSession(req, res, next)
    else next()
  }

  // A GET, so that no page needs the IdP in its form-action; starting a sign-in changes nothing (security.md W-11).
  router.get<{ idp: string }>('/sign-in/:idp', failAsAtHotDoor, onlyAsPage, sessionIfNeeded, async (req, res) => {
    // Another site must not replace a live session without a click, neither with another person nor with the same one
    // (security.md W-11): the chooser is shown first.
    const former = req.session?.signedIn
    const returnTo = parseReturnTo(req.query['returnTo'])
    if (former !== undefined && isFromOtherSite(req)) {
      res.redirect(303, `/sign-in?choose&returnTo=${encodeURIComponent(returnTo)}`)
      return
    }
    const { move, attempt } = await deps.beginSignIn(req.params.idp, returnTo, factsOf(res), former?.id)
    deps.attempts.keep(req, res, attempt)
    const { label = '' } = deps.providers.get(req.params.idp) ?? {}
    deps.moveBrowser(res, move, { title: 'Signing in', to: label })
  })

  const callback: RequestHandler<{ idp: string }> = async (req, res) => {
    const { idp } = req.params
    // security.md S-38: an assertion in a URL is in logs and histories.
    if (deps.providers.get(idp)?.saml !== undefined) throw new RolegateError('not_found')
    const parameters = singleParameters(req.originalUrl)
    if (await deps.answerIdpTest(req as Request, res, idp, parameters)) return
    const attemptId = attemptIdIn(parameters?.get('state'))
    const attempt = attemptId === undefined ? undefined : deps.attempts.take(req, res, attemptId)
    const former = req.session.signedIn
    const to = await finishTrip(deps, req as Request, res, { idp, attempt, parameters, former })
    res.set('cache-control', 'no-store').redirect(303, to)
  }

  router.get('/oidc/:idp/callback', failAsAtHotDoor, onlyAsPage, deps.browserSession, callback)
  return router
}
