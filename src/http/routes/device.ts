import { Router, type Response } from 'express'
import * as z from 'zod'
import type { NameNetwork } from '../../domain/device/network.ts'
import { showUserCode } from '../../domain/device/user-code.ts'
import { asRolegateError } from '../../domain/errors.ts'
import { endWithin, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { DecideDeviceLogin } from '../../usecases/device/decide-device-login.ts'
import type { ShowDeviceLogin } from '../../usecases/device/show-device-login.ts'
import type { LoginWay } from '../../usecases/device/start-terminal-session.ts'
import type { ListRoles } from '../../usecases/entitlement/list-roles.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import { show, type Pages } from '../pages.ts'
import { parse } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import { givenTo } from '../terminal-card.ts'

const Form = z.strictObject({
  _csrf: z.string(),
  user_code: z.string().max(40),
  decision: z.enum(['approve', 'deny']).optional(),
  /** Picking the number approves. */
  number: z
    .string()
    .regex(/^\d{2}$/)
    .optional(),
  retyped: z.string().max(40).optional(),
})
type Form = z.output<typeof Form>

/** Where a person lets a terminal in, or not (RFC 8628 §3.3; security.md D-13). The code travels in forms, never in a URL. */
export function deviceRoutes(deps: {
  showDeviceLogin: ShowDeviceLogin
  decideDeviceLogin: DecideDeviceLogin
  listRoles: ListRoles
  nameNetwork: NameNetwork
  mostSeconds: Readonly<Record<LoginWay, number>>
  now: Now
}): Router {
  const router = Router({ caseSensitive: true })

  router.get('/device', (req, res) => {
    sessionOf(req, deps.now)
    show(res, 'device', 'Sign in a terminal', { wrongCode: false })
  })

  router.post('/device', async (req, res) => {
    const session = sessionOf(req, deps.now, { kind: 'approve-terminal' })
    const form = parse(Form, req.body)
    try {
      await answer(form, session, res)
    } catch (thrown) {
      if (asRolegateError(thrown).code !== 'user_code_unknown') throw thrown
      res.status(400)
      show(res, 'device', 'Sign in a terminal', { wrongCode: true })
    }
  })

  async function answer(form: Form, session: GatewaySession, res: Response): Promise<void> {
    const request = factsOf(res)
    const { user_code: typed } = form
    const decision = decisionIn(form)
    if (decision === undefined) return confirm({ session, typed }, res)
    const decided = await deps.decideDeviceLogin({ session, typed, decision, request })
    if (decided.outcome === 'again') {
      res.status(400)
      return confirm({ session, typed, again: decided.because as Again }, res)
    }
    const approved = decided.outcome === 'approved'
    show(res, 'device-done', approved ? 'Terminal signed in' : 'Terminal refused', { approved })
  }

  async function confirm(
    { session, typed, again }: { session: GatewaySession; typed: string; again?: Again },
    res: Response,
  ): Promise<void> {
    const request = factsOf(res)
    const { userCode, login, checks } = await deps.showDeviceLogin({ session, typed, request })
    const now = deps.now()
    const [observedNetwork, ownNetwork] = [deps.nameNetwork(login.address), deps.nameNetwork(request.address)]
    show(res, 'device-confirm', 'Let this terminal in?', {
      userCode: showUserCode(userCode),
      client: login.clientName,
      observedAddress: login.address,
      ...(observedNetwork !== undefined && { observedNetwork }),
      ownAddress: request.address,
      ...(ownNetwork !== undefined && { ownNetwork }),
      startedAt: login.startedAt,
      secondsOld: Math.max(0, Math.round((now.getTime() - login.startedAt.getTime()) / 1000)),
      secondsLeft: Math.max(0, Math.round((login.expiresAt.getTime() - now.getTime()) / 1000)),
      claims: login.claims,
      checks,
      ...(again !== undefined && { again }),
      ...(await givenTo(deps.listRoles, session, factsOf(res), 'device')),
      until: endWithin(now, deps.mostSeconds.device, session.endsAt),
    })
  }

  return router
}

type Again = NonNullable<Pages['device-confirm']['again']>

function decisionIn({ decision, number, retyped }: Form): Parameters<DecideDeviceLogin>[0]['decision'] | undefined {
  if (decision === 'deny') return { kind: 'deny' }
  if (decision === undefined && number === undefined) return undefined
  return { kind: 'approve', ...(number !== undefined && { number }), ...(retyped !== undefined && { retyped }) }
}
