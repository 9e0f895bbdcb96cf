import { Router } from 'express'
import * as z from 'zod'
import { nearsLimit } from '../../domain/sign-in/group-limit.ts'
import type { Now } from '../../usecases/ports.ts'
import type { MySessions } from '../../usecases/sign-in/my-sessions.ts'
import { sessionOf } from '../browser-session.ts'
import { show } from '../pages.ts'
import { parse } from '../parse.ts'
import { factsOf } from '../request-facts.ts'

const Form = z.strictObject({ _csrf: z.string(), id: z.string().max(200) })

/** Where I am signed in, and a way to end each (threats.md D3). */
export function meRoutes(deps: { mySessions: MySessions; now: Now }): Router {
  const router = Router({ caseSensitive: true })

  router.get('/me', async (req, res) => {
    const current = sessionOf(req, deps.now)
    const { groups } = current.principal
    const held = await deps.mySessions.list(current)
    show(res, 'me', 'Your sessions', {
      terminals: held
        .filter(({ id }) => id !== current.id)
        .map(({ id, via, terminal, lastSeenAt, endsAt }) => ({
          id,
          byCode: via === 'device',
          ...(terminal !== undefined && { terminal }),
          since: lastSeenAt,
          until: endsAt,
        })),
      until: current.endsAt,
      groups: groups.names.length,
      ...(groups.most !== undefined && nearsLimit(groups) && { mostGroups: groups.most }),
    })
  })

  router.post('/me/end', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const { id } = parse(Form, req.body)
    await deps.mySessions.end(session, id, factsOf(res))
    res.redirect(303, '/me')
  })

  return router
}
