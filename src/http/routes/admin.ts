import { Router } from 'express'
import { printDuration } from '../../domain/entitlement/duration.ts'
import type { RequireStanding } from '../../usecases/admin/require-standing.ts'
import { LATELY_DAYS } from '../../usecases/admin/count-groups.ts'
import type { ShowStatus, Status } from '../../usecases/admin/show-status.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import type { GroupName } from '../group-names.ts'
import { show } from '../pages.ts'

type Deps = { requireStanding: RequireStanding; showStatus: ShowStatus; groupName: GroupName; now: Now }

/** Pages of operators and auditors, in a browser (threats.md P1). For everybody else there is nothing here. */
export function adminRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  /** By the names people call them, with the rule that waits for them. */
  const unseenOf = ({ id, groups }: Status['idps'][number]) =>
    (groups?.unseen ?? []).map(({ group, rule }) => ({ group, rule, name: deps.groupName(id, group) ?? '' }))

  router.use('/admin', (req, res, next) => {
    res.locals['standing'] = deps.requireStanding(sessionOf(req, deps.now), 'page')
    next()
  })

  router.get('/admin', (_req, res) => {
    res.redirect(303, '/admin/status')
  })

  router.get('/admin/status', async (_req, res) => {
    const { lastCredential, idps, ...status } = await deps.showStatus()
    show(res, 'admin-status', 'Status', {
      ...status,
      latelyDays: LATELY_DAYS,
      unseenDenies: status.unseenDenies.map(({ idp, group, rule, days }) => ({
        group,
        rule,
        days,
        name: (idp === undefined ? undefined : deps.groupName(idp, group)) ?? '',
      })),
      idps: idps.map((idp) => ({
        ...idp,
        ...(idp.recheck !== undefined && { recheckedEvery: printDuration(idp.recheck.everySeconds) }),
        unseen: unseenOf(idp),
      })),
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
