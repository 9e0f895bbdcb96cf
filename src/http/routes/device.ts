import { Router } from 'express'
import { z } from 'zod'
import { networkOf } from '../../domain/device/network.ts'
import { showUserCode } from '../../domain/device/user-code.ts'
import { asRolegateError } from '../../domain/errors.ts'
import { endWithin } from '../../domain/sign-in/session.ts'
import type { DecideDeviceLogin } from '../../usecases/device/decide-device-login.ts'
import type { FindDeviceLogin, FoundDeviceLogin } from '../../usecases/device/find-device-login.ts'
import type { ListRoles } from '../../usecases/entitlement/list-roles.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import { show, type Pages } from '../pages.ts'
import { parse } from '../parse.ts'
import { factsOf } from '../request-facts.ts'

const Form = z.strictObject({
  _csrf: z.string(),
  user_code: z.string().max(40),
  decision: z.enum(['approve', 'deny']).optional(),
})

/** Where a person lets a terminal in, or not (RFC 8628 §3.3; security.md D-13). The code travels in forms, never in a URL. */
export function deviceRoutes(deps: {
  findDeviceLogin: FindDeviceLogin
  decideDeviceLogin: DecideDeviceLogin
  listRoles: ListRoles
  terminalSeconds: number
  now: Now
}): Router {
  const router = Router({ caseSensitive: true })

  router.get('/device', (req, res) => {
    sessionOf(req, deps.now)
    show(res, 'device', 'Sign in a terminal', { wrongCode: false })
  })

  router.post('/device', async (req, res) => {
    const session = sessionOf(req, deps.now, { kind: 'approve-terminal' })
    const { user_code: typed, decision } = parse(Form, req.body)
    const request = factsOf(res)
    try {
      if (decision === undefined) {
        const found = await deps.findDeviceLogin({ session, typed, request })
        show(res, 'device-confirm', 'Let this terminal in?', confirmModel(found))
        return
      }
      await deps.decideDeviceLogin({ session, typed, decision, request })
      show(res, 'device-done', decision === 'approve' ? 'Terminal signed in' : 'Terminal refused', {
        approved: decision === 'approve',
      })
    } catch (thrown) {
      if (asRolegateError(thrown).code !== 'user_code_unknown') throw thrown
      res.status(400)
      show(res, 'device', 'Sign in a terminal', { wrongCode: true })
    }

    function confirmModel({ userCode, login }: FoundDeviceLogin): Pages['device-confirm'] {
      const now = deps.now()
      const roles = deps.listRoles(session).map(({ entitlement }) => entitlement.target)
      const given = roles.filter(({ kind }) => !kind.elevated)
      return {
        userCode: showUserCode(userCode),
        client: login.clientId,
        observedAddress: login.address,
        sameNetwork: networkOf(login.address) === networkOf(request.address),
        startedAt: login.startedAt,
        secondsOld: Math.max(0, Math.round((now.getTime() - login.startedAt.getTime()) / 1000)),
        claims: login.claims,
        roleCount: given.length,
        accountCount: new Set(given.map(({ account }) => account.id)).size,
        elevatedCount: roles.length - given.length,
        until: endWithin(now, deps.terminalSeconds, session.endsAt),
      }
    }
  })

  return router
}
