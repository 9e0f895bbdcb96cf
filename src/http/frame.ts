import type { RequestHandler } from 'express'
import { takesApprovals } from '../domain/request/approver.ts'
import type { Principal } from '../domain/sign-in/principal.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { CurrentRules } from '../usecases/ports.ts'
import type { IdentityProvider } from '../usecases/ports/identity-provider.ts'
import type { Frame } from './pages.ts'
import { factsOf } from './request-facts.ts'

/** What stands around every page; who is signed in is asked when the page is rendered. */
export function makeFrame(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  stories: { isStaff: (principal: Principal) => boolean; rules: CurrentRules }
  version: string
  demo: boolean
  lastGoodSince: () => Date | undefined
  csrfToken: (id: string) => string
}): RequestHandler {
  return (req, res, next) => {
    Object.defineProperty(res.locals, 'frame', {
      configurable: true,
      // Express copies what it can enumerate for each page, and would have it made twice.
      enumerable: false,
      get(): Omit<Frame, 'title'> {
        // A route that reads no session's cookie may have found who it is by other means.
        const signedIn = (res.locals['session'] as GatewaySession | undefined) ?? req.session?.signedIn
        return {
          demo: deps.demo,
          lastGoodSince: deps.lastGoodSince(),
          version: deps.version,
          requestId: factsOf(res).requestId,
          ...(signedIn !== undefined && {
            person: {
              username: signedIn.principal.username,
              idpLabel: deps.providers.get(signedIn.principal.idp)?.label ?? signedIn.principal.idp,
              endsAt: signedIn.endsAt,
              csrf: deps.csrfToken(signedIn.id),
              isStaff: deps.stories.isStaff(signedIn.principal),
              hasApprovals: takesApprovals(deps.stories.rules()),
            },
          }),
        }
      },
    })
    next()
  }
}
