import type { IncomingMessage, ServerResponse } from 'node:http'
import { attemptIdIn, type SignInAttempt, type TestAttempt } from '../domain/sign-in/attempt.ts'
import { parseReturnTo } from '../domain/sign-in/return-to.ts'
import type { IdentityProvider } from '../usecases/ports/identity-provider.ts'
import type { BeginSignIn } from '../usecases/sign-in/begin-sign-in.ts'
import type { CompleteSignIn } from '../usecases/sign-in/complete-sign-in.ts'
import { cookiesOf, type AttemptCookies } from './attempt-cookies.ts'
import type { FirstSession, SessionCookie } from './browser-session.ts'
import { singleParameters } from './callback-answer.ts'
import type { HotVisit } from './hot-door.ts'
import type { Facts } from './request-facts.ts'
import { comesAsPage, isFromOtherSite } from './trip-start.ts'

const START = /^\/sign-in\/([a-z0-9-]+)(?:\?|$)/
const CALLBACK = /^\/oidc\/([a-z0-9-]+)\/callback(?:\?|$)/

/**
 * The trip to an OIDC IdP and back for a browser with no session, which is the usual case on Monday morning. Anything
 * else goes to Express (routes/sign-in.ts): a link from another site, an existing session, an operator's test.
 */
export function makeHotTrip(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  beginSignIn: BeginSignIn
  completeSignIn: CompleteSignIn
  attempts: AttemptCookies<SignInAttempt>
  testAttempts: Pick<AttemptCookies<TestAttempt>, 'holdsAny'>
  startFirstSession: () => FirstSession
  cookie: SessionCookie
}): (req: IncomingMessage) => HotVisit | undefined {
  const { attempts } = deps

  async function start(req: IncomingMessage, res: ServerResponse, facts: Facts, idp: string): Promise<string> {
    const returnTo = parseReturnTo(singleParameters(req.url ?? '')?.get('returnTo'))
    const { move, attempt } = await deps.beginSignIn(idp, returnTo, facts)
    if (!('url' in move)) throw new Error('an OIDC IdP sends by redirect')
    attempts.keep(req, res, attempt)
    return move.url
  }

  async function callback(req: IncomingMessage, res: ServerResponse, facts: Facts, idp: string): Promise<string> {
    const parameters = singleParameters(req.url ?? '')
    const attemptId = attemptIdIn(parameters?.get('state'))
    const attempt = attemptId === undefined ? undefined : attempts.take(req, res, attemptId)
    const first = deps.startFirstSession()
    const { session, returnTo } = await deps.completeSignIn({
      idp,
      // security.md O-15: a doubled parameter is an answer to no question of ours.
      attempt: parameters === undefined ? undefined : attempt,
      answer: { parameters: parameters ?? new Map() },
      request: facts,
      startSession: () => Promise.resolve(first.id),
    })
    await first.keep(res, session)
    return returnTo
  }

  const isOidc = (idp: string): boolean => {
    const provider = deps.providers.get(idp)
    return provider !== undefined && provider.saml === undefined
  }

  return (req) => {
    const { url = '' } = req
    const [, toIdp] = START.exec(url) ?? []
    if (toIdp !== undefined) {
      const isPlain = isOidc(toIdp) && comesAsPage(req) && !isFromOtherSite(req)
      return isPlain
        ? { route: '/sign-in/:idp', answer: async (res, facts) => start(req, res, facts, toIdp) }
        : undefined
    }
    const [, fromIdp] = CALLBACK.exec(url) ?? []
    if (fromIdp === undefined || !isOidc(fromIdp) || !comesAsPage(req)) return undefined
    if (cookiesOf(req).has(deps.cookie.name) || deps.testAttempts.holdsAny(req)) return undefined
    return { route: '/oidc/:idp/callback', answer: async (res, facts) => callback(req, res, facts, fromIdp) }
  }
}
