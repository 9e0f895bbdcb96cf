import { Router } from 'express'
import { printDuration } from '../../domain/entitlement/duration.ts'
import type { RequireStanding } from '../../usecases/admin/require-standing.ts'
import type { ShowStatus } from '../../usecases/admin/show-status.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import { show } from '../pages.ts'

type Deps = { requireStanding: RequireStanding; showStatus: ShowStatus; now: Now }

/** Pages of operators and auditors, in a browser (threats.md P1). For everybody else there is nothing here. */
export function adminRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.use('/admin', (req, res, next) => {
    res.locals['standing'] = deps.requireStanding(sessionOf(req, deps.now), 'page')
    next()
  })

  router.get('/admin', (_req, res) => {
    res.redirect(303, '/admin/status')
  })

  router.get('/admin/status', (_req, res) => {
    const { lastCredential, ...status } = deps.showStatus()
    show(res, 'admin-status', 'Status', {
      ...status,
      credentialsDeadAfter: printDuration(lastCredential.credentialSeconds),
      ...(lastCredential.elevatedSeconds !== undefined && {
        elevatedDeadAfter: printDuration(lastCredential.elevatedSeconds),
      }),
      consolesDeadAfter: printDuration(lastCredential.consoleSeconds),
      mayTest: res.locals['standing'] === 'operator',
    })
  })

  return router
}
