import { Router, type Request, type RequestHandler, type Response } from 'express'
import * as z from 'zod'
import { sentPolicyFor } from '../../domain/aws/session-policy.ts'
import { sessionNameFor, type Sha256 } from '../../domain/aws/session-name.ts'
import type { Entitlement } from '../../domain/entitlement/decide.ts'
import { requireVisibleRole } from '../../domain/entitlement/visible-role.ts'
import { approvalEnding } from '../../domain/entitlement/duration.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { unmetCode, unmetRefusal } from '../../domain/entitlement/standing.ts'
import { unmet } from '../../domain/errors.ts'
import type { Weighed } from '../../domain/request/role-request.ts'
import type { PassThroughAttempt } from '../../domain/sign-in/attempt.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { AskedFrom } from '../../usecases/entitlement/circumstances.ts'
import type { ListWithRequests } from '../../usecases/entitlement/list-with-requests.ts'
import type { ExplainRole } from '../../usecases/entitlement/explain-role.ts'
import type { ExplainNothing } from '../../usecases/entitlement/explain-nothing.ts'
import type { BeginPassThrough } from '../../usecases/hand-over/begin-pass-through.ts'
import type { IssueCredentials } from '../../usecases/hand-over/issue-credentials.ts'
import type { OpenConsole } from '../../usecases/hand-over/open-console.ts'
import type { CurrentRules, Now } from '../../usecases/ports.ts'
import type { RequestsOf } from '../../usecases/request/requests-of.ts'
import { answerFor } from '../answers.ts'
import type { AttemptCookies } from '../attempt-cookies.ts'
import { sessionOf } from '../browser-session.ts'
import { accountCard, roleCard } from '../cards.ts'
import { FOR_PAGES, makeKeep } from '../compressed.ts'
import { inWords } from '../explanation.ts'
import { heldNow, reasonAskedBy } from '../held-now.ts'
import { groupNamesFor, type GroupName } from '../group-names.ts'
import { pieceOf, type Piece } from '../gzip-pieces.ts'
import { sendToConsole, showCredentials } from '../hand-out.ts'
import type { MoveBrowser } from '../move-browser.ts'
import { show, showAround, type Pages } from '../pages.ts'
import { portalList } from '../portal-list.ts'
import { parse, ReasonText, SecondsText, TimeZoneText } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import { isShort, roleApproval } from '../role-approval.ts'
import { durationsOf } from '../role-facts.ts'

type Deps = {
  listAccounts: ListWithRequests['accounts']
  explainNothing: ExplainNothing
  explainRole: ExplainRole
  issueCredentials: IssueCredentials
  openConsole: OpenConsole
  beginPassThrough: BeginPassThrough
  rules: CurrentRules
  requestsOf: RequestsOf
  awsAttempts: AttemptCookies<PassThroughAttempt>
  moveBrowser: MoveBrowser
  /** The sign-in and console hosts of the accounts. */
  formTargets: readonly string[]
  /** Headers of a page whose forms lead to the console, and of one whose forms lead there by way of an IdP. */
  opensConsole: RequestHandler
  opensIdp: RequestHandler
  idpLabel: (idp: string) => string
  groupName: GroupName
  sha256: Sha256
  now: Now
}

type Away = NonNullable<Awaited<ReturnType<BeginPassThrough>>>

const ConsoleForm = z.strictObject({
  _csrf: z.string(),
  seconds: SecondsText.optional(),
  reason: ReasonText.optional(),
  time_zone: TimeZoneText.optional(),
  destination: z.string().max(2000).trim().optional(),
})
const CredentialsForm = ConsoleForm.omit({ destination: true })

