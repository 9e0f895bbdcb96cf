import { Router } from 'express'
import { RolegateError } from '../../domain/errors.ts'
import type { TestAttempt } from '../../domain/sign-in/attempt.ts'
import type { TestIdp } from '../../usecases/admin/test-idp.ts'
import type { Now } from '../../usecases/ports.ts'
import type { IdentityProvider } from '../../usecases/ports/identity-provider.ts'
import type { AttemptCookies } from '../attempt-cookies.ts'
import { sessionOf } from '../browser-session.ts'
import type { MoveBrowser } from '../move-browser.ts'
import { show } from '../pages.ts'
import { factsOf } from '../request-facts.ts'
import { requireAsPage } from '../trip-start.ts'

type Deps = {
  testIdp: TestIdp
  testAttempts: AttemptCookies<TestAttempt>
  providers: ReadonlyMap<string, IdentityProvider>
  moveBrowser: MoveBrowser
  now: Now
}

/**
 * Where operators start a test of an IdP. A GET, since it changes nothing, and so that no page needs the IdP in its
 * form-action.
 */
export function adminIdpTestRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.get('/admin/idps/:idp/test', (req, res) => {
    deps.testIdp.requireOperator(sessionOf(req, deps.now))
    const { id, label } = providerOf(req.params.idp)
    show(res, 'admin-idp-test', `Test ${label}`, { idp: id, label })
  })

  router.get('/admin/idps/:idp/test/start', async (req, res) => {
    requireAsPage(req)
    const session = sessionOf(req, deps.now)
    const { id, label } = providerOf(req.params.idp)
    // Another site sends nobody on a trip of ours: they see the page first.
    if ((req.get('sec-fetch-site') ?? 'same-origin') !== 'same-origin') {
      deps.testIdp.requireOperator(session)
      res.redirect(303, `/admin/idps/${id}/test`)
      return
    }
    const { move, attempt } = await deps.testIdp.begin(session, id, factsOf(res).address)
    deps.testAttempts.keep(req, res, attempt)
    deps.moveBrowser(res, move, { title: 'Testing a sign-in', to: label })
  })

  function providerOf(id: string): IdentityProvider {
    const provider = deps.providers.get(id)
    if (provider === undefined) throw new RolegateError('not_found')
    return provider
  }

  return router
}
