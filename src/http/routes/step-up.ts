import { Router, type Request, type Response } from 'express'
import * as z from 'zod'
import { isSameNetwork, type NameNetwork } from '../../domain/device/network.ts'
import { sessionNameFor, type Sha256 } from '../../domain/aws/session-name.ts'
import { durationOf, printDuration } from '../../domain/entitlement/duration.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { unmetRefusal } from '../../domain/entitlement/standing.ts'
import { requireVisibleRole } from '../../domain/entitlement/visible-role.ts'
import type { SignInAttempt } from '../../domain/sign-in/attempt.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import { isProvedBy, type HandOverStepUp } from '../../domain/sign-in/step-up.ts'
import type { IssueCredentials } from '../../usecases/hand-over/issue-credentials.ts'
import type { OpenConsole } from '../../usecases/hand-over/open-console.ts'
import type { PrepareConsole } from '../../usecases/hand-over/prepare-console.ts'
import type { CurrentRules, Now } from '../../usecases/ports.ts'
import type { RequestsOf } from '../../usecases/request/requests-of.ts'
import type { BeginStepUp } from '../../usecases/step-up/begin-step-up.ts'
import type { ConfirmStepUp } from '../../usecases/step-up/confirm-step-up.ts'
import type { AttemptCookies } from '../attempt-cookies.ts'
import { sessionOf } from '../browser-session.ts'
import { accountCard, roleCard } from '../cards.ts'
import { sendToConsole, showCredentials } from '../hand-out.ts'
import { heldNow, reasonAskedBy } from '../held-now.ts'
import type { MoveBrowser } from '../move-browser.ts'
import { show, type Pages } from '../pages.ts'
import { parse, ReasonText, SecondsText, TimeZoneText } from '../parse.ts'
import { factsOf, type Facts } from '../request-facts.ts'
import { durationsOf } from '../role-facts.ts'
import { isFromOtherSite, requireAsPage } from '../trip-start.ts'

type Deps = {
  beginStepUp: BeginStepUp
  confirmStepUp: ConfirmStepUp
  issueCredentials: IssueCredentials
  openConsole: OpenConsole
  prepareConsole: PrepareConsole
  rules: CurrentRules
  requestsOf: RequestsOf
  attempts: AttemptCookies<SignInAttempt>
  moveBrowser: MoveBrowser
  nameNetwork: NameNetwork
  /** Whether a terminal elsewhere may be confirmed: `sessions.cli.cross_network`. */
  crossNetwork: 'downgrade' | 'refuse'
  idpLabel: (idp: string) => string
  sha256: Sha256
  now: Now
}

/** It stands in an address and in a sealed cookie: shorter than a page's own. */
const Destination = z.string().max(1800).trim()
const Asked = z.object({ for: z.enum(['console', 'credentials']), destination: Destination.optional() })
const Form = z.strictObject({
  _csrf: z.string(),
  decision: z.literal('deny').optional(),
  seconds: SecondsText.optional(),
  reason: ReasonText.optional(),
  time_zone: TimeZoneText.optional(),
  destination: z.string().max(2000).trim().optional(),
  /** Ticked: the terminal is in another network, and they know. */
  elsewhere: z.literal('yes').optional(),
})

/**
 * Roles that take a fresh sign-in each time (threats.md H8). The trip starts by a link, since a form would have to name every hop
 * in its page's form-action; it hands over nothing, and the form that does comes after it.
 */