/** The portal: what is mine, and the two hand-overs. A GET never mints anything (security.md C-1, C-12). */
export function portalRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })
  /** The first page of a list. */
  const keepFirst = makeKeep<Piece>()

  router.get('/', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const listed = await deps.listAccounts(session, factsOf(res))
    if (listed.length === 0) {
      show(res, 'no-roles', 'You have no roles yet', noRolesModel(session))
      return
    }
    const groupsTruncated = session.principal.groups.state === 'truncated'
    const { model, accounts, isPlain } = portalList(listed, req.query)
    await showAround(
      { req, res },
      { name: 'portal', title: 'Your roles', model: { ...model, groupsTruncated } },
      { name: 'partials/accounts', model: accounts },
      (textOf) => {
        const squeeze = async (level: number) => pieceOf(await textOf(), level)
        return isPlain ? keepFirst(listed, FOR_PAGES, squeeze) : squeeze(FOR_PAGES)
      },
    )
  })

  router.get('/roles/:account/:role', async (req, res, next) => {
    const session = sessionOf(req, deps.now)
    const target = requireVisibleRole(deps.rules(), session.principal, roleName(req))
    const requests = await deps.requestsOf.about(session.principal, target)
    const headers = target.account.passThroughIdp === undefined ? deps.opensConsole : deps.opensIdp
    headers(req, res, (failure?: unknown) => {
      if (failure === undefined)
        show(res, 'role', roleName(req), roleModel(session, factsOf(res), { target, requests }, destinationIn(req)))
      else next(failure)
    })
  })

  router.get('/roles/:account/:role/why', async (req, res) => {
    const explanation = await deps.explainRole(sessionOf(req, deps.now), factsOf(res), roleName(req))
    const explained = inWords(explanation, deps.groupName)
    show(res, 'why', `Why ${explained.role}?`, { ...explained, back: `/roles/${explained.role}` })
  })

  router.post('/roles/:account/:role/console', async (req, res) => {
    const { destination, ...said } = parse(ConsoleForm, req.body)
    const ask = {
      ...askIn(req, res, said),
      ...(destination !== undefined && { destination }),
    }
    const away = await deps.beginPassThrough('console', ask)
    if (away !== undefined) return sendAway(req, res, away)
    const move = await deps.openConsole.move(ask)
    if ('url' in move) sendToConsole(res, move.url)
    else deps.moveBrowser(res, move, { title: 'Opening the console', to: 'AWS', targets: deps.formTargets })
  })

  router.post('/roles/:account/:role/credentials', async (req, res) => {
    const ask = askIn(req, res, parse(CredentialsForm, req.body))
    const away = await deps.beginPassThrough('credentials', ask)
    if (away !== undefined) return sendAway(req, res, away)
    showCredentials(res, await deps.issueCredentials(ask))
  })

  const askIn = (
    req: Request,
    res: Response,
    { seconds, reason, time_zone: timeZone }: z.output<typeof CredentialsForm>,
  ) => ({
    session: sessionOf(req, deps.now),
    role: roleName(req),
    request: factsOf(res),
    ...(seconds !== undefined && { seconds }),
    ...(reason !== undefined && { reason }),
    ...(timeZone !== undefined && { timeZone }),
  })

  /** To the IdP, for its own assertion toward AWS (threats.md F7). */
  function sendAway(req: Request, res: Response, { move, attempt }: Away): void {
    deps.awsAttempts.keep(req, res, attempt)
    deps.moveBrowser(res, move, { title: 'Asking for AWS', to: deps.idpLabel(attempt.idp) })
  }

  function roleModel(
    session: GatewaySession,
    from: AskedFrom,
    { target, requests }: { readonly target: RoleTarget; readonly requests: readonly Weighed[] },
    destination: string,
  ): Pages['role'] {
    const entitlement = heldNow(deps.rules(), session, from, target, deps.now(), { requests })
    return {
      account: accountCard(target.account),
      role: roleCard(entitlement),
      arn: target.arn,
      ...passedThrough(session, entitlement),
      ...closedNow(session, entitlement),
      ...roleApproval(session.principal, entitlement, requests, {
        mapping: deps.rules().mapping,
        idpLabel: deps.idpLabel,
        now: deps.now(),
      }),
      ...reasonAskedBy(entitlement),
      ...durationsOf(withoutEnding(entitlement, deps.now()), session, deps.now()),
      via: entitlement.via,
      ...narrowedTo(entitlement),
      ...groupNamesFor(
        session.principal.idp,
        entitlement.via.map(({ group }) => group),
        deps.groupName,
      ),
      consoleAction: `/roles/${target.name}/console`,
      destination,
      credentialsAction: `/roles/${target.name}/credentials`,
      ...stepUpLinks(target, destination),
      ...(target.account.passThroughIdp === undefined && {
        cliCommand: `rolegate exec ${target.name} -- aws sts get-caller-identity`,
      }),
    }
  }

  /** An elevated role is taken after a trip to the IdP, which starts with a link (threats.md H8). */
  function stepUpLinks({ name, kind, account }: RoleTarget, destination: string): Pick<Pages['role'], 'stepUp'> {
    if (!kind.elevated || account.passThroughIdp !== undefined) return {}
    const to = destination === '' ? '' : `&destination=${encodeURIComponent(destination)}`
    const href = `/roles/${name}/step-up?for=`
    return { stepUp: { consoleHref: `${href}console${to}`, credentialsHref: `${href}credentials` } }
  }

  /** What is in the way, but for a reason, which their form asks for, and for a step-up that the role takes anyway. */
  function closedNow(
    { principal }: GatewaySession,
    { target, unmet, approval }: Entitlement,
  ): Pick<Pages['role'], 'closed'> {
    const given = target.kind.elevated ? ['reason', 'mfa_within'] : ['reason']
    const lacking = unmet.filter(({ condition, untold }) => untold === true || !given.includes(condition))
    const code = unmetCode(lacking, principal)
    const isEnding = code === undefined && isShort({ approval }, deps.now())
    if (code === undefined && !isEnding) return {}
    const refusal = code === undefined ? approvalEnding() : unmetRefusal(code, target.name, lacking)
    const { title, why, next } = answerFor(refusal)
    const freshHref = `/roles/${target.name}/step-up?for=console`
    return { closed: { title, why, next, ...(code === 'step_up_required' && { freshHref }) } }
  }

  /** What is different where the IdP's own assertion goes to AWS: it says other names, and is not for everything. */
  function passedThrough(session: GatewaySession, held: Entitlement): Pick<Pages['role'], 'sessionName' | 'idp'> {
    const { target } = held
    const { passThroughIdp: idp } = target.account
    if (idp === undefined) return { sessionName: sessionNameFor(session.principal, deps.sha256) }
    const condition = passThroughFault(target, session, held)
    const refusal = condition === undefined ? undefined : answerFor(unmet(condition))
    return { idp: { label: deps.idpLabel(idp), ...(refusal !== undefined && { refusal: refusal.why }) } }
  }

  function noRolesModel(session: GatewaySession): Pages['no-roles'] {
    const { principal } = session
    return {
      username: principal.username,
      idpLabel: deps.idpLabel(principal.idp),
      subject: principal.subject,
      groupsState: principal.groups.state,
      groupsCount: principal.groups.names.length,
      groups: principal.groups.names.slice(0, 50),
      ...groupNamesFor(principal.idp, principal.groups.names.slice(0, 50), deps.groupName),
      deniedBy: deps.explainNothing(session),
    }
  }

  return router
}

/** The page of a role shows its lengths even while it cannot be taken. */
const withoutEnding = ({ approval, ...held }: Entitlement, now: Date): Entitlement =>
  approval === undefined || isShort({ approval }, now) ? held : { ...held, approval }

const roleName = ({ params }: Request): string => `${String(params['account'])}/${String(params['role'])}`

/** `?destination=` of a link into the portal, to fill the field with. */
const destinationIn = ({ query }: Request): string =>
  typeof query['destination'] === 'string' ? query['destination'].slice(0, 2000) : ''

/** What people wonder about when AWS refuses what the role could do. */
function narrowedTo({ sessionPolicy, bindIp, target }: Entitlement): Pick<Pages['role'], 'narrowedTo'> {
  if (sessionPolicy === undefined && bindIp === undefined) return {}
  const { inline, arns } = sentPolicyFor(sessionPolicy ?? { managed: [] }, target.account)
  return { narrowedTo: { inline: inline !== undefined, arns, bound: bindIp === true } }
}