export function stepUpRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.get('/roles/:account/:role/step-up', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const role = `${req.params.account}/${req.params.role}`
    const { for: handOver, destination } = parse(Asked, req.query)
    requireAsPage(req)
    // security.md W-11: nobody is sent to their IdP by another site's link.
    if (isFromOtherSite(req)) return res.redirect(303, `/roles/${role}`)
    const purpose = { role, handOver, ...(destination !== undefined && destination !== '' && { destination }) }
    leave(req, res, await deps.beginStepUp.forBrowser({ session, purpose, request: factsOf(res) }))
  })

  router.get('/step-up/:id', async (req, res) => {
    const { session, stepUp } = await found(req)
    if (stepUp.status === 'released' || stepUp.status === 'denied') return showDone(res, stepUp.status)
    if (stepUp.terminal === undefined)
      show(res, 'step-up', `Confirm ${stepUp.purpose.role}`, await ownModel(session, stepUp, factsOf(res)))
    else show(res, 'step-up-terminal', 'Confirm for your terminal', await terminalModel(session, stepUp, res))
  })

  router.get('/step-up/:id/sign-in', async (req, res) => {
    const { session, stepUp } = await found(req)
    requireAsPage(req)
    if (stepUp.terminal === undefined || isFromOtherSite(req)) return res.redirect(303, `/step-up/${stepUp.id}`)
    leave(req, res, await deps.beginStepUp.forTerminal({ session, stepUp, request: factsOf(res) }))
  })

  router.post('/step-up/:id', async (req, res) => {
    const { session, stepUp: asked } = await found(req)
    const { decision, elsewhere, seconds, reason, time_zone: timeZone, destination } = parse(Form, req.body)
    const request = factsOf(res)
    const which = { session, id: asked.id, request }
    if (decision === 'deny') {
      await deps.confirmStepUp.deny(which)
      return showDone(res, 'denied')
    }
    if (asked.terminal !== undefined) {
      await deps.confirmStepUp.release({ ...which, elsewhere: elsewhere === 'yes' })
      return showDone(res, 'released')
    }
    const { role, handOver } = asked.purpose
    // It may have been taken from them since the trip (threats.md P3).
    const target = requireVisibleRole(deps.rules(), session.principal, role)
    // A slip of the pen must not cost them another trip.
    if (handOver === 'console') deps.prepareConsole.destinationIn(target, destination)
    await requireReason(session, target, request, reason)
    const stepUp = await deps.confirmStepUp.use(which)
    const ask = {
      session,
      role,
      request,
      stepUp,
      ...(seconds !== undefined && { seconds }),
      ...(reason !== undefined && { reason }),
      ...(timeZone !== undefined && { timeZone }),
    }
    if (handOver === 'credentials') return showCredentials(res, await deps.issueCredentials(ask))
    const { url } = await deps.openConsole.url({ ...ask, ...(destination !== undefined && { destination }) })
    sendToConsole(res, url)
  })

  /** Refuses a missing reason if the grant in use asks for one; which grant that is may depend on an approval. */
  async function requireReason(
    session: GatewaySession,
    target: RoleTarget,
    from: Facts,
    reason: string | undefined,
  ): Promise<void> {
    const requests = await deps.requestsOf.about(session.principal, target)
    const { unmet } = heldNow(deps.rules(), session, from, target, deps.now(), { reason, requests })
    const lacking = unmet.filter(({ condition }) => condition === 'reason')
    if (lacking.length > 0) throw unmetRefusal('condition_unmet', target.name, lacking)
  }

  async function found(req: Request): Promise<{ session: GatewaySession; stepUp: HandOverStepUp }> {
    const session = sessionOf(req, deps.now)
    return { session, stepUp: await deps.confirmStepUp.find({ session, id: String(req.params['id']).slice(0, 100) }) }
  }

  function leave(req: Request, res: Response, { move, attempt }: Awaited<ReturnType<BeginStepUp['forBrowser']>>): void {
    deps.attempts.keep(req, res, attempt)
    deps.moveBrowser(res, move, { title: 'Signing in', to: deps.idpLabel(attempt.idp) })
  }

  const showDone = (res: Response, outcome: 'released' | 'denied'): void =>
    show(res, 'step-up-done', outcome === 'released' ? 'Your terminal has it' : 'Refused', { outcome })

  async function commonModel(session: GatewaySession, { id, purpose, expiresAt }: HandOverStepUp, from: Facts) {
    const target = requireVisibleRole(deps.rules(), session.principal, purpose.role)
    const requests = await deps.requestsOf.about(session.principal, target)
    const entitlement = heldNow(deps.rules(), session, from, target, deps.now(), { requests })
    const model = {
      account: accountCard(target.account),
      role: roleCard(entitlement),
      arn: target.arn,
      sessionName: sessionNameFor(session.principal, deps.sha256),
      handOver: purpose.handOver,
      destination: purpose.destination ?? '',
      action: `/step-up/${id}`,
      until: expiresAt,
    }
    return { model, entitlement }
  }

  async function ownModel(session: GatewaySession, stepUp: HandOverStepUp, from: Facts): Promise<Pages['step-up']> {
    const { model, entitlement } = await commonModel(session, stepUp, from)
    return { ...model, ...reasonAskedBy(entitlement), ...durationsOf(entitlement, session, deps.now()) }
  }

  async function terminalModel(
    session: GatewaySession,
    stepUp: HandOverStepUp,
    res: Response,
  ): Promise<Pages['step-up-terminal']> {
    const { model, entitlement } = await commonModel(session, stepUp, factsOf(res))
    const { client = '', host, address = '' } = stepUp.terminal ?? {}
    const { address: ownAddress } = factsOf(res)
    const isBeside = isSameNetwork(address, ownAddress, deps.nameNetwork)
    const [network, ownNetwork] = [deps.nameNetwork(address), deps.nameNetwork(ownAddress)]
    return {
      ...model,
      duration: printDuration(durationOf(entitlement, stepUp.purpose, session, deps.now()).seconds),
      ...(stepUp.purpose.reason !== undefined && { because: stepUp.purpose.reason }),
      ...(stepUp.purpose.region !== undefined && { region: stepUp.purpose.region }),
      idpLabel: deps.idpLabel(session.principal.idp),
      terminal: { client, ...(host !== undefined && { host }), address, ...(network !== undefined && { network }) },
      askedAt: stepUp.askedAt,
      here: { address: ownAddress, ...(ownNetwork !== undefined && { network: ownNetwork }) },
      isBeside,
      isRefused: !isBeside && deps.crossNetwork === 'refuse',
      isProved: stepUp.status === 'proved' && isProvedBy(stepUp, session),
      signIn: `/step-up/${stepUp.id}/sign-in`,
    }
  }

  return router
}
